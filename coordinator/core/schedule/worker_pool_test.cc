// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/worker_pool.h"

#include "absl/strings/str_cat.h"
#include "coordinator/core/schedule/worker_view.h"
#include "gtest/gtest.h"
#include "tests/fakes/core_fixture.h"

namespace kso::coordinator {
namespace {

TEST(WorkerPoolTest, AKindGoesWithTheLastWorkerOfIt) {
  WorkerPool pool;
  WorkerView one = MakeWorker("one", "amd64");
  WorkerView two = MakeWorker("two", "amd64");
  const WorkerKind* const kind = pool.Put(one).kind;
  EXPECT_EQ(pool.Put(two).kind, kind);
  EXPECT_EQ(pool.kinds().size(), 1);
  EXPECT_EQ(kind->ready(), 2);
  two.info = MakeWorker("two", "arm64").info;
  EXPECT_NE(pool.Put(two).kind, kind);
  EXPECT_EQ(pool.kinds().size(), 2);
  EXPECT_EQ(kind->ready(), 1);
  pool.Remove("two");
  EXPECT_EQ(pool.kinds().size(), 1);
  // A worker that is not ready is of its kind still.
  one.state = v1::WorkerStatus::DRAINING;
  EXPECT_EQ(pool.Put(one).kind, kind);
  EXPECT_EQ(kind->ready(), 0);
  pool.Remove("one");
  EXPECT_TRUE(pool.kinds().empty());
}

// Each turn of the engine goes through all kinds.
TEST(WorkerPoolTest, AWorkerThatSaysOtherPlatformsEachTimeIsOfOneKind) {
  WorkerPool pool;
  WorkerView worker = MakeWorker("one", "amd64");
  for (int i = 0; i < 1000; ++i) {
    worker.info.mutable_platforms(0)->mutable_platform()->set_variant(
        absl::StrCat("v", i));
    EXPECT_EQ(pool.Put(worker).kind->ready(), 1);
  }
  EXPECT_EQ(pool.kinds().size(), 1);
}

}  // namespace
}  // namespace kso::coordinator
