// FT._LIST: the names of the search indexes. FT.INFO index: an array of names and values, "num_docs" "120"
// "inverted_sz_mb" "0.0012" "records_per_doc_avg" "nan" "attributes" [...]
// (https://redis.io/docs/latest/commands/ft.info/)
#include <algorithm>

#include "collectors/redis/command.h"
#include "platform/regex.h"

namespace exporter::redis::search_indexes {
namespace {

constexpr auto kGauge = MetricType::gauge;
constexpr MetricDesc kMetrics[] = {
    {kGauge, "redis_search_index_num_docs", "Documents in the index.", {"index_name"}},
    {kGauge, "redis_search_index_max_doc_id", "Highest internal number of a document.", {"index_name"}},
    {kGauge, "redis_search_index_num_terms", "Distinct terms in the index.", {"index_name"}},
    {kGauge, "redis_search_index_num_records", "Records in the index.", {"index_name"}},
    {kGauge, "redis_search_index_inverted_size_bytes", "Memory of the inverted index.", {"index_name"}},
    {kGauge, "redis_search_index_total_inverted_index_blocks", "Blocks of the inverted index.", {"index_name"}},
    {kGauge, "redis_search_index_vector_index_size_bytes", "Memory of vectors.", {"index_name"}},
    {kGauge, "redis_search_index_offset_vectors_size_bytes", "Memory of term positions.", {"index_name"}},
    {kGauge, "redis_search_index_doc_table_size_bytes", "Memory of the table of documents.", {"index_name"}},
    {kGauge, "redis_search_index_sortable_values_size_bytes", "Memory of values to sort by.", {"index_name"}},
    {kGauge, "redis_search_index_key_table_size_bytes", "Memory of the table of keys.", {"index_name"}},
    {kGauge, "redis_search_index_tag_overhead_size_bytes", "Memory that tags cost beside their index.", {"index_name"}},
    {kGauge, "redis_search_index_text_overhead_size_bytes", "Memory that text costs beside its index.", {"index_name"}},
    {kGauge, "redis_search_index_total_index_memory_size_bytes", "Memory of the index.", {"index_name"}},
    {kGauge, "redis_search_index_geoshapes_size_bytes", "Memory of shapes.", {"index_name"}},
    {kGauge, "redis_search_index_avg_per_doc_records", "Mean records of a document.", {"index_name"}},
    {kGauge, "redis_search_index_avg_per_record_bytes", "Mean size of a record.", {"index_name"}},
    {kGauge, "redis_search_index_avg_per_term_offsets", "Mean positions of a term.", {"index_name"}},
    {kGauge, "redis_search_index_avg_per_record_offset_bits", "Mean bits of a record's positions.", {"index_name"}},
    {kGauge, "redis_search_index_indexing", "1 while documents are taken up.", {"index_name"}},
    {kGauge, "redis_search_index_percent_indexed", "Share of the documents taken up, 0 to 1.", {"index_name"}},
    {kGauge, "redis_search_index_hash_indexing_failures", "Documents that could not be indexed.", {"index_name"}},
    {MetricType::counter, "redis_search_index_number_of_uses_total", "Uses of the index.", {"index_name"}},
    {kGauge, "redis_search_index_cleaning", "1 while deleted documents are removed.", {"index_name"}},
};

struct Field {
  std::string_view name;
  double divisor = 1;
};
constexpr double kMebibytes = 1.0 / 1048576;
// In the order of kMetrics.
constexpr Field kFields[] = {
    {"num_docs"},
    {"max_doc_id"},
    {"num_terms"},
    {"num_records"},
    {"inverted_sz_mb", kMebibytes},
    {"total_inverted_index_blocks"},
    {"vector_index_sz_mb", kMebibytes},
    {"offset_vectors_sz_mb", kMebibytes},
    {"doc_table_size_mb", kMebibytes},
    {"sortable_values_size_mb", kMebibytes},
    {"key_table_size_mb", kMebibytes},
    {"tag_overhead_sz_mb", kMebibytes},
    {"text_overhead_sz_mb", kMebibytes},
    {"total_index_memory_sz_mb", kMebibytes},
    {"geoshapes_sz_mb", kMebibytes},
    {"records_per_doc_avg"},
    {"bytes_per_record_avg"},
    {"offsets_per_term_avg"},
    {"offset_bits_per_record_avg"},
    {"indexing"},
    {"percent_indexed"},
    {"hash_indexing_failures"},
    {"number_of_uses"},
    {"cleaning"},
};
static_assert(std::size(kFields) == std::size(kMetrics));

constexpr std::size_t kMostIndexes = 1000;

class SearchIndexes final : public Command {
 public:
  explicit SearchIndexes(const Environment& environment) : wanted_(environment.options.text("check-search-indexes")) {}

