// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/fault/worker_history.h"

namespace kso::testing {
namespace {

constexpr int kChunks = 5;
constexpr uint64_t kHistoriesOfChunk = 60;

// Much is synced to disk; memory is faster at that.
std::string FastDirectory() {
  return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ::testing::TempDir();
}

// In chunks, so that shards can share them.
class WorkerHistoriesTest : public ::testing::TestWithParam<int> {};

TEST_P(WorkerHistoriesTest, NoSeedBreaksAnInvariant) {
  const uint64_t first = GetParam() * kHistoriesOfChunk + 1;
  const std::string directory =
      absl::StrCat(FastDirectory(), "/kso-worker-", getpid());
  int done = 0;
  int failed = 0;
  for (uint64_t seed = first; seed < first + kHistoriesOfChunk; ++seed) {
    const WorkerReport report = RunWorkerHistory(seed, directory);
    EXPECT_TRUE(report.broken.empty())
        << "seed " << seed << ": " << absl::StrJoin(report.broken, "\n  ");
    done += report.tasks_done;
    failed += report.tasks_failed;
  }
  // Much was done, and much went wrong.
  EXPECT_GT(done, 300);
  EXPECT_GT(failed, 30);
}

INSTANTIATE_TEST_SUITE_P(Seeds, WorkerHistoriesTest,
                         ::testing::Range(0, kChunks));

}  // namespace
}  // namespace kso::testing
