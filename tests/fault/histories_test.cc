// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/fault/history.h"

namespace kso::testing {
namespace {

constexpr int kChunks = 10;
constexpr uint64_t kHistoriesOfChunk = 100;

std::string Explain(uint64_t seed, const HistoryReport& report) {
  return absl::StrCat("seed ", seed, ": ", absl::StrJoin(report.broken, "\n  "),
                      "\nits story: bazel-bin/tests/fault/run --seed ", seed);
}

// In chunks, so that shards can share them.
class HistoriesTest : public ::testing::TestWithParam<int> {};

TEST_P(HistoriesTest, NoSeedBreaksAnInvariant) {
  const uint64_t first = GetParam() * kHistoriesOfChunk + 1;
  int tasks = 0;
  int starts = 0;
  std::set<uint64_t> different;
  for (uint64_t seed = first; seed < first + kHistoriesOfChunk; ++seed) {
    const HistoryReport report = RunHistory({.seed = seed});
    EXPECT_TRUE(report.broken.empty()) << Explain(seed, report);
    different.insert(report.fingerprint);
    tasks += report.tasks_finished;
    starts += report.coordinator_starts;
  }
  EXPECT_EQ(different.size(), kHistoriesOfChunk);
  // Much was done, and much went wrong.
  EXPECT_GT(tasks, 1000);
  EXPECT_GT(starts, 200);
}

INSTANTIATE_TEST_SUITE_P(Seeds, HistoriesTest, ::testing::Range(0, kChunks));

}  // namespace
}  // namespace kso::testing
