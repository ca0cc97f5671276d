// One libFuzzer harness for every collector of list.inc.
//
// An input is a line that says what is replaced, then the bytes that replace it:
//   host/loadavg proc/loadavg     a file of the collector's fixture
//   redis/slowlog reply           all replies of the server
//   postgres/wal rows             the statement's result, as in rows.tsv
// The page must keep every rule of the exposition format whatever the bytes are, and a second scrape must make the same
// page. Mutations change the bytes and now and then the subject, so that an empty corpus is a good start:
//   tests/fuzz/run.sh 60
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "collectors/all.h"
#include "platform/text.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"
#include "tests/support/page_run.h"
#include "tests/support/postgres_fixture.h"
#include "tests/support/redis_run.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace tests {
namespace {

namespace fs = std::filesystem;

struct Subject {
  exporter::ListedCollector listed;
  std::string header;  // the first line, without its end
  fs::path fixture;
  fs::path file;  // within the fixture
};

// Not an input of the collector: what the tests need.
bool helper_file(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.starts_with("expected") || name.starts_with("flags") || name.starts_with("server") ||
         name.ends_with(".yml");
}

void add_subjects(std::vector<Subject>& subjects, const exporter::ListedCollector& listed) {
  const std::string name(listed.spec->name);
  const std::string short_name = name.substr(name.rfind('.') + 1);
  const fs::path fixture = fs::path(FIXTURES) / listed.room / short_name;
  const std::string collector = std::string(listed.room) + "/" + short_name;
  for (const auto& entry : fs::recursive_directory_iterator(fixture)) {
    if (!entry.is_regular_file() || entry.is_symlink() || helper_file(entry.path())) {
      continue;
    }
    const fs::path file = fs::relative(entry.path(), fixture);
    const std::string what = std::holds_alternative<exporter::MakeCollector>(listed.spec->make) ? file.string()
                             : std::holds_alternative<exporter::MakeCommand>(listed.spec->make) ? "reply"
                             : std::holds_alternative<exporter::MakePage>(listed.spec->make)    ? file.string()
                                                                                                : "rows";
    subjects.push_back({listed, collector + " " + what, fixture, file});
  }
}

const std::vector<Subject>& subjects() {
  static const auto all = [] {
    std::vector<Subject> result;
    for (const auto& listed : exporter::all_collectors()) {
      add_subjects(result, listed);
    }
    return result;
  }();
  return all;
}

const Subject* subject_of(std::string_view input) {
  const auto header = platform::take(input, '\n');
  for (const auto& subject : subjects()) {
    if (subject.header == header) {
      return &subject;
    }
  }
  return nullptr;
}

[[noreturn]] void complain(const std::string& what, const std::string& page) {
  std::fprintf(stderr, "%s\n%s\n", what.c_str(), page.c_str());
  std::abort();
}

void check_page(const std::string& page) {
  const auto parsed = parse_exposition(page);
  if (!parsed.errors.empty()) {
    complain(parsed.errors.front(), page);
  }
}

void run_machine(const Subject& subject, std::string_view bytes) {
  // A private copy for each collector, mended after each run.
  static std::map<fs::path, std::unique_ptr<FixtureCopy>> copies;
  auto& copy = copies[subject.fixture];
  if (!copy) {
    copy = std::make_unique<FixtureCopy>(subject.fixture);
  }
  const fs::path file = copy->path() / subject.file;
  const std::string whole = read_text(file);
  write_text(file, bytes);
  {
    FixtureRun run(*subject.listed.spec, copy->path());
    run.scrape();
    const std::string first = run.page();
    check_page(first);
    run.scrape();
    check_page(run.page());
    const bool timeless = read_text(subject.fixture / "expected.prom").find(" *\n") == std::string::npos;
    if (timeless && run.page() != first) {
      complain("the second scrape differs", first + "---\n" + run.page());
    }
  }
  write_text(file, whole);
}

// A sink keeps the first description of a name.
std::string without_help(std::string_view page) {
  std::string rest;
  while (!page.empty()) {
    const auto line = platform::take(page, '\n');
    if (!line.starts_with("# HELP ")) {
      rest.append(line).append("\n");
    }
  }
  return rest;
}

// What was learnt of one page must not change what another means.
void run_page(const Subject& subject, std::string_view bytes) {
  using exporter::merge::Format;
  const auto format = subject.file.extension() == ".om" ? Format::open_metrics : Format::text;
  PageRun fresh;
  const std::string wrong = fresh.read(bytes, format);
  check_page(fresh.page());
  PageRun used;
  used.read(read_text(subject.fixture / subject.file), format);
  for (int i = 0; i < 2; ++i) {
    if (used.read(bytes, format) != wrong || without_help(used.page()) != without_help(fresh.page()) ||
        used.samples() != fresh.samples()) {
      complain("a second read differs", fresh.page() + "---\n" + used.page());
    }
  }
}

void run(const Subject& subject, std::string_view bytes) {
  const auto& spec = *subject.listed.spec;
  if (std::holds_alternative<exporter::MakeCollector>(spec.make)) {
    run_machine(subject, bytes);
  } else if (std::holds_alternative<exporter::MakeCommand>(spec.make)) {
    RedisRun redis(spec.name, read_text(subject.fixture / "flags"));
    redis.read(bytes);
    check_page(redis.page());
  } else if (std::holds_alternative<exporter::MakePage>(spec.make)) {
    run_page(subject, bytes);
  } else {
    QueryRun query(spec);
    query.read(bytes);
    check_page(query.page());
  }
}

}  // namespace
}  // namespace tests

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto* const subject = tests::subject_of(input);
  if (subject == nullptr) {
    return -1;  // not for the corpus
  }
  platform::take(input, '\n');
  tests::run(*subject, input);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  std::minstd_rand random(seed);
  const auto put = [&](std::string_view text, std::size_t at) {
    const std::size_t length = std::min(text.size(), max_size - std::min(at, max_size));
    std::copy_n(text.begin(), length, data + at);
    return at + length;
  };
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto* const subject = tests::subject_of(input);
  if (subject == nullptr || random() % 64 == 0) {
    const auto& all = tests::subjects();
    const auto& other = all[random() % all.size()];
    const std::size_t header = put(other.header + "\n", 0);
    return put(tests::read_text(other.fixture / other.file), header);
  }
  const std::size_t header = subject->header.size() + 1;
  if (header >= max_size) {
    return size;
  }
  return header + LLVMFuzzerMutate(data + header, size - header, max_size - header);
}
