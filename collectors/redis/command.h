// The contract of everything that asks a Redis server: a Command names what it wants to send and reads the replies.
//
// The Target (target.cpp) sends the commands of all collectors in one write; a command that several ask for is sent
// once. A Command lives as long as its Target and is used by one thread at a time.
#pragma once
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/collector.h"
#include "platform/redis_connection.h"
#include "platform/redis_reply.h"

namespace exporter::redis {

using Reply = platform::RedisReply;

enum class Mode : std::uint8_t { standalone, cluster, sentinel };

// What is known of the server, from the INFO of this scrape or, while commands are gathered, of an earlier one.
class ServerInfo {
 public:
  explicit ServerInfo(std::string config_command = "CONFIG") : config_command_(std::move(config_command)) {}

  // Takes over what INFO says. Returns true when this is another server process than before: what it refused is
  // forgotten then.
  bool learn(std::string_view info);
  bool known() const noexcept { return known_; }
  Mode mode() const noexcept { return mode_; }
  // 7 of redis_version:7.0.15; 0 when unknown. Look-alikes state the Redis version they match.
  int major() const noexcept { return major_; }
  const std::string& version() const noexcept { return version_; }
  // Valkey 8.1 and later have COMMANDLOG.
  bool has_command_log() const noexcept { return command_log_; }

  // Commands the server does not know, or does not let us use; each is found out by one try. What is forbidden is tried
  // again after kRetryForbidden, since rights change while a server runs.
  static constexpr std::chrono::minutes kRetryForbidden{5};
  bool refuses(std::string_view command) const;
  // Remembers `command` when `reply` says that asking again is pointless.
  void note_reply(std::string_view command, Reply reply);
  // Likewise for the text of an error.
  void note_error(std::string_view command, std::string_view error);
  // Calls `use` with the name of each command that the server's rules forbid, as these rules write it: config|get.
  template <class Use>
  void each_denied(Use use) const {
    const auto now = std::chrono::steady_clock::now();
    for (auto one = refused_.begin(); one != refused_.end(); ++one) {
      const auto same = [&](const auto& other) {
        return denied(other.second, now) && other.second.name == one->second.name;
      };
      if (denied(one->second, now) && std::none_of(refused_.begin(), one, same)) {
        use(std::string_view(one->second.name));
      }
    }
  }
  // CONFIG, or what it was renamed to; "-" when it must not be sent.
  const std::string& config_command() const noexcept { return config_command_; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Refused {
    Time until;
    std::string name;  // of a command that is forbidden; empty: the server does not know it
  };
  static bool denied(const Refused& one, Time now) noexcept { return !one.name.empty() && now < one.until; }

  std::string config_command_;
  std::map<std::string, Refused, std::less<>> refused_;
  std::string run_id_;
  std::string version_;
  Mode mode_ = Mode::standalone;
  int major_ = 0;
  bool command_log_ = false;
  bool known_ = false;
};

// The commands of one scrape.
class Requests {
 public:
  explicit Requests(const ServerInfo& server) : server_(&server) {}

  // Each call is one more reply for read(). It is none when the server is known to refuse the command. A Sentinel is
  // sent nothing but INFO and SENTINEL: it knows none of the others.
  void ask(std::initializer_list<std::string_view> words);
  void ask_info() { ask({"INFO", "ALL"}); }
  // CONFIG with these words behind it.
  void ask_config(std::initializer_list<std::string_view> words);
  // CONFIG GET for the settings that collectors read by default: those alone where the server takes a list.
  void ask_settings();

  // --- for the Target ------------------------------------------------------------------------------------------------
  static constexpr std::size_t kNotSent = SIZE_MAX;
  void clear();
  // All commands, as they are sent, and how many.
  const std::string& text() const noexcept { return text_; }
  std::size_t count() const noexcept { return sent_.size(); }
  std::string_view command(std::size_t index) const noexcept;
  // For each ask(), in order: the number of its command, or kNotSent.
  std::span<const std::size_t> slots() const noexcept { return slots_; }

