#include "tests/support/redis_run.h"

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
  options_.declare(spec.options);
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
  return command_->read(server_, given_, sink_);
}

std::string RedisRun::page() const {
  exporter::Registry registry;
  std::string page;
  const exporter::Sink* sinks[] = {&sink_};
  tests::append_page(registry, sinks, page);
  return page;
}

}  // namespace tests
