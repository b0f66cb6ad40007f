// SPDX-License-Identifier: Apache-2.0

#include "gtest/gtest.h"
#include "tests/history/simulate.h"

// The layer rules over thirty releases.

namespace kso::testing {
namespace {

constexpr int kReleases = 30;
constexpr double kMebibyte = 1 << 20;

class HistoryTest : public ::testing::TestWithParam<uint32_t> {};

TEST_P(HistoryTest, AReleasePushesLittleMoreThanWhatChanged) {
  double pushed = 0;
  double changed = 0;
  for (const SimulatedRelease& release :
       SimulateHistory(kReleases, GetParam())) {
    ASSERT_GT(release.changed, 0);
    pushed += release.pushed;
    changed += release.changed;
    if (release.minor) continue;
    EXPECT_GE(release.files_changed, 8);
    EXPECT_LE(release.files_changed, 20);
    EXPECT_GE(release.images_changed, 12);
    EXPECT_LE(release.images_changed, 20);
    EXPECT_LE(release.pushed, 1.15 * release.changed + kMebibyte);
  }
  EXPECT_LE(pushed, 1.25 * changed);
}

TEST_P(HistoryTest, LayersAndDeadBytesStayWithinTheirBounds) {
  for (const SimulatedRelease& release :
       SimulateHistory(kReleases, GetParam())) {
    EXPECT_LE(release.file_layers, 60);
    EXPECT_LE(release.image_layers, 30);
    EXPECT_LE(release.all_layers, 60);
    EXPECT_LE(release.worst_dead_part, 0.15);
  }
}

TEST_P(HistoryTest, TheSameHistoryGivesTheSameLayers) {
  const auto once = SimulateHistory(kReleases, GetParam());
  const auto again = SimulateHistory(kReleases, GetParam());
  for (int i = 0; i < kReleases; ++i) {
    EXPECT_EQ(once[i].digest, again[i].digest) << "release " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, HistoryTest, ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace kso::testing
