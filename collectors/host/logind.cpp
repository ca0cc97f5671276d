// Sessions of logind, asked over D-Bus (org.freedesktop.login1(5)): ListSeats, ListSessions, then the properties of
// each session. What ListSessions gives of a session, and what is read of its properties:
//   ("2", 1000, "ann", "seat0", "/org/freedesktop/login1/session/_32")
//   Remote=false Type="wayland" Class="user"
#include <algorithm>
#include <array>

#include "collectors/host/bus.h"
#include "exporter/collector.h"
#include "platform/recorded_bus.h"

namespace exporter::host::logind {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_logind_sessions", "Sessions of this kind.", {"class", "remote", "seat", "type"}},
};

constexpr OptionDesc kOptions[] = {
    {.name = "collector.logind.fixtures",
     .type = OptionType::text,
     .default_value = "",
     .help = "Folder with recorded replies, for tests.",
     .hidden = true},
};

constexpr const char* kService = "org.freedesktop.login1";
constexpr const char* kManagerPath = "/org/freedesktop/login1";
constexpr const char* kManager = "org.freedesktop.login1.Manager";
constexpr const char* kSession = "org.freedesktop.login1.Session";

constexpr platform::BusCall kManagerCalls[] = {
    {kService, kManagerPath, kManager, "ListSeats"},
    {kService, kManagerPath, kManager, "ListSessions"},
};
constexpr std::size_t kSeatFields = 2;     // name, path
constexpr std::size_t kSessionFields = 5;  // id, user's number, user, seat, path

// The first stands for all that are not listed.
constexpr std::array<std::string_view, 7> kTypes = {"other", "unspecified", "tty", "x11", "wayland", "mir", "web"};
constexpr std::array<std::string_view, 5> kClasses = {"other", "user", "greeter", "lock-screen", "background"};
constexpr std::array<std::string_view, 2> kRemote = {"false", "true"};

template <std::size_t N>
std::size_t index_in(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? 0 : static_cast<std::size_t>(found - names.begin());
}

struct Session {
  std::string seat;
  std::string path;
};

struct Seat {
  std::string name;
  std::array<std::uint32_t, kTypes.size() * kClasses.size() * kRemote.size()> sessions{};
};

std::size_t place(std::size_t remote, std::size_t type, std::size_t session_class) {
  return (remote * kTypes.size() + type) * kClasses.size() + session_class;
}

std::unique_ptr<platform::Bus> bus_of(const Environment& environment) {
  if (const auto& folder = environment.options.text("collector.logind.fixtures"); !folder.empty()) {
    return std::make_unique<platform::RecordedBus>(folder);
  }
  return system_bus(environment);
}

class Logind final : public Collector {
 public:
  explicit Logind(const Environment& environment) : bus_(bus_of(environment)) {}

  bool nothing_to_read() override { return bus_->absent(); }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const platform::Deadline deadline{scrape.deadline - kBusMargin, scrape.stop_fd};
    failure_.clear();
    seats_.clear();
    sessions_.clear();
    int error = bus_->run(kManagerCalls, deadline,
                          [this](std::size_t call, const platform::BusReply& reply) { take_list(call == 0, reply); });
    if (error != 0) {
      return bus_failed(sink, *bus_, error);
    }
    if (!failure_.empty()) {
      return call_failed(sink, failure_);
    }
    seats_.emplace_back();  // of the sessions without a seat
    calls_.clear();
    for (const Session& session : sessions_) {
      calls_.push_back(
          {kService, session.path.c_str(), "org.freedesktop.DBus.Properties", "GetAll", kSession, nullptr});
    }
    error = bus_->run(calls_, deadline, [this, &sink](std::size_t call, const platform::BusReply& reply) {
      take_session(sessions_[call], reply, sink);
    });
    if (error != 0) {
      bus_failed(sink, *bus_, error);
      return Outcome::failed;  // a part of the sessions is not their number
    }
    write(sink);
    return Outcome::ok;
  }

 private:
  void take_list(bool seats, const platform::BusReply& reply) {
    if (!reply.error.empty()) {
      failure_ = reply.error;
      return;
    }
    const std::size_t fields = seats ? kSeatFields : kSessionFields;
    for (auto values = reply.values; values.size() >= fields; values = values.subspan(fields)) {
      if (seats) {
        seats_.emplace_back().name = values[0].text;
      } else {
        sessions_.push_back({std::string(values[3].text), std::string(values[4].text)});
      }
    }
  }

  void take_session(const Session& session, const platform::BusReply& reply, Sink& sink) {
    if (!reply.error.empty()) {
      // It may have ended since it was listed.
      if (reply.error != "org.freedesktop.DBus.Error.UnknownObject") {
        sink.problem(Problem::io, reply.error);
      }
      return;
    }
    std::size_t remote = 0;
    std::size_t type = 0;
    std::size_t session_class = 0;
    for (auto values = reply.values; values.size() >= 2; values = values.subspan(2)) {
      const auto name = values[0].text;
      if (name == "Remote") {
        remote = values[1].number.value_or(0) != 0 ? 1 : 0;
      } else if (name == "Type") {
        type = index_in(kTypes, values[1].text);
      } else if (name == "Class") {
        session_class = index_in(kClasses, values[1].text);
      }
    }
    const auto seat =
        std::find_if(seats_.begin(), seats_.end(), [&](const Seat& one) { return one.name == session.seat; });
    if (seat != seats_.end()) {
      ++seat->sessions[place(remote, type, session_class)];
    }
  }

  void write(Sink& sink) const {
    for (const Seat& seat : seats_) {
      for (std::size_t remote = 0; remote < kRemote.size(); ++remote) {
        for (std::size_t type = 0; type < kTypes.size(); ++type) {
          for (std::size_t i = 0; i < kClasses.size(); ++i) {
            sink.add(kMetrics[0], seat.sessions[place(remote, type, i)],
                     {kClasses[i], kRemote[remote], seat.name, kTypes[type]});
          }
        }
      }
    }
  }

  std::unique_ptr<platform::Bus> bus_;
  std::string failure_;  // D-Bus name of the error that a list gave
  std::vector<Seat> seats_;
  std::vector<Session> sessions_;
  std::vector<platform::BusCall> calls_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Logind>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "logind",
    .summary = "sessions of logind, over D-Bus",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::logind
