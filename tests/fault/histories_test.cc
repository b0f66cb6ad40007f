#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/fault/history.h"

namespace kso::testing {
namespace {

constexpr uint64_t kHistories = 1000;

std::string Explain(uint64_t seed, const HistoryReport& report) {
  return absl::StrCat("seed ", seed, ": ", absl::StrJoin(report.broken, "\n  "),
                      "\nits story: tests/fault/run --seed ", seed);
}

int Number(const char* variable, int otherwise) {
  const char* value = std::getenv(variable);
  return value == nullptr ? otherwise : std::atoi(value);
}

// The part of the seeds that is this shard's.
TEST(HistoriesTest, NoSeedBreaksAnInvariant) {
  const int shards = Number("TEST_TOTAL_SHARDS", 1);
  const int shard = Number("TEST_SHARD_INDEX", 0);
  int tasks = 0;
  int starts = 0;
  std::set<uint64_t> different;
  for (uint64_t seed = 1; seed <= kHistories; ++seed) {
    if (static_cast<int>(seed % shards) != shard) continue;
    const HistoryReport report = RunHistory({.seed = seed});
    EXPECT_TRUE(report.broken.empty()) << Explain(seed, report);
    different.insert(report.fingerprint);
    tasks += report.tasks_finished;
    starts += report.coordinator_starts;
  }
  EXPECT_GE(different.size(), kHistories / shards);
  // Something happened.
  EXPECT_GT(tasks, 10000 / shards);
  EXPECT_GT(starts, 2000 / shards);
}

}  // namespace
}  // namespace kso::testing
