// SPDX-License-Identifier: Apache-2.0
#include "worker/disk/disk_room.h"

#include <memory>

#include "common/base/sizes.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

// A worker that fails so several times is given nothing for a while.
TEST(DiskRoomTest, AnAbsurdClaimIsNoFaultOfTheWorkers) {
  const testing::TempDirectory directory;
  const std::unique_ptr<DiskBlobStore> cache =
      DiskBlobStore::Create(directory.path() / "blobs").value();
  EXPECT_TRUE(MakeRoomForClaim(*cache, directory.path(), 1).ok());
  const absl::Status absurd =
      MakeRoomForClaim(*cache, directory.path(), kLargestContent * 1000);
  EXPECT_EQ(FailureKind(absurd), v1::Failure::PERMANENT) << absurd;
}

}  // namespace
}  // namespace kso::worker
