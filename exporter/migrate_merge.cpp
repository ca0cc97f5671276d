// From what the programs say to one command line.
#include <algorithm>

#include "exporter/migrate_planner.h"
#include "exporter/migrate_words.h"
#include "platform/text.h"

namespace exporter::migrate {
namespace {

bool is_address(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto port = colon == std::string_view::npos ? std::nullopt : platform::number<unsigned>(text.substr(colon + 1));
  return text.starts_with("unix:/") ||
         (port && *port > 0 && *port < 65536 && is_plain(text) && text.find("://") == std::string_view::npos);
}

}  // namespace

Planner::Planner(std::vector<Program> programs) {
  for (const auto& row : table_.rows()) {
    options_.emplace(row->desc.name, &row->desc);
    if (row->desc.environment_only || !row->desc.environment.empty()) {
      by_variable_.emplace(row->desc.environment_only ? row->desc.name : row->desc.environment, &row->desc);
    }
  }
  plan_.programs = std::move(programs);
  said_.resize(plan_.programs.size());
}

Plan Planner::make() {
  for (current_ = 0; current_ < plan_.programs.size(); ++current_) {
    read_words();
    read_variables();
    fill_in();
    listen();
    warn_of_container();
  }
  if (plan_.programs.empty()) {
    return std::move(plan_);
  }
  settle_paths();
  settle_web();
  settle_defaults();
  settle_servers();
  for (auto& argument : arguments_) {
    plan_.arguments.push_back(std::move(argument.word));
  }
  return std::move(plan_);
}

// One command line for all: an option of which two programs think differently is the first one's.
void Planner::put(std::string_view flag, const OptionDesc& desc, const std::string& word) {
  const auto same = std::find_if(arguments_.begin(), arguments_.end(),
                                 [&](const Argument& argument) { return argument.name == desc.name; });
  const bool twice = std::any_of(arguments_.begin(), arguments_.end(),
                                 [&](const Argument& argument) { return argument.word == word; });
  if (twice) {
    return;
  }
  if (same == arguments_.end() || desc.type == OptionType::list) {
    arguments_.push_back({std::string(desc.name), word, current_});
  } else if (same->program == current_) {
    same->word = word;
    if (!original().last_counts) {
      to_do(flag, "is given twice; the last one was taken");
    }
  } else {
    to_do(flag, "is set otherwise by " + std::string(describe(plan_.programs[same->program].original).name) + ", " +
                    plan_.programs[same->program].where +
                    ", whose value was taken: there is one for all. Another service of resource_exporter can have "
                    "another");
  }
}

void Planner::put_variable(std::string_view name, std::string_view value) {
  if (!is_plain(value)) {
    to_do(name, "its value holds line breaks or bytes that are no text: set it by hand");
    return;
  }
  const auto same = std::find_if(plan_.variables.begin(), plan_.variables.end(),
                                 [name](const Setting& setting) { return setting.name == name; });
  if (same == plan_.variables.end()) {
    plan_.variables.push_back(
        {std::string(name), std::string(value), masked(name, value), std::string(program().where)});
  } else if (same->value != value) {
    to_do(name, "is set otherwise by " + same->where + ", whose value was taken");
  }
}

void Planner::listen() {
  Said& said = said_[current_];
  const bool server = original().module == "postgres" || original().module == "redis";
  for (std::size_t i = 0; i < current_ && server; ++i) {
    if (describe(plan_.programs[i].original).module == original().module) {
      return to_do("", "shares a page with " + plan_.programs[i].where +
                           ", where each series carries target=\"ADDRESS\": take its own port out of prometheus.yml. "
                           "Or leave this one for another service of resource_exporter with options of its own");
    }
  }
  std::vector<std::string> addresses = program().published;
  if (addresses.empty() && (!said.port.empty() || !said.host.empty())) {
    addresses.push_back(said.host + ":" + (said.port.empty() ? "8080" : said.port));
  }
  if (addresses.empty()) {
    addresses = said.addresses;
  }
  bool any = false;
  for (auto& address : addresses) {
    if (const auto bracket = address.find(']'); address.starts_with('[') && address.find(':') > bracket) {
      address.erase(bracket, 1).erase(0, 1);  // [0.0.0.0]:9100, which Go takes
    }
    if (is_address(address)) {
      listen_at(address);
      any = true;
    } else {
      to_do("web.listen-address", "one of its addresses is not HOST:PORT, which is what is taken here");
    }
  }
  if (!any) {
    listen_at(std::string(original().address));
  }
}

void Planner::listen_at(const std::string& address) {
  const std::string whole = std::string(original().module) + "=" + address;
  for (const auto& other : plan_.listen) {
    if (other == whole) {
      return;
    }
    if (other.substr(other.find('=') + 1) == address) {
      return to_do("web.listen-address",
                   "another exporter has this port, in a network of its own: choose the port that "
                   "prometheus.yml names, and give it as --web.listen-address=" +
                       std::string(original().module) + "=:PORT");
    }
  }
  plan_.listen.push_back(whole);
}

Plan make_plan(std::vector<Program> programs) { return Planner(std::move(programs)).make(); }

}  // namespace exporter::migrate
