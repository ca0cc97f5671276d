#include "collectors/redis/key_groups.h"

#include <gtest/gtest.h>

#include "collectors/redis/key_metrics.h"
#include "exporter/registry.h"
#include "tests/support/exposition.h"

namespace tests {
namespace {

using exporter::redis::keys::KeyGroups;

TEST(RedisKeyGroups, TheLargestAreShownAndTheRestAddedUp) {
  std::vector<platform::LuaPattern> patterns;
  patterns.emplace_back("^(user):%d+$");
  patterns.emplace_back("^(%w+):([^:]+)");
  KeyGroups groups(patterns);
  exporter::Sink sink(exporter::redis::keys::kMetrics);
  exporter::redis::ShownSamples out(sink);
  groups.add("user:1", 100, out);
  groups.add("user:2", 50, out);
  groups.add("job:mail:7", 10, out);
  groups.add("job:mail:8", std::nullopt, out);
  groups.add("job:log", 5, out);
  groups.add("none", 20, out);
  groups.show("db1", 2, out);
  exporter::Registry registry;
  std::string page;
  const exporter::Sink* sinks[] = {&sink};
  append_page(registry, sinks, page);
  for (const char* line : {R"(redis_key_group_count{db="db1",key_group="user"} 2)",
                           R"(redis_key_group_memory_usage_bytes{db="db1",key_group="user"} 150)",
                           R"(redis_key_group_count{db="db1",key_group="unclassified"} 1)",
                           R"(redis_key_group_count{db="db1",key_group="overflow"} 3)",
                           R"(redis_key_group_memory_usage_bytes{db="db1",key_group="overflow"} 15)",
                           R"(redis_number_of_distinct_key_groups{db="db1"} 4)"}) {
    EXPECT_NE(page.find(std::string(line) + "\n"), std::string::npos) << line << "\n" << page;
  }
}

}  // namespace
}  // namespace tests
