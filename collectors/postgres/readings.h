// What the collectors read of one server in a scrape, over a few kept connections.
//
// The main connection, of the database in the DSN, asks what one database can tell of the server. What every database
// must tell of itself is asked there, too, on a kept connection to each of a few others, and between scrapes in the
// rest (rounds.h). All connections are written to before any is read.
//
// statement_timeout and lock_timeout end on the server's side what the deadline ends on ours; when the deadline passes
// nevertheless, the connection is dropped, and what was read by then stands.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/postgres/batch.h"
#include "collectors/postgres/database_list.h"
#include "collectors/postgres/rounds.h"
#include "collectors/postgres/samples.h"

namespace exporter::postgres {

// Of all connections to a server.
struct ConnectionSettings {
  Session::Limits limits;
  std::size_t most = 3;  // at least 2
  bool all_databases = true;
};

// For the target's own thread.
class Readings {
 public:
  // `environment` and the specs outlive this.
  Readings(Source source, const Environment& environment, std::span<const CollectorSpec* const> enabled,
           const ConnectionSettings& settings);
  Readings(const Readings&) = delete;
  Readings& operator=(const Readings&) = delete;
  ~Readings() = default;

  // Writes into the sinks of page.runs. ok: the server answered; page.reason says why the rest did not come, if so.
  // failed: it did not, and page.reason says why. no_data: nobody named the server, and there is none.
  Outcome read(const platform::Deadline& deadline, TargetPage& page);

  // After that:
  const Session& session() const noexcept { return main_->session(); }
  bool query_failed() const noexcept { return query_failed_; }  // of a user
  // Calls visit(name of a collector, seconds) for each that was shown values read between scrapes: how old the oldest
  // of them are.
  template <class Visit>
  void visit_ages(Visit&& visit) const {
    for (const auto& part : parts_) {
      if (part.oldest >= 0) {
        visit(part.spec->name, part.oldest);
      }
    }
  }

 private:
  struct Part {
    const CollectorSpec* spec = nullptr;
    std::unique_ptr<Query> query;
    Run* run = nullptr;  // of the present scrape; null when it is not wanted
    double oldest = -1;  // age of what was read between scrapes; negative: none
    bool outdated = false;
  };
  // A statement of a batch or of the rounds.
  struct Item {
    std::size_t part = 0;
    Query* query = nullptr;  // null: the list of databases
  };
  // A kept connection to another database.
  struct Other {
    explicit Other(const Readings& readings);
    Batch batch;
    bool sent = false;
  };
  class Reader;
  class Older;

  void build();
  void build_samples();
  void rebuild_where_outdated();
  void add(std::size_t part, Query& query);
  void choose(std::span<Run> runs);
  void leave_out_others();
  void want(Batch& batch, std::span<const Item> items);
  void send(Other& other, const platform::Deadline& deadline);
  void fail_all(const Other& other);
  std::span<const std::string> other_databases() const;
  void read_others(const platform::Deadline& deadline, Sink& self);
  void read_rounds(const platform::Deadline& deadline);
  void read_samples();
  void finish();
  void take(const Item& item, const ServerInfo& info, const Rows& rows);
  void fail(const Item& item, Problem kind, std::string_view database, std::string_view why);

  const Source source_;
  const platform::Host& host_;
  const ConnectionSettings settings_;
  std::vector<Part> parts_;
  DatabaseList list_;
  std::vector<Item> main_items_;
  std::vector<Item> other_items_;
  std::vector<Item> rounds_items_;
  std::vector<Item> sampled_items_;
  std::unique_ptr<Batch> main_;
  std::vector<std::unique_ptr<Other>> others_;
  std::unique_ptr<Rounds> rounds_;
  Samples samples_;
  std::vector<Rounds::Place> places_;
  bool query_failed_ = false;
};

}  // namespace exporter::postgres
