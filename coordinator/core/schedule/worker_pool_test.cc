// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/worker_pool.h"

#include <string>

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

Demand DemandFor(const std::string& architecture, bool must_execute,
                 const std::string& variant = "") {
  Demand demand;
  demand.must_execute = must_execute;
  if (architecture.empty()) return demand;
  demand.platform = PlatformOf(architecture);
  demand.platform.set_variant(variant);
  demand.platform_name = "linux/" + architecture;
  return demand;
}

TEST(WorkerPoolTest, AWorkerFitsAsWellAsItRunsThePlatform) {
  WorkerView both = MakeWorker("both", "amd64");
  *both.info.add_platforms() = MakeWorker("", "arm64", false).info.platforms(0);
  for (const bool must_execute : {false, true}) {
    EXPECT_EQ(FitOf(DemandFor("", must_execute), both.info), Fit::kNative);
    EXPECT_EQ(FitOf(DemandFor("amd64", must_execute), both.info), Fit::kNative);
    EXPECT_EQ(FitOf(DemandFor("arm64", must_execute), both.info),
              Fit::kEmulated);
  }
  EXPECT_EQ(FitOf(DemandFor("s390x", false), both.info), Fit::kForeign);
  EXPECT_EQ(FitOf(DemandFor("s390x", true), both.info), Fit::kNone);
  both.info.set_can_execute(false);
  EXPECT_EQ(FitOf(DemandFor("amd64", false), both.info), Fit::kNative);
  EXPECT_EQ(FitOf(DemandFor("amd64", true), both.info), Fit::kNone);
  EXPECT_EQ(FitOf(DemandFor("", true), both.info), Fit::kNone);
}

TEST(WorkerPoolTest, APlatformIsOfItsSystemAndOfAVariantThatIsNamed) {
  WorkerView worker = MakeWorker("w", "arm");
  v1::Platform& platform =
      *worker.info.mutable_platforms(0)->mutable_platform();
  platform.set_variant("v7");
  EXPECT_EQ(FitOf(DemandFor("arm", true), worker.info), Fit::kNative);
  EXPECT_EQ(FitOf(DemandFor("arm", true, "v7"), worker.info), Fit::kNative);
  EXPECT_EQ(FitOf(DemandFor("arm", true, "v6"), worker.info), Fit::kNone);
  platform.set_os("windows");
  EXPECT_EQ(FitOf(DemandFor("arm", true), worker.info), Fit::kNone);
}

TEST(WorkerPoolTest, TheBestFitIsThatOfTheReadyWorkers) {
  const Demand arm = DemandFor("arm64", true);
  WorkerPool pool;
  EXPECT_EQ(pool.BestFit(arm), Fit::kNone);
  WorkerView emulator = MakeWorker("emulator", "arm64", false);
  WorkerView native = MakeWorker("native", "arm64");
  pool.Put(emulator);
  EXPECT_EQ(pool.BestFit(arm), Fit::kEmulated);
  EXPECT_EQ(pool.CountReady(arm, Fit::kEmulated), 1);
  EXPECT_EQ(pool.CountReady(arm, Fit::kNative), 0);
  pool.Put(native);
  EXPECT_EQ(pool.BestFit(arm), Fit::kNative);
  EXPECT_EQ(pool.CountReady(arm, Fit::kEmulated), 2);
  EXPECT_EQ(pool.CountReady(arm, Fit::kNative), 1);
  native.state = v1::WorkerStatus::DRAINING;
  pool.Put(native);
  EXPECT_EQ(pool.BestFit(arm), Fit::kEmulated);
  EXPECT_EQ(pool.CountReady(arm, Fit::kNative), 0);
  pool.Remove("emulator");
  EXPECT_EQ(pool.BestFit(arm), Fit::kNone);
  pool.Remove("emulator");
  EXPECT_EQ(pool.Find("emulator"), nullptr);
  ASSERT_NE(pool.Find("native"), nullptr);
  EXPECT_EQ(pool.Find("native")->view, &native);
}

TEST(WorkerPoolTest, AWorkerThatIsExpectedIsWorthWaitingFor) {
  const Demand arm = DemandFor("arm64", true);
  WorkerPool pool;
  WorkerView worker = MakeWorker("w", "amd64");
  worker.expected = true;
  pool.Put(worker);
  EXPECT_TRUE(pool.AnyExpected());
  EXPECT_EQ(pool.BestFit(arm), Fit::kNative);
  EXPECT_EQ(pool.CountReady(arm, Fit::kForeign), 0);
  // It counts once, however often its view changes.
  pool.Put(worker);
  worker.expected = false;
  pool.Put(worker);
  EXPECT_FALSE(pool.AnyExpected());
  EXPECT_EQ(pool.BestFit(arm), Fit::kNone);
  worker.expected = true;
  pool.Put(worker);
  pool.Remove("w");
  EXPECT_FALSE(pool.AnyExpected());
}

TEST(WorkerPoolTest, WorkersThatRunImagesOrEmulateAreOfAnotherKind) {
  WorkerPool pool;
  WorkerView plain = MakeWorker("plain", "amd64");
  WorkerView emulating = MakeWorker("emulating", "amd64", false);
  WorkerView packing = MakeWorker("packing", "amd64");
  packing.info.set_can_execute(false);
  for (const WorkerView* view : {&plain, &emulating, &packing}) {
    pool.Put(*view);
  }
  EXPECT_EQ(pool.kinds().size(), 3);
}

TEST(WorkerViewTest, SaysWhyAWorkerIsGivenNothing) {
  const absl::Time now = absl::FromUnixSeconds(1700000000);
  WorkerView worker = MakeWorker("w", "amd64");
  worker.reason = "disk full";
  EXPECT_EQ(NotReadyInWords(worker, now), "");
  worker.state = v1::WorkerStatus::LOST;
  EXPECT_EQ(NotReadyInWords(worker, now), "");
  worker.state = v1::WorkerStatus::DRAINING;
  EXPECT_EQ(NotReadyInWords(worker, now), "it drains");
  worker.state = v1::WorkerStatus::UNHEALTHY;
  EXPECT_EQ(NotReadyInWords(worker, now), "disk full");
  worker.quarantined_until = now;
  EXPECT_EQ(NotReadyInWords(worker, now), "disk full");
  worker.quarantined_until = now + absl::Seconds(12);
  EXPECT_EQ(NotReadyInWords(worker, now),
            "disk full; it is tried again in 12 s");
}

}  // namespace
}  // namespace kso::coordinator
