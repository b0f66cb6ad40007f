// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/fences.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Fences All() {
  Fences fences;
  fences.users.emplace();
  fences.seccomp = true;
  fences.control_group = "/kso";
  return fences;
}

TEST(FencesTest, AMachineThatHasAllOfThemIsAskedOnce) {
  int attempts = 0;
  const auto found = FindFences(All(), [&](const Fences& fences) {
    ++attempts;
    EXPECT_TRUE(fences.users.has_value() && fences.seccomp &&
                fences.control_group.has_value());
    return absl::OkStatus();
  });
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->users.has_value());
  EXPECT_THAT(found->missing, IsEmpty());
  EXPECT_EQ(attempts, 1);
}

TEST(FencesTest, OneThatIsMissingCostsNoOther) {
  const auto found = FindFences(All(), [](const Fences& fences) {
    return fences.users.has_value()
               ? absl::InternalError("Function not implemented")
               : absl::OkStatus();
  });
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->users.has_value());
  EXPECT_TRUE(found->seccomp);
  EXPECT_EQ(found->control_group, "/kso");
  EXPECT_THAT(found->missing,
              ElementsAre("user namespace: Function not implemented"));
}

// Each works alone, and the two do not work together.
TEST(FencesTest, WhatIsKeptWorksTogether) {
  const auto attempt = [](const Fences& fences) {
    return fences.users.has_value() && fences.seccomp
               ? absl::InternalError("not both")
               : absl::OkStatus();
  };
  const auto found = FindFences(All(), attempt);
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(attempt(*found).ok());
  EXPECT_TRUE(found->users.has_value());
  EXPECT_THAT(found->missing, ElementsAre("filter of system calls: not both"));
}

TEST(FencesTest, WhatWasMissingBeforeIsStillSaid) {
  Fences wanted = All();
  wanted.control_group.reset();
  wanted.missing = {"limit of memory and processes: no cgroup"};
  const auto all_else =
      FindFences(wanted, [](const Fences&) { return absl::OkStatus(); });
  ASSERT_TRUE(all_else.ok());
  EXPECT_EQ(all_else->missing, wanted.missing);
  const auto less = FindFences(wanted, [](const Fences& fences) {
    return fences.seccomp ? absl::InternalError("no") : absl::OkStatus();
  });
  ASSERT_TRUE(less.ok());
  EXPECT_THAT(less->missing,
              ElementsAre("limit of memory and processes: no cgroup",
                          "filter of system calls: no"));
}

TEST(FencesTest, WhereNothingRunsTheReasonIsThatOfTheBarestAttempt) {
  const auto found = FindFences(All(), [](const Fences& fences) {
    return absl::InternalError(fences.seccomp ? "with" : "runc is broken");
  });
  EXPECT_EQ(found.status(), absl::InternalError("runc is broken"));
}

}  // namespace
}  // namespace kso::worker
