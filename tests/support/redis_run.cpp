#include "tests/support/redis_run.h"

#include "collectors/all.h"
#include "exporter/registry.h"
#include "platform/text.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"

namespace tests {

using exporter::redis::Reply;

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

RedisRun::RedisRun(std::string_view name, std::string_view flags)
    : environment_{host_, options_, shared_}, requests_(server_), sink_(spec_of(name).metrics) {
  const auto& spec = spec_of(name);
  host_.root = platform::Dir("/");
  for (const auto& listed : exporter::all_collectors()) {
    if (listed.spec->module == exporter::Module::redis) {
      options_.declare(listed.spec->options);  // collectors may ask for each other's
    }
  }
  while (!flags.empty()) {
    std::string_view line = platform::take(flags, '\n');
    const auto option = platform::take(line, '=');
    options_.set(option, line);
  }
  command_ = std::get<exporter::MakeCommand>(spec.make)(environment_);
}

exporter::Outcome RedisRun::read(std::string_view bytes) {
  sink_.clear();
  reader_.clear();
  stream_error_ = reader_.feed(bytes);
  for (std::size_t i = 0; i < reader_.size(); ++i) {
    if (reader_[i].is(Reply::Type::text) && reader_[i].text().starts_with("# ")) {
      server_.learn(reader_[i].text());
    }
  }
  requests_.clear();
  command_->ask(server_, requests_);
  given_.clear();
  for (const auto slot : requests_.slots()) {
    given_.push_back(slot == exporter::redis::Requests::kNotSent ? Reply() : reader_[slot]);
  }
  const auto outcome = command_->read(server_, given_, sink_);
  left_.begin(requests_.count());
  return outcome == exporter::Outcome::failed ? outcome : command_->ask_on(server_, left_, sink_, outcome);
}

bool LeftReplies::exchange(const exporter::redis::Questions& questions) {
  for (std::string_view rest = questions.text; !rest.empty();) {
    const std::string_view head = platform::take(rest, '\n');
    if (head.starts_with('*')) {
      asked_ += asked_.empty() ? "" : "\n";
    } else if (head.starts_with('$')) {
      asked_ += asked_.empty() || asked_.back() == '\n' ? "" : " ";
      asked_ += platform::trim(platform::take(rest, '\r'));
      platform::take(rest, '\n');
    }
  }
  first_ = next_;
  next_ += questions.count;
  return next_ <= reader_.size();
}

std::string RedisRun::page() const {
  exporter::Registry registry;
  std::string page;
  const exporter::Sink* sinks[] = {&sink_};
  tests::append_page(registry, sinks, page);
  return page;
}

}  // namespace tests