 private:
  void add();
  void format_config(std::initializer_list<std::string_view> words);
  struct Piece {
    std::size_t begin;
    std::size_t size;
  };
  const ServerInfo* server_;
  std::string text_;
  std::string one_;  // the command at hand
  std::vector<Piece> sent_;
  std::vector<std::size_t> slots_;
};

// Commands that are sent in one write.
struct Questions {
  std::string text;
  std::size_t count = 0;

  void clear() noexcept {
    text.clear();
    count = 0;
  }
  // Returns the number of its reply.
  std::size_t ask(std::initializer_list<std::string_view> words) {
    platform::append_redis_command(text, words.begin(), words.size());
    return count++;
  }
};

// Further questions of one collector to its server, in the same scrape.
class Dialogue {
 public:
  Dialogue() = default;
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;
  virtual ~Dialogue() = default;
  // Sends them and reads their replies, which take the place of the last ones. False when the server did not answer in
  // time; there are no replies then.
  virtual bool exchange(const Questions& questions) = 0;
  virtual Reply reply(std::size_t index) const noexcept = 0;
  // The end of what exchange() waits for.
  virtual std::chrono::steady_clock::time_point deadline() const noexcept = 0;
  // The database of the connection: whoever selects another one goes back.
  virtual int database() const noexcept = 0;
  // Another connection to the same server, for a thread of the collector's own. Null in a test without a server.
  virtual std::unique_ptr<platform::RedisConnection> another() const = 0;
};

class Command {
 public:
  Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  virtual ~Command() = default;
  // Names the commands of this scrape; none at all is fine.
  virtual void ask(const ServerInfo& server, Requests& requests) = 0;
  // `replies` match the calls of ask(), one to one. no_data: this server has nothing of the kind.
  virtual Outcome read(const ServerInfo& server, std::span<const Reply> replies, Sink& sink) = 0;
  // Of a collector whose replies lead to further questions, which it asks in as few writes as it can. Called once
  // read() of all collectors is over, unless its own failed with `so_far`; their replies are gone by then.
  virtual Outcome ask_on(ServerInfo& /*server*/, Dialogue& /*dialogue*/, Sink& /*sink*/, Outcome so_far) {
    return so_far;
  }
};

// The lines of one "# Name" section of INFO, without that line; empty when the section is not there.
std::string_view info_section(std::string_view info, std::string_view name) noexcept;

// Cuts the next "field:value" line off `text`; false at the end. Lines of another form are passed over.
bool next_field(std::string_view& text, std::string_view& field, std::string_view& value) noexcept;

// The value of the first line `field:` in `info`; empty when there is none.
std::string_view info_field(std::string_view info, std::string_view field) noexcept;

// Cuts the next "name=value" off a list such as "keys=1,expires=0"; false at the end.
bool next_item(std::string_view& list, std::string_view& name, std::string_view& value) noexcept;

// One item of such a list that becomes a metric with one label.
struct Item {
  std::string_view name;
  const MetricDesc& metric;
  double divisor;
};
// Adds what `items` names of `list`, in the list's order; an item that is no number is a problem of `label`.
void add_items(std::string_view list, std::span<const Item> items, std::string_view label, Sink& sink);

// The value behind `name` in an array of names and values, as of CONFIG GET; none when it is not there.
Reply array_value(Reply array, std::string_view name) noexcept;

// Sets `value` to `text` / divisor, an integer without loss; "ok" and "true" are 1, "err", "fail" and "false" 0. False
// when it is no number.
bool parse_value(std::string_view text, double divisor, Value& value) noexcept;

// Counts an unusable reply as a problem; says no_data when the server does not know or allow the command.
Outcome unusable(Reply reply, std::string_view command, Sink& sink) noexcept;

}  // namespace exporter::redis
