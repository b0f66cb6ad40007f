// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/protocol_version.h"

#include <limits>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace kso::rpc {
namespace {

absl::Status Check(int theirs, int ours) {
  return CheckProtocol(theirs, "worker box-1", "the coordinator", ours);
}

TEST(ProtocolVersionTest, VersionsThatAreOneApartWorkTogether) {
  for (const int theirs : {4, 5, 6}) EXPECT_TRUE(Check(theirs, 5).ok());
}

TEST(ProtocolVersionTest, WhoeverIsOlderIsToBeUpgraded) {
  EXPECT_TRUE(absl::EndsWith(Check(3, 5).message(), "upgrade worker box-1"));
  EXPECT_TRUE(absl::EndsWith(Check(7, 5).message(), "upgrade the coordinator"));
  EXPECT_TRUE(absl::IsFailedPrecondition(Check(3, 5)));
}

TEST(ProtocolVersionTest, NumbersFromOutsideMayBeAnything) {
  using Limits = std::numeric_limits<int>;
  EXPECT_FALSE(Check(Limits::max(), 5).ok());
  EXPECT_FALSE(Check(Limits::min(), 5).ok());
  EXPECT_FALSE(Check(-1, 5).ok());
}

// Programs from before there was a number.
TEST(ProtocolVersionTest, TheFirstVersionsAreUnderstood) {
  EXPECT_TRUE(CheckProtocol(0, "the coordinator", "this worker").ok());
}

}  // namespace
}  // namespace kso::rpc
