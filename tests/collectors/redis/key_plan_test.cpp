#include "collectors/redis/key_plan.h"

#include <gtest/gtest.h>

namespace tests {
namespace {

using exporter::OptionError;
using exporter::redis::keys::KeyName;
using exporter::redis::keys::parse_csv_line;
using exporter::redis::keys::parse_key_list;

template <class Call>
std::string error_of(Call&& call) {
  try {
    call();
  } catch (const OptionError& error) {
    return error.what();
  }
  return "no error";
}

TEST(RedisKeyPlan, ReadsListsAsTheOriginal) {
  const std::vector<KeyName> names = {{0, "a"}, {3, "user:*"}, {4, "b c"}, {0, "x=y,z"}};
  EXPECT_EQ(parse_key_list("check-keys", "a, db3=user:*,4=b+c,x%3Dy%2Cz,db0=,=v,,a"), names);
  EXPECT_TRUE(parse_key_list("check-keys", "").empty());
}

TEST(RedisKeyPlan, SaysWhatIsWrongWithAList) {
  EXPECT_EQ(error_of([] { parse_key_list("check-keys", "dbx=a"); }),
            "option check-keys: 'dbx=a': expected dbN=NAME, such as db0=user:*");
  EXPECT_EQ(error_of([] { parse_key_list("check-keys", "db-1=a"); }),
            "option check-keys: 'db-1=a': expected dbN=NAME, such as db0=user:*");
  EXPECT_EQ(error_of([] { parse_key_list("count-keys", "db0=a=b"); }),
            "option count-keys: 'db0=a=b': more than one =; write %3D for one in a name");
  EXPECT_EQ(error_of([] { parse_key_list("count-keys", "50%"); }),
            "option count-keys: '50%': % begins two hexadecimal digits; write %25 for a % itself");
}

TEST(RedisKeyPlan, ReadsALineOfCsv) {
  const std::vector<std::string> fields = {"^(a)", "b,\"c\"", "d"};
  EXPECT_EQ(parse_csv_line("check-key-groups", "^(a),\"b,\"\"c\"\"\",d"), fields);
  EXPECT_TRUE(parse_csv_line("check-key-groups", "").empty());
  EXPECT_EQ(error_of([] { parse_csv_line("check-key-groups", "\"a"); }),
            "option check-key-groups: a field in quotes does not end");
  EXPECT_EQ(error_of([] { parse_csv_line("check-key-groups", "\"a\"b"); }),
            "option check-key-groups: a comma is expected behind a field in quotes");
}

}  // namespace
}  // namespace tests
