// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/farm/matching_workers.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

using ::testing::ElementsAre;

v1::ListWorkersResponse Farm() {
  v1::ListWorkersResponse workers;
  for (const char* name : {"arm-1", "arm-2", "build-1", "odd[1]"}) {
    workers.add_workers()->mutable_info()->set_name(name);
  }
  return workers;
}

TEST(MatchingWorkers, TakeNamesAndPatterns) {
  EXPECT_THAT(*MatchingWorkers(Farm(), {"build-1"}), ElementsAre("build-1"));
  EXPECT_THAT(*MatchingWorkers(Farm(), {"build-*", "arm-*", "arm-1"}),
              ElementsAre("arm-1", "arm-2", "build-1"));
  EXPECT_EQ(MatchingWorkers(Farm(), {"*"})->size(), 4u);
  // Nothing but '*' means more than itself.
  EXPECT_THAT(*MatchingWorkers(Farm(), {"odd[1]"}), ElementsAre("odd[1]"));
}

TEST(MatchingWorkers, APatternThatMatchesNobodyIsAMistake) {
  for (const char* pattern : {"arm", "build-2", "", "ARM-1", "x*"}) {
    EXPECT_EQ(MatchingWorkers(Farm(), {"arm-1", pattern}).status().code(),
              absl::StatusCode::kNotFound)
        << pattern;
  }
}

}  // namespace
}  // namespace kso::cli
