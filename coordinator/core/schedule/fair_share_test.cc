// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/fair_share.h"

#include <map>

#include "common/release/build_request.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

class FairShareTest : public ::testing::Test {
 protected:
  void Add(int64_t number, int priority = 0) {
    builds_[number].number = number;
    builds_[number].priority = priority;
    running_[number] = &builds_[number];
  }
  // Grants to the first of `wanting`.
  int64_t Grant(const std::map<int64_t, const BuildEntry*>& wanting) {
    const BuildEntry& next = *shares_.TurnsOf(wanting).Next();
    shares_.Granted(next, running_);
    return next.number;
  }

  std::map<int64_t, BuildEntry> builds_;
  std::map<int64_t, const BuildEntry*> running_;
  FairShare shares_;
};

TEST_F(FairShareTest, PrioritiesAtTheEndsOfTheRangeStillTakeTurns) {
  Add(1, release::kLowestPriority);
  Add(2, release::kHighestPriority);
  std::map<int64_t, int> granted;
  for (int i = 0; i < 100; ++i) ++granted[Grant(running_)];
  EXPECT_EQ(granted[1], 1);
  EXPECT_EQ(granted[2], 99);
}

TEST_F(FairShareTest, BuildsThatEndedTakeNoTurnsFromThoseThatRun) {
  for (int64_t number = 1; number <= 8; ++number) Add(number);
  for (int i = 0; i < 16; ++i) Grant(running_);
  for (int64_t number = 3; number <= 8; ++number) running_.erase(number);
  std::map<int64_t, int> granted;
  for (int i = 0; i < 10; ++i) ++granted[Grant(running_)];
  EXPECT_EQ(granted[1], 5);
  EXPECT_EQ(granted[2], 5);
}

TEST_F(FairShareTest, AnotherPriorityTakesItsShareAtOnce) {
  Add(1, release::kLowestPriority);
  Add(2, release::kHighestPriority);
  std::map<int64_t, int> granted;
  const auto grant = [&](int count) {
    granted.clear();
    for (int i = 0; i < count; ++i) ++granted[Grant(running_)];
  };
  // 1 is ahead by a turn of its own, which is a million turns of 2.
  grant(10);
  EXPECT_EQ(granted[2], 9);
  builds_[1].priority = release::kHighestPriority;
  grant(10);
  EXPECT_NEAR(granted[1], 5, 1);
  builds_[2].priority = release::kHighestPriority - 10;
  grant(30);
  EXPECT_NEAR(granted[1], 20, 1);
  builds_[1].priority = 0;
  builds_[2].priority = 10;
  grant(30);
  EXPECT_NEAR(granted[2], 20, 1);
}

TEST_F(FairShareTest, WhoCannotTakePartLosesItsTurnsButNotToItsEquals) {
  for (const int64_t number : {1, 2, 3}) Add(number);
  const auto without = [&](int64_t number) {
    std::map<int64_t, const BuildEntry*> wanting = running_;
    wanting.erase(number);
    return wanting;
  };
  std::map<int64_t, int> granted;
  for (int i = 0; i < 10; ++i) {
    // 3 goes far ahead, and then cannot go on.
    for (int j = 0; j < 5; ++j) Grant({{3, running_[3]}});
    ++granted[Grant(without(3))];
  }
  EXPECT_EQ(granted[1], 5);
  EXPECT_EQ(granted[2], 5);
}

TEST_F(FairShareTest, BuildsThatEndedAreForgotten) {
  for (int64_t number = 1; number <= 100; ++number) {
    Add(number);
    EXPECT_EQ(Grant({{number, running_[number]}}), number);
    running_.erase(number);
  }
  Add(101);
  Add(102);
  EXPECT_EQ(Grant(running_), 101);
  EXPECT_EQ(Grant(running_), 102);
}

}  // namespace
}  // namespace kso::coordinator
