// SPDX-License-Identifier: Apache-2.0
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"

// Leases end in many ways: lost workers, stale results, restarts of either
// side.

namespace kso::coordinator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Property;
using ::testing::SizeIs;

class EngineLeaseTest : public TwoWorkersTest {};

TEST_F(EngineLeaseTest, ALostWorkersTasksGoToAnotherAndItsResultsAreIgnored) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  Advance(absl::Seconds(29));
  Sync(two_);
  EXPECT_THAT(two_.held, IsEmpty());
  auto parked = two_.Begin(*engine_);
  Advance(absl::Seconds(1));
  EXPECT_THAT(two_.End(parked).leases(), SizeIs(4));
  EXPECT_EQ(Workers().workers(0).state(), v1::WorkerStatus::LOST);
  EXPECT_THAT(
      Log().events(),
      Contains(Property(&v1::Event::text, HasSubstr("worker one was lost; task "
                                                    "returned"))));

  one_.FinishAll(release_.resolved);
  const v1::SyncResponse late = Sync(one_);
  EXPECT_THAT(late.acknowledged_lease_ids(), SizeIs(4));
  EXPECT_THAT(late.leases(), IsEmpty());
  EXPECT_EQ(Done(), 0);
  EXPECT_EQ(Running(), 4);
}

TEST_F(EngineLeaseTest, AWorkerStartedAgainLosesItsOldLeasesAtOnce) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  ScriptedWorker again("one", "amd64", "s9");
  Sync(again);
  EXPECT_THAT(again.held, SizeIs(4));
  // The former process is told why it gets nothing.
  auto refused = one_.Begin(*engine_);
  EXPECT_EQ(refused.Get().status().code(),
            absl::StatusCode::kFailedPrecondition);
  again.FinishAll(release_.resolved);
  Sync(again);
  EXPECT_EQ(Done(), 4);
}

TEST_F(EngineLeaseTest, HandedBackTasksCostNothing) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  one_.request.set_draining(true);
  for (const auto& [id, lease] : std::map(one_.held)) {
    one_.AddResult(lease).set_returned(true);
  }
  EXPECT_THAT(Sync(one_).leases(), IsEmpty());
  EXPECT_THAT(Get().waiting(), ElementsAre(HasSubstr("worker one drains")));
  EXPECT_THAT(Sync(two_).leases(), SizeIs(4));
}

TEST_F(EngineLeaseTest, AfterTheCoordinatorsRestartLeasesAreAdopted) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  Restart();
  EXPECT_EQ(Running(), 4);
  // It comes back with a result and still holds the rest.
  one_.Finish(one_.held.begin()->second, release_.resolved);
  EXPECT_THAT(Sync(one_).leases(), SizeIs(3));
  EXPECT_EQ(Done(), 1);
  one_.FinishAll(release_.resolved);
  Sync(one_);
  EXPECT_EQ(Get().phase(), v1::LAYERS);
}

TEST_F(EngineLeaseTest, AfterTheCoordinatorsRestartOrphansWaitAndThenMove) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  Restart();
  auto parked = two_.Begin(*engine_);
  Advance(absl::Seconds(9));
  EXPECT_FALSE(parked.HasCome());
  Advance(absl::Seconds(1));
  two_.End(parked);
  EXPECT_THAT(two_.held, IsEmpty());
  Advance(absl::Seconds(20));
  Sync(two_);
  EXPECT_THAT(two_.held, SizeIs(4));
}

TEST_F(EngineLeaseTest, ATaskThatTakesForEverIsTakenAway) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  for (int i = 0; i < 3600 / 10 - 1; ++i) {
    auto parked = one_.Begin(*engine_);
    Advance(absl::Seconds(10));
    one_.End(parked);
  }
  EXPECT_THAT(one_.held, SizeIs(4));
  auto parked = one_.Begin(*engine_);
  Advance(absl::Seconds(10));
  EXPECT_THAT(one_.End(parked).leases(), IsEmpty());
  EXPECT_THAT(
      Log().events(),
      Contains(Property(
          &v1::Event::text,
          HasSubstr("worker one took longer than 1 h 0 min; tried again"))));
}

TEST_F(EngineLeaseTest, ALateResultOfAnotherLeaseEndsNothing) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  // A worker that knows the id of another's lease.
  Sync(two_);
  two_.held = one_.held;
  two_.FinishAll(release_.resolved);
  EXPECT_THAT(Sync(two_).acknowledged_lease_ids(), SizeIs(4));
  EXPECT_EQ(Done(), 0);
  EXPECT_EQ(Running(), 4);
}

}  // namespace
}  // namespace kso::coordinator
