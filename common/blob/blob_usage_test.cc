// SPDX-License-Identifier: Apache-2.0
#include "common/blob/blob_usage.h"

#include <vector>

#include "gtest/gtest.h"

namespace kso {
namespace {

const Digest kFirst = Sha256Of("first");
const Digest kSecond = Sha256Of("second");
const Digest kThird = Sha256Of("third");

std::vector<Digest> EvictAll(BlobUsage& usage) {
  std::vector<Digest> gone;
  while (usage.EvictOne([&](const Digest& digest) { gone.push_back(digest); })
             .has_value()) {
  }
  return gone;
}

TEST(BlobUsageTest, WhatWasUsedLongestAgoGoesFirst) {
  BlobUsage usage;
  usage.Add(kFirst, 1);
  usage.Add(kSecond, 20);
  usage.Add(kThird, 300);
  usage.Touch(kFirst);
  EXPECT_EQ(usage.bytes(), 321);
  EXPECT_EQ(EvictAll(usage), (std::vector{kSecond, kThird, kFirst}));
  EXPECT_EQ(usage.bytes(), 0);
}

TEST(BlobUsageTest, WhatIsPinnedStays) {
  BlobUsage usage;
  // A task may want it before it is there.
  usage.Pin(kFirst);
  usage.Pin(kFirst);
  usage.Add(kFirst, 1);
  usage.Add(kSecond, 20);
  EXPECT_EQ(EvictAll(usage), std::vector{kSecond});
  usage.Unpin(kFirst);
  EXPECT_TRUE(EvictAll(usage).empty());
  usage.Unpin(kFirst);
  EXPECT_EQ(EvictAll(usage), std::vector{kFirst});
}

TEST(BlobUsageTest, ABlobCountsOnce) {
  BlobUsage usage;
  usage.Add(kFirst, 5);
  usage.Add(kFirst, 7);
  EXPECT_EQ(usage.bytes(), 7);
  usage.Forget(kFirst);
  usage.Forget(kFirst);
  usage.Touch(kFirst);
  EXPECT_EQ(usage.bytes(), 0);
  EXPECT_TRUE(EvictAll(usage).empty());
}

}  // namespace
}  // namespace kso