  void ask(const ServerInfo&, Requests& requests) override { requests.ask({"FT._LIST"}); }

  Outcome read(const ServerInfo&, std::span<const Reply> replies, Sink& sink) override {
    count_ = 0;
    questions_.clear();
    const Reply list = replies[0];
    if (!list.is(Reply::Type::array)) {
      return unusable(list, "FT._LIST", sink);
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto name = list[i].text();
      if (name.empty() || !wanted_.matches(name)) {
        continue;
      }
      if (count_ == kMostIndexes) {
        sink.problem(Problem::limit, "FT._LIST");
        break;
      }
      if (count_ == names_.size()) {
        names_.emplace_back();
      }
      names_[count_++] = name;
      questions_.ask({"FT.INFO", name});
    }
    return Outcome::no_data;
  }

  Outcome ask_on(ServerInfo&, Dialogue& dialogue, Sink& sink, Outcome so_far) override {
    if (count_ == 0) {
      return so_far;
    }
    if (!dialogue.exchange(questions_)) {
      sink.problem(Problem::deadline, "FT.INFO");
      return so_far;
    }
    Outcome outcome = so_far;
    for (std::size_t i = 0; i < count_; ++i) {
      const Reply info = dialogue.reply(i);
      if (!info.is(Reply::Type::array)) {
        unusable(info, "FT.INFO", sink);  // another client dropped it meanwhile
        continue;
      }
      outcome = read_index(names_[i], info, sink) ? Outcome::ok : outcome;
    }
    return outcome;
  }

 private:
  static bool read_index(std::string_view index, Reply info, Sink& sink) {
    bool any = false;
    for (std::size_t i = 0; i < std::size(kFields); ++i) {
      const Reply found = array_value(info, kFields[i].name);
      Value value = found.integer();
      if (found.is(Reply::Type::integer) ? true : parse_value(found.text(), kFields[i].divisor, value)) {
        sink.add(kMetrics[i], value, {index});
        any = true;
      } else if (!found.text().empty()) {
        sink.problem(Problem::parse, kFields[i].name);
      }
    }
    return any;
  }

  const platform::Pattern wanted_;
  std::vector<std::string> names_;  // beyond count_: of earlier scrapes, for their capacity
  std::size_t count_ = 0;
  Questions questions_;
};

constexpr OptionDesc kOptions[] = {
    {"include-search-indexes-metrics", OptionType::flag, "false", "Redis: export what FT.INFO says of search indexes.",
     "REDIS_EXPORTER_INCL_SEARCH_INDEXES_METRICS"},
    {"check-search-indexes", OptionType::regex, ".*", "Redis: names of the search indexes to show.",
     "REDIS_EXPORTER_CHECK_SEARCH_INDEXES"},
};

std::unique_ptr<Command> make(const Environment& environment) { return std::make_unique<SearchIndexes>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "redis.search_indexes",
    .summary = "search indexes from FT._LIST and FT.INFO; on with --include-search-indexes-metrics",
    .module = Module::redis,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .on_with = "include-search-indexes-metrics",
};

}  // namespace exporter::redis::search_indexes
