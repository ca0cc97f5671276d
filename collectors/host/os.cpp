// <rootfs>/etc/os-release, or <rootfs>/usr/lib/os-release (os-release(5)): PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
#include <array>
#include <cerrno>
#include <chrono>

#include "exporter/collector.h"
#include "platform/file_stamp.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::os {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "node_os_info",
     "The operating system as os-release names it; the value is 1.",
     {"build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name", "variant", "variant_id",
      "version", "version_codename", "version_id"}},
    {MetricType::gauge,
     "node_os_version",
     "Leading number of VERSION_ID: major, or major.minor.",
     {"id", "id_like", "name"}},
    {MetricType::gauge, "node_os_support_end_timestamp_seconds", "When support of this release ends."},
};

// The labels of node_os_info, in their order.
constexpr std::array<std::string_view, 12> kInfoKeys = {"BUILD_ID",      "ID",      "ID_LIKE",          "IMAGE_ID",
                                                        "IMAGE_VERSION", "NAME",    "PRETTY_NAME",      "VARIANT",
                                                        "VARIANT_ID",    "VERSION", "VERSION_CODENAME", "VERSION_ID"};

// What a shell would assign: 'as it is', "with \" escapes", or bare with a comment behind it. Nothing when a quote is
// not closed.
std::optional<std::string> unquote(std::string_view text) {
  std::string result;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      result += text[++i];
    } else if (quote == 0 && c == '#' && i > 0 && platform::blank(text[i - 1])) {
      return std::string(platform::trim(result));
    } else {
      result += c;
    }
  }
  if (quote != 0) {
    return std::nullopt;
  }
  return result;
}

// "12.4.1" -> 12.4, "20.04" -> 20.04, "rolling" -> nothing.
std::optional<double> leading_version(std::string_view text) {
  const auto digits_from = [&](std::size_t at) {
    const auto end = text.find_first_not_of("0123456789", at);
    return end == std::string_view::npos ? text.size() : end;
  };
  std::size_t end = digits_from(0);
  if (end == 0) {
    return std::nullopt;
  }
  if (end < text.size() && text[end] == '.') {
    end = digits_from(end + 1);
  }
  return platform::number<double>(text.substr(0, end));
}

std::optional<std::int64_t> midnight(std::string_view date) {
  if (date.size() != 10 || date[4] != '-' || date[7] != '-') {
    return std::nullopt;
  }
  const auto year = platform::number<int>(date.substr(0, 4));
  const auto month = platform::number<unsigned>(date.substr(5, 2));
  const auto day = platform::number<unsigned>(date.substr(8, 2));
  if (!year || !month || !day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day point{std::chrono::year(*year), std::chrono::month(*month), std::chrono::day(*day)};
  if (!point.ok()) {
    return std::nullopt;
  }
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::sys_days(point).time_since_epoch()).count();
}

class Os final : public Collector {
 public:
  explicit Os(const Environment& environment) : root_(environment.host.root) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    int error = ENOENT;
    for (const char* const file : {"etc/os-release", "usr/lib/os-release"}) {
      error = load(file, scrape);
      if (error != ENOENT) {
        break;
      }
    }
    if (error != 0) {
      stamp_ = {};
      if (error == ENOENT) {
        return Outcome::no_data;
      }
      sink.problem(Problem::io, "os-release", error);
      return Outcome::failed;
    }
    for (unsigned i = 0; i < unreadable_; ++i) {
      sink.problem(Problem::parse, "os-release");
    }
    sink.add(kMetrics[0], 1, info_);
    if (version_ && *version_ > 0) {
      sink.add(kMetrics[1], *version_, names_);
    }
    if (support_end_) {
      sink.add(kMetrics[2], *support_end_);
    }
    return Outcome::ok;
  }

 private:
  // Upgrades replace the file: it is looked at by name at every scrape, and read again when it is another.
  int load(const char* file, const Scrape& scrape) {
    platform::FileStamp now;
    if (const int error = stamp_of(root_, file, now)) {
      return error;
    }
    if (now == stamp_) {
      return 0;
    }
    if (const int error = root_.read(file, scrape.buffer)) {
      return error;
    }
    stamp_ = now;
    parse(scrape.buffer.text());
    return 0;
  }

  void parse(std::string_view text) {
    std::array<std::string, kInfoKeys.size()> values;
    std::string support_end;
    unreadable_ = 0;
    while (!text.empty()) {
      std::string_view line = platform::trim(platform::take(text, '\n'));
      if (line.empty() || line.starts_with('#')) {
        continue;
      }
      if (line.starts_with("export ")) {
        line = platform::trim(line.substr(7));
      }
      const auto equals = line.find('=');
      const auto value = equals == std::string_view::npos ? std::nullopt : unquote(line.substr(equals + 1));
      if (!value) {
        ++unreadable_;
        continue;
      }
      const auto key = line.substr(0, equals);
      for (std::size_t i = 0; i < kInfoKeys.size(); ++i) {
        if (kInfoKeys[i] == key) {
          values[i] = *value;
        }
      }
      if (key == "SUPPORT_END") {
        support_end = *value;
      }
    }
    render(values, support_end);
  }

  void render(const std::array<std::string, kInfoKeys.size()>& values, const std::string& support_end) {
    info_.clear();
    for (std::size_t i = 0; i < values.size(); ++i) {
      info_.append(kMetrics[0].labels.at(i), values[i]);
    }
    names_ = LabelBlock(kMetrics[1], {values[1], values[2], values[5]});
    version_ = leading_version(values[11]);
    support_end_ = midnight(support_end);
    unreadable_ += !support_end.empty() && !support_end_ ? 1 : 0;
  }

  const platform::Dir& root_;
  platform::FileStamp stamp_;
  unsigned unreadable_ = 0;
  LabelBlock info_;
  LabelBlock names_;
  std::optional<double> version_;
  std::optional<std::int64_t> support_end_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Os>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "os",
    .summary = "name and version of the system from os-release below --path.rootfs",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::os
