// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/disk_use.h"

#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

TEST(DiskUseTest, AnIdentityHoldsABlobOnceForAllItsBuilds) {
  DiskUse use;
  EXPECT_TRUE(use.AddBlob("a1", "alice", "sha256:1", 100));
  EXPECT_FALSE(use.AddBlob("a1", "alice", "sha256:1", 100));
  EXPECT_FALSE(use.AddBlob("a2", "alice", "sha256:1", 100));
  EXPECT_TRUE(use.AddBlob("a2", "alice", "sha256:2", 10));
  EXPECT_EQ(use.BytesOf("alice"), 110);
  EXPECT_EQ(use.BytesOnlyOf("a1"), 0);
  EXPECT_EQ(use.BytesOnlyOf("a2"), 10);
  use.Remove("a2");
  EXPECT_EQ(use.BytesOf("alice"), 100);
  EXPECT_EQ(use.BytesOnlyOf("a1"), 100);
  use.Remove("a1");
  use.Remove("a1");
  EXPECT_EQ(use.BytesOf("alice"), 0);
}

TEST(DiskUseTest, ABlobThatTwoIdentitiesHoldCountsForBoth) {
  DiskUse use;
  EXPECT_TRUE(use.AddBlob("a", "alice", "sha256:1", 100));
  EXPECT_TRUE(use.AddBlob("b", "bob", "sha256:1", 100));
  EXPECT_EQ(use.BytesOf("alice"), 100);
  EXPECT_EQ(use.BytesOf("bob"), 100);
  use.Remove("a");
  EXPECT_EQ(use.BytesOf("bob"), 100);
}

TEST(DiskUseTest, RecordsCountToo) {
  DiskUse use;
  use.AddRecord("a", "alice", 7);
  use.AddRecord("a", "alice", 3);
  EXPECT_TRUE(use.AddBlob("a", "alice", "sha256:1", 100));
  EXPECT_EQ(use.BytesOf("alice"), 110);
  EXPECT_EQ(use.BytesOnlyOf("a"), 110);
  use.Remove("a");
  EXPECT_EQ(use.BytesOf("alice"), 0);
}

// A worker says how large a layer is.
TEST(DiskUseTest, NoSizeMakesRoom) {
  DiskUse use;
  use.AddBlob("a", "alice", "sha256:1", std::numeric_limits<int64_t>::max());
  use.AddBlob("a", "alice", "sha256:2", std::numeric_limits<int64_t>::max());
  use.AddBlob("b", "alice", "sha256:3", -1000);
  EXPECT_EQ(use.BytesOf("alice"), std::numeric_limits<int64_t>::max());
  use.Remove("a");
  EXPECT_EQ(use.BytesOf("alice"), 0);
}

}  // namespace
}  // namespace kso::coordinator
