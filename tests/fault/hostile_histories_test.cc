// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/fault/hostile_history.h"

namespace kso::testing {
namespace {

constexpr int kChunks = 20;
constexpr uint64_t kHistoriesOfChunk = 50;

// Much is synced to disk; memory is faster at that.
std::string FastDirectory() {
  return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ::testing::TempDir();
}

// In chunks, so that shards can share them.
class HostileHistoriesTest : public ::testing::TestWithParam<int> {};

TEST_P(HostileHistoriesTest, TheFarmStandsAndSaysWhatIsWrong) {
  const uint64_t first = GetParam() * kHistoriesOfChunk + 1;
  const std::string directory =
      absl::StrCat(FastDirectory(), "/kso-hostile-", getpid());
  int builds = 0;
  int succeeded = 0;
  for (uint64_t seed = first; seed < first + kHistoriesOfChunk; ++seed) {
    const HostileReport report = RunHostileHistory(seed, directory);
    EXPECT_TRUE(report.broken.empty())
        << "seed " << seed << ": " << absl::StrJoin(report.broken, "\n  ")
        << "\nits failures: bazel-bin/tests/fault/run --hostile --seed "
        << seed;
    builds += report.builds;
    succeeded += report.succeeded;
  }
  // Builds were driven to failure, and not all of them.
  EXPECT_GT(builds, succeeded);
  EXPECT_GT(succeeded, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, HostileHistoriesTest,
                         ::testing::Range(0, kChunks));

}  // namespace
}  // namespace kso::testing
