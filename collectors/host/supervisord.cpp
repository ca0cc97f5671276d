// Processes of supervisord, by its XML-RPC interface (http://supervisord.org/api.html): supervisor.getAllProcessInfo.
//   <struct><member><name>name</name><value><string>web</string></value></member>
//           <member><name>state</name><value><int>20</int></value></member> ...
#include <cerrno>
#include <chrono>

#include "collectors/host/supervisord_reply.h"
#include "exporter/collector.h"
#include "platform/dir.h"
#include "platform/http_post.h"

namespace exporter::host::supervisord {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_supervisord_up", "1 when the process is there.", {"group", "name"}},
    {MetricType::gauge,
     "node_supervisord_state",
     "State as supervisord numbers them: 20 is running, 0 stopped, 100 exited, 200 given up.",
     {"group", "name"}},
    {MetricType::gauge, "node_supervisord_exit_status", "How the process ended last.", {"group", "name"}},
    {MetricType::counter,
     "node_supervisord_start_time_seconds",
     "When the process was started, in seconds since 1970.",
     {"group", "name"},
     Naming::legacy},
};
enum Metric : std::size_t { up, state, exit_status, start_time };

constexpr OptionDesc kOptions[] = {
    {.name = "collector.supervisord.url",
     .type = OptionType::text,
     .default_value = "http://localhost:9001/RPC2",
     .help = "Where supervisord answers: http://[USER:PASSWORD@]HOST[:PORT]/RPC2 or unix:/PATH/OF/SOCKET.",
     .environment = "SUPERVISORD_URL"},
    {.name = "collector.supervisord.fixtures",
     .type = OptionType::text,
     .default_value = "",
     .help = "Folder with a recorded reply, for tests.",
     .hidden = true},
};

constexpr std::string_view kQuestion =
    "<?xml version=\"1.0\"?><methodCall><methodName>supervisor.getAllProcessInfo</methodName></methodCall>";
constexpr std::size_t kMost = std::size_t{8} << 20;  // about 1 kB a process
constexpr std::chrono::milliseconds kMargin{50};     // to finish before the scrape's deadline

class Supervisord final : public Collector {
 public:
  explicit Supervisord(const Options& options) {
    if (const auto wrong = platform::parse_http_url(options.text("collector.supervisord.url"), "/RPC2", target_);
        !wrong.empty()) {
      throw OptionError("option collector.supervisord.url: " + wrong);
    }
    if (const auto& folder = options.text("collector.supervisord.fixtures"); !folder.empty()) {
      recorded_ = platform::Dir(folder);
    }
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    std::string_view xml;
    if (recorded_.valid()) {
      reply_.error = recorded_.read("reply.xml", scrape.buffer);
      xml = scrape.buffer.text();
    } else {
      const platform::Deadline deadline{scrape.deadline - kMargin, scrape.stop_fd};
      platform::http_post(target_, "text/xml", kQuestion, kMost, deadline, reply_);
      xml = reply_.body();
    }
    if (reply_.error != 0) {
      const auto kind = reply_.error == ETIMEDOUT  ? Problem::deadline
                        : reply_.error == EPROTO   ? Problem::parse
                        : reply_.error == EMSGSIZE ? Problem::limit
                                                   : Problem::io;
      sink.problem(kind, reply_.reason.empty() ? "supervisord" : reply_.reason, reply_.error);
      return Outcome::failed;
    }
    if (!recorded_.valid() && reply_.status != 200) {
      const bool denied = reply_.status == 401 || reply_.status == 403;
      sink.problem(denied ? Problem::denied : Problem::io, "supervisord answers HTTP " + std::to_string(reply_.status));
      return Outcome::failed;
    }
    if (!read_processes(xml, [&sink](const Process& process) { write(process, sink); })) {
      sink.problem(Problem::parse, "supervisor.getAllProcessInfo");
      return Outcome::failed;
    }
    return Outcome::ok;
  }

 private:
  static void write(const Process& process, Sink& sink) {
    if (process.state) {
      const bool there = runs(*process.state);
      sink.add(kMetrics[state], *process.state, {process.group, process.name});
      sink.add(kMetrics[up], there ? 1 : 0, {process.group, process.name});
      if (there && process.start) {
        sink.add(kMetrics[start_time], *process.start, {process.group, process.name});
      }
    }
    if (process.exit_status) {
      sink.add(kMetrics[exit_status], *process.exit_status, {process.group, process.name});
    }
    if (!process.state || !process.exit_status || !process.start) {
      sink.problem(Problem::parse, process.name);
    }
  }

  platform::HttpTarget target_;
  platform::HttpReply reply_;
  platform::Dir recorded_;
};

std::unique_ptr<Collector> make(const Environment& environment) {
  return std::make_unique<Supervisord>(environment.options);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "supervisord",
    .summary = "processes of supervisord, by its XML-RPC interface",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .deprecated = true,
};

}  // namespace exporter::host::supervisord
