// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/base/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"

// Workers are given tasks, told of changes, and listed.

namespace kso::coordinator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Property;
using ::testing::SizeIs;

class EngineWorkerTest : public TwoWorkersTest {};

TEST_F(EngineWorkerTest, ParksUntilThereIsWork) {
  auto parked = one_.Begin(*engine_);
  Workers();
  EXPECT_FALSE(parked.HasCome());
  ASSERT_TRUE(Submit().ok());
  // One file, one image, two bases.
  EXPECT_THAT(one_.End(parked).leases(), SizeIs(4));
  parked = one_.Begin(*engine_);
  Advance(absl::Seconds(10));
  EXPECT_THAT(one_.End(parked).leases(), SizeIs(4));
}

TEST_F(EngineWorkerTest, AWorkerWithoutWorkIsLeftAloneForLonger) {
  one_.caller.patience = absl::Seconds(60);
  auto parked = one_.Begin(*engine_);
  Advance(absl::Seconds(39));
  EXPECT_FALSE(parked.HasCome());
  ASSERT_TRUE(Submit().ok());
  EXPECT_THAT(one_.End(parked).leases(), SizeIs(4));
  // Its time to be heard of again begins with the answer.
  Advance(absl::Seconds(19));
  EXPECT_EQ(Workers().workers(0).state(), v1::WorkerStatus::READY);
  Advance(absl::Seconds(1));
  EXPECT_EQ(Workers().workers(0).state(), v1::WorkerStatus::LOST);
  EXPECT_EQ(Running(), 0);

  // One that holds something, or is not well, tells more often.
  two_.caller.patience = absl::Seconds(60);
  EXPECT_THAT(Sync(two_).leases(), SizeIs(4));
  parked = two_.Begin(*engine_);
  Advance(absl::Seconds(10));
  EXPECT_TRUE(parked.HasCome());
  ScriptedWorker full("full", "amd64", "s3");
  full.caller.patience = absl::Seconds(60);
  full.request.mutable_worker()->set_unhealthy_reason("disk full");
  parked = full.Begin(*engine_);
  Advance(absl::Seconds(10));
  EXPECT_TRUE(parked.HasCome());
}

TEST_F(EngineWorkerTest, ABuildShowsWhatItsWorkersDo) {
  ASSERT_TRUE(Submit().ok());
  Sync(two_);
  Advance(absl::Seconds(3));
  two_.report_of_each.set_activity("fetching a\x1b[31m");
  two_.report_of_each.set_host("dl.example.com");
  two_.report_of_each.set_bytes_fetched(int64_t{1} << 62);
  Sync(two_);
  Advance(absl::Seconds(2));

  const v1::Build build = Get();
  ASSERT_THAT(build.active(), SizeIs(two_.held.size()));
  const v1::ActiveTask& task = build.active(0);
  EXPECT_EQ(task.worker(), "two");
  EXPECT_EQ(task.phase(), v1::RESOLVE);
  EXPECT_THAT(task.activity(), HasSubstr("fetching a"));
  EXPECT_THAT(task.activity(), Not(HasSubstr("\x1b")));
  EXPECT_EQ(task.host(), "dl.example.com");
  // The sum of all that is shown stays far from the end of int64_t.
  EXPECT_LE(task.bytes_fetched(), int64_t{1} << 50);
  EXPECT_EQ(FromProto(task.reported()) - FromProto(task.started()),
            absl::Seconds(3));
  // A task that has ended has nothing that is worked on.
  ASSERT_TRUE(Cancel().ok());
  EXPECT_THAT(Get().active(), IsEmpty());
}

TEST_F(EngineWorkerTest, WhileSomebodyLooksWorkersTellMoreOften) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  auto parked = one_.Begin(*engine_);
  Advance(absl::Seconds(5));
  EXPECT_FALSE(parked.HasCome());
  Advance(absl::Seconds(5));
  one_.End(parked);
  Get();
  parked = one_.Begin(*engine_);
  Advance(absl::Seconds(2));
  EXPECT_TRUE(parked.HasCome());
  // Nobody has looked for a while.
  Advance(absl::Seconds(16));
  parked = one_.Begin(*engine_);
  Advance(absl::Seconds(5));
  EXPECT_FALSE(parked.HasCome());
}

TEST_F(EngineWorkerTest, ACallerThatHasGoneIsGivenNothing) {
  std::atomic<bool> gone = false;
  one_.caller = {.patience = absl::Seconds(60),
                 .gone = [&gone] { return gone.load(); }};
  auto parked = one_.Begin(*engine_);
  Workers();
  gone = true;
  ASSERT_TRUE(Submit().ok());
  EXPECT_EQ(Running(), 0);
  EXPECT_EQ(parked.Get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(Sync(two_).leases(), SizeIs(4));

  // Where there is no work, that it has gone is noticed all the same.
  gone = false;
  parked = one_.Begin(*engine_);
  Workers();
  gone = true;
  Advance(absl::Seconds(10));
  EXPECT_TRUE(parked.HasCome());
  Advance(absl::Seconds(20));
  EXPECT_EQ(Workers().workers(0).state(), v1::WorkerStatus::LOST);
}

TEST_F(EngineWorkerTest, LeasesInAnAnswerThatWasLostAreToldAgain) {
  auto cut = one_.Begin(*engine_);
  ASSERT_TRUE(Submit().ok());
  EXPECT_THAT(cut.Get()->leases(), SizeIs(4));
  // The worker cut the call just then, to say that it wants nothing.
  one_.request.mutable_worker()->set_unhealthy_reason("disk full");
  EXPECT_THAT(Sync(one_).leases(), SizeIs(4));
  for (const auto& [id, lease] : std::map(one_.held)) {
    one_.AddResult(lease).mutable_failure()->set_kind(
        v1::Failure::INFRASTRUCTURE);
  }
  // The tasks that it cannot do go to another worker.
  EXPECT_THAT(Sync(one_).leases(), IsEmpty());
  Advance(absl::Minutes(1));
  EXPECT_THAT(Sync(two_).leases(), SizeIs(4));
}

TEST_F(EngineWorkerTest, GivesNoMoreThanThereAreFreeSlots) {
  ScriptedWorker small("small", "amd64", "s1", 1);
  ASSERT_TRUE(Submit().ok());
  EXPECT_THAT(Sync(small).leases(), SizeIs(1));
  EXPECT_THAT(Get().waiting(),
              ElementsAre("3 tasks wait for a free slot; in use: 1 by this "
                          "build"));
  // Its reply was lost: it is told again, and given nothing more.
  small.held.clear();
  EXPECT_THAT(Sync(small).leases(), SizeIs(1));
  EXPECT_EQ(Running(), 1);
}

TEST_F(EngineWorkerTest, FreeSlotsAreFilledBesideTheTasksThatAreHeld) {
  for (const char* name : {"b", "c", "d", "e"}) {
    release_.AddFile(std::string("https://dl.example.com/") + name, {"amd64"});
  }
  ScriptedWorker four("four", "amd64", "s1", 4);
  ASSERT_TRUE(Submit().ok());
  EXPECT_THAT(Sync(four).leases(), SizeIs(4));
  for (int i = 0; i < 2; ++i) {
    four.Finish(four.held.begin()->second, release_.resolved);
  }
  ASSERT_THAT(four.held, SizeIs(2));
  EXPECT_THAT(Sync(four).leases(), SizeIs(4));
  EXPECT_EQ(Running(), 4);
  // A coordinator that was started again knows what the worker still holds.
  four.Finish(four.held.begin()->second, release_.resolved);
  Restart();
  EXPECT_THAT(Sync(four).leases(), SizeIs(4));
  EXPECT_EQ(Running(), 4);
}

TEST_F(EngineWorkerTest, ACallThatWasOvertakenIsRefusedAndTheLaterOneStays) {
  one_.request.set_sequence(4);
  auto later = one_.Begin(*engine_);
  one_.request.set_sequence(3);
  auto overtaken = one_.Begin(*engine_);
  Settle();
  ASSERT_TRUE(overtaken.HasCome());
  EXPECT_EQ(overtaken.Get().status().code(), absl::StatusCode::kAborted);
  EXPECT_FALSE(later.HasCome());
  ASSERT_TRUE(Submit().ok());
  EXPECT_THAT(one_.End(later).leases(), SizeIs(4));
  // Nor does what it says of results count.
  one_.request.set_sequence(2);
  one_.FinishAll(release_.resolved);
  EXPECT_FALSE(one_.Begin(*engine_).Get().ok());
  EXPECT_EQ(Done(), 0);
}

TEST_F(EngineWorkerTest, TheSameCallOnceMoreTakesThePlaceOfTheFormer) {
  one_.request.set_sequence(4);
  auto former = one_.Begin(*engine_);
  one_.request.set_sequence(4);
  auto again = one_.Begin(*engine_);
  Settle();
  EXPECT_TRUE(former.HasCome());
  EXPECT_FALSE(again.HasCome());
  ASSERT_TRUE(Submit().ok());
  EXPECT_THAT(one_.End(again).leases(), SizeIs(4));
}

TEST_F(EngineWorkerTest, AWorkerHasANameAndASessionThatCanBeShown) {
  struct Case {
    std::string name;
    std::string session;
    bool good;
  };
  const std::string longest(255, 'x');
  for (const Case& one :
       {Case{"w", "s", true}, Case{longest, "s", true},
        Case{"w1", longest, true}, Case{"", "s", false}, Case{"w", "", false},
        Case{longest + "x", "s", false}, Case{"w2", longest + "x", false},
        Case{"a\nb", "s", false}, Case{"w3", "a\x1b", false}}) {
    ScriptedWorker worker(one.name, "amd64", one.session);
    auto answer = worker.Begin(*engine_);
    Settle();
    ASSERT_EQ(answer.HasCome(), !one.good) << one.name << " " << one.session;
    if (one.good) continue;
    EXPECT_TRUE(absl::IsInvalidArgument(answer.Get().status()));
  }
  EXPECT_THAT(Workers().workers(), SizeIs(3));
}

TEST_F(EngineWorkerTest, AFormerProcessComesBackWhereTheLaterOneIsLost) {
  Sync(one_);
  ScriptedWorker again("one", "amd64", "s9");
  ASSERT_TRUE(Submit().ok());
  EXPECT_THAT(Sync(again).leases(), SizeIs(4));
  Advance(absl::Seconds(29));
  EXPECT_TRUE(absl::IsFailedPrecondition(one_.Begin(*engine_).Get().status()));
  Advance(absl::Seconds(1));
  EXPECT_THAT(Sync(one_).leases(), SizeIs(4));
}

TEST_F(EngineWorkerTest, ALeaseSaysItsTryAndHowLongItLasts) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  const v1::Lease first = one_.held.begin()->second;
  EXPECT_EQ(first.attempt(), 1);
  EXPECT_EQ(FromProto(first.deadline()),
            clock_.Now() + options_.lease_duration);
  v1::LeaseResult& result = one_.AddResult(first);
  result.mutable_failure()->set_kind(v1::Failure::TRANSIENT);
  result.mutable_failure()->set_reason("503");
  Sync(one_);
  auto parked = one_.Begin(*engine_);
  Advance(absl::Seconds(1));
  const v1::SyncResponse response = one_.End(parked);
  std::vector<int> attempts;
  for (const v1::Lease& lease : response.leases()) {
    if (lease.has_task()) attempts.push_back(lease.attempt());
  }
  EXPECT_THAT(attempts, ElementsAre(2));
}

TEST_F(EngineWorkerTest, AWorkerThatIsToldNothingNewIsGivenTime) {
  ASSERT_TRUE(Submit().ok());
  EXPECT_EQ(FromProto(Sync(one_).next_sync()), absl::ZeroDuration());
  // It does not take up what it was told.
  one_.held.clear();
  const v1::SyncResponse again = Sync(one_);
  EXPECT_THAT(again.leases(), SizeIs(4));
  EXPECT_EQ(FromProto(again.next_sync()), absl::Seconds(1));
  // A result that is acknowledged is new.
  const v1::Lease lease = one_.held.begin()->second;
  one_.Finish(lease, release_.resolved);
  EXPECT_EQ(FromProto(Sync(one_).next_sync()), absl::ZeroDuration());
  // Nor has it to wait where a call ends by its time.
  auto parked = one_.Begin(*engine_);
  Advance(absl::Seconds(10));
  EXPECT_EQ(FromProto(one_.End(parked).next_sync()), absl::ZeroDuration());
}

TEST_F(EngineWorkerTest,
       ATaskOfWhichTheWorkerDoesNotSayHowItEndedIsTriedAgain) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  one_.AddResult(one_.held.begin()->second);
  const v1::SyncResponse response = Sync(one_);
  EXPECT_THAT(response.acknowledged_lease_ids(), SizeIs(1));
  const v1::WatchBuildResponse log = Log();
  EXPECT_THAT(log.events(),
              Contains(Property(
                  &v1::Event::text,
                  HasSubstr("the worker did not say how the task ended"))));
}

TEST_F(EngineWorkerTest, AWorkerIsListedWithWhatItHasDoneAndDoes) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  const absl::Time began = clock_.Now();
  one_.Finish(one_.held.begin()->second, release_.resolved);
  one_.report_of_each.set_activity("fetching a");
  one_.report_of_each.set_bytes_done(-5);
  one_.report_of_each.set_bytes_fetched(7);
  one_.report_of_each.set_bytes_pushed(std::numeric_limits<int64_t>::max());
  Sync(one_);
  Advance(absl::Seconds(2));
  v1::WorkerStatus status = Workers().workers(0);
  EXPECT_EQ(status.info().name(), "one");
  EXPECT_EQ(status.state(), v1::WorkerStatus::READY);
  EXPECT_EQ(status.tasks_done(), 1);
  EXPECT_EQ(FromProto(status.last_seen()), began);
  ASSERT_THAT(status.leases(), SizeIs(3));
  EXPECT_EQ(status.leases(0).activity(), "fetching a");
  EXPECT_EQ(status.leases(0).bytes_done(), 0);
  EXPECT_EQ(status.leases(0).bytes_fetched(), 7);
  EXPECT_EQ(status.leases(0).bytes_pushed(), int64_t{1} << 50);
  // While its call is parked, it is there.
  auto parked = one_.Begin(*engine_);
  Advance(absl::Seconds(3));
  EXPECT_EQ(FromProto(Workers().workers(0).last_seen()), clock_.Now());
  // A failure is nothing that it has done.
  one_.AddResult(one_.held.begin()->second).mutable_failure();
  Sync(one_);
  EXPECT_EQ(Workers().workers(0).tasks_done(), 1);
}

TEST_F(EngineWorkerTest, OfManyLeasesThatAWorkerClaimsSomeAreShown) {
  for (int i = 0; i < 2000; ++i) {
    one_.held[absl::StrCat("lease-", i)].set_lease_id(absl::StrCat(i));
  }
  // None of them is one of this farm's.
  EXPECT_THAT(Sync(one_).leases(), IsEmpty());
  EXPECT_THAT(Workers().workers(0).leases(), SizeIs(1024));
}

TEST_F(EngineWorkerTest, AWorkerThatIsLostForLongIsForgotten) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  ASSERT_TRUE(Drain("one").ok());
  Advance(absl::Seconds(30));
  EXPECT_EQ(Workers().workers(0).state(), v1::WorkerStatus::LOST);
  EXPECT_THAT(Workers().workers(0).leases(), IsEmpty());
  Advance(options_.forget_worker_after - absl::Seconds(30) -
          absl::Milliseconds(1));
  EXPECT_THAT(Workers().workers(), SizeIs(1));
  Advance(absl::Milliseconds(1));
  EXPECT_THAT(Workers().workers(), IsEmpty());
  EXPECT_EQ(Drain("one").code(), absl::StatusCode::kNotFound);
  // The order to drain is forgotten with it, for good.
  Restart();
  EXPECT_THAT(Sync(one_).leases(), SizeIs(4));
}

TEST_F(EngineWorkerTest, WhyAWorkerIsGivenNothingIsSaidInOrder) {
  Sync(one_);
  const auto shown = [&] {
    Sync(one_);
    const v1::WorkerStatus status = Workers().workers(0);
    return absl::StrCat(v1::WorkerStatus::State_Name(status.state()), " ",
                        status.info().unhealthy_reason());
  };
  EXPECT_EQ(shown(), "READY ");
  one_.request.set_draining(true);
  EXPECT_EQ(shown(), "DRAINING ");
  one_.request.mutable_worker()->set_unhealthy_reason("disk full");
  EXPECT_EQ(shown(), "UNHEALTHY disk full");
  one_.request.mutable_worker()->clear_unhealthy_reason();
  one_.request.set_draining(false);
  EXPECT_EQ(shown(), "READY ");
  ASSERT_TRUE(Drain("one").ok());
  EXPECT_EQ(shown(), "DRAINING ");
}

TEST_F(EngineWorkerTest, TheSessionsOfANameAreRememberedWithinBounds) {
  const auto call = [this](int session) {
    ScriptedWorker worker("two", "amd64", absl::StrCat("session-", session));
    Answer<v1::SyncResponse> answer = worker.Begin(*engine_);
    Settle();
    return answer.HasCome() ? answer.Get().status() : absl::OkStatus();
  };
  for (int session = 0; session < 20; ++session) {
    EXPECT_TRUE(call(session).ok()) << session;
  }
  // One that took over lately does not do so in turn.
  EXPECT_TRUE(absl::IsFailedPrecondition(call(18)));
  EXPECT_TRUE(absl::IsFailedPrecondition(call(4)));
  // A worker that says another session each time takes no more memory for it.
  EXPECT_TRUE(call(0).ok());
}

TEST_F(EngineWorkerTest, AResultIsAcknowledgedAndMakesRoom) {
  ScriptedWorker small("small", "amd64", "s1", 1);
  ASSERT_TRUE(Submit().ok());
  Sync(small);
  const std::string lease = small.held.begin()->first;
  small.FinishAll(release_.resolved);
  const v1::SyncResponse response = Sync(small);
  EXPECT_THAT(response.acknowledged_lease_ids(), ElementsAre(lease));
  EXPECT_THAT(response.leases(), SizeIs(1));
  EXPECT_EQ(Done(), 1);
}

TEST_F(EngineWorkerTest, ATransientFailureWaitsAsLongAsUpstreamAsks) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  v1::Failure* failure =
      one_.AddResult(one_.held.begin()->second).mutable_failure();
  failure->set_kind(v1::Failure::TRANSIENT);
  failure->set_reason("429 Too Many Requests");
  failure->mutable_retry_after()->set_seconds(7);
  EXPECT_THAT(Sync(one_).leases(), SizeIs(3));
  EXPECT_THAT(Get().waiting(),
              ElementsAre(HasSubstr("in 7.0 s: 429 Too Many Requests")));
  auto parked = one_.Begin(*engine_);
  Advance(absl::Seconds(7));
  EXPECT_THAT(one_.End(parked).leases(), SizeIs(4));
}

TEST_F(EngineWorkerTest, AReplayGivesTheSameBuild) {
  RunToVerify({&one_});
  Sync(one_);
  const v1::WatchBuildResponse before = Log();
  Restart();
  const v1::WatchBuildResponse after = Log();
  ASSERT_EQ(before.events_size(), after.events_size());
  for (int i = 0; i < before.events_size(); ++i) {
    EXPECT_EQ(before.events(i).DebugString(), after.events(i).DebugString());
  }
  EXPECT_EQ(before.build().phase(), after.build().phase());
}

TEST_F(EngineWorkerTest, AnActionIsAskedForAgainAfterARestart) {
  RunToAssemble({&one_});
  Restart();
  // The answer to the engine that is gone goes nowhere.
  AssembleOutcome outcome;
  outcome.verify_tasks = {VerifyTask("amd64")};
  actions_.EndAssemble(outcome);
  EXPECT_EQ(Get().phase(), v1::ASSEMBLE);
  actions_.EndAssemble(outcome);
  EXPECT_EQ(Get().phase(), v1::VERIFY);
}

TEST_F(EngineWorkerTest, AFailingWorkerIsLeftAloneForAWhile) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  int failures = 0;
  for (const auto& [id, lease] : std::map(one_.held)) {
    if (++failures > 3) break;
    v1::Failure* failure = one_.AddResult(lease).mutable_failure();
    failure->set_kind(v1::Failure::INFRASTRUCTURE);
    failure->set_reason("disk error");
  }
  Sync(one_);
  const v1::ListWorkersResponse workers = Workers();
  EXPECT_EQ(workers.workers(0).state(), v1::WorkerStatus::UNHEALTHY);
  EXPECT_EQ(workers.workers(0).info().unhealthy_reason(),
            "3 tasks in a row failed on it; it is tried again in 30 s");
  Advance(absl::Seconds(20));
  Sync(one_);
  EXPECT_THAT(one_.held, SizeIs(1));
  auto parked = one_.Begin(*engine_);
  Advance(absl::Seconds(10));
  EXPECT_THAT(one_.End(parked).leases(), SizeIs(4));
}

// Tasks that fail or succeed on worker one, one after the other.
class FailingWorkerTest : public EngineWorkerTest {
 protected:
  FailingWorkerTest() {
    for (int i = 0; i < 20; ++i) {
      release_.AddFile("https://dl.example.com/more" + std::to_string(i),
                       {"amd64"});
    }
  }

  v1::Lease Next() {
    if (one_.held.empty()) Sync(one_);
    EXPECT_THAT(one_.held, Not(IsEmpty()));
    return one_.held.empty() ? v1::Lease() : one_.held.begin()->second;
  }
  void Fail(v1::Failure::Kind kind = v1::Failure::INFRASTRUCTURE) {
    v1::Failure* failure = one_.AddResult(Next()).mutable_failure();
    failure->set_kind(kind);
    failure->set_reason("disk error");
    Sync(one_);
  }
  void Succeed() {
    one_.Finish(Next(), release_.resolved);
    Sync(one_);
  }
  v1::WorkerStatus::State StateOfOne() { return Workers().workers(0).state(); }
  // How long it is given nothing, in steps of ten seconds.
  absl::Duration UntilReady() {
    absl::Duration waited;
    while (StateOfOne() != v1::WorkerStatus::READY && waited < absl::Hours(1)) {
      Advance(absl::Seconds(10));
      waited += absl::Seconds(10);
      Sync(one_);
    }
    return waited;
  }
};

TEST_F(FailingWorkerTest, ASuccessEndsTheRowOfFailures) {
  ASSERT_TRUE(Submit().ok());
  Fail();
  Fail();
  Succeed();
  Fail();
  Fail();
  EXPECT_EQ(StateOfOne(), v1::WorkerStatus::READY);
  Fail();
  EXPECT_EQ(StateOfOne(), v1::WorkerStatus::UNHEALTHY);
}

TEST_F(FailingWorkerTest, WhatFailsForUpstreamsSakeIsNotTheWorkersFault) {
  ASSERT_TRUE(Submit().ok());
  for (int i = 0; i < 4; ++i) Fail(v1::Failure::TRANSIENT);
  EXPECT_EQ(StateOfOne(), v1::WorkerStatus::READY);
}

TEST_F(FailingWorkerTest, ItIsLeftAloneForTwiceAsLongUntilItSucceeds) {
  ASSERT_TRUE(Submit().ok());
  for (int i = 0; i < 3; ++i) Fail();
  EXPECT_EQ(UntilReady(), absl::Seconds(30));
  for (int i = 0; i < 3; ++i) Fail();
  EXPECT_EQ(UntilReady(), absl::Seconds(60));
  Succeed();
  for (int i = 0; i < 3; ++i) Fail();
  EXPECT_EQ(UntilReady(), absl::Seconds(30));
}

TEST_F(EngineWorkerTest, ADrainedWorkerGetsNothing) {
  one_.request.set_draining(false);
  auto parked = one_.Begin(*engine_);
  EXPECT_TRUE(Drain("one").ok());
  ASSERT_TRUE(Submit().ok());
  EXPECT_EQ(Running(), 0);
  EXPECT_EQ(Drain("nobody").code(), absl::StatusCode::kNotFound);
}

TEST_F(EngineWorkerTest, AWorkerStartedAnewAfterADrainKeepsItsLeases) {
  Sync(one_);
  ASSERT_TRUE(Drain("one").ok());
  one_.request.set_session("another");
  ASSERT_TRUE(Submit().ok());
  ASSERT_THAT(Sync(one_).leases(), SizeIs(4));
  const std::map<std::string, v1::Lease> before = one_.held;
  // The order was for the former session, and the coordinator does not come
  // back to it when it is itself started again.
  Restart();
  Sync(one_);
  ASSERT_THAT(one_.held, SizeIs(4));
  for (const auto& [id, lease] : one_.held) EXPECT_TRUE(before.contains(id));
  EXPECT_EQ(Workers().workers(0).state(), v1::WorkerStatus::READY);
}

TEST_F(EngineWorkerTest, AnOrderToDrainSurvivesARestartAndEndsWithTheWorker) {
  Sync(one_);
  ASSERT_TRUE(Drain("one").ok());
  Restart();
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  EXPECT_EQ(Running(), 0);
  Restart();
  // Started anew, it is a worker like any other.
  one_.request.set_session("another");
  EXPECT_THAT(Sync(one_).leases(), SizeIs(4));
  Restart();
  Sync(one_);
  EXPECT_EQ(Running(), 4);
}

TEST_F(EngineWorkerTest, AWorkerOfAnotherTimeIsToldWhichOneToUpgrade) {
  one_.request.set_protocol(99);
  const absl::Status status = one_.Begin(*engine_).Get().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_NE(std::string(status.message()).find("upgrade the coordinator"),
            std::string::npos);
  EXPECT_THAT(Workers().workers(), IsEmpty());
  // Before there was a number.
  one_.request.set_protocol(0);
  ASSERT_TRUE(Submit().ok());
  EXPECT_GT(Sync(one_).protocol(), 0);
}

TEST_F(EngineWorkerTest, AWorkerThatHasDrainedDoesNotWait) {
  one_.request.set_draining(true);
  // Time stands still: this would not return if it were parked.
  EXPECT_THAT(Sync(one_).leases(), IsEmpty());
}

class BrokenStore : public StateStore {
 public:
  absl::Status Commit(absl::Span<const v1::JournalRecord> records) override {
    return records.empty() ? absl::OkStatus()
                           : absl::UnavailableError("disk full");
  }
  absl::Status Replay(
      const std::function<absl::Status(const v1::JournalRecord&)>&) override {
    return absl::OkStatus();
  }
};

TEST_F(EngineWorkerTest, NothingIsAnsweredThatIsNotDurable) {
  absl::Notification died;
  options_.fatal = [&died](const absl::Status& status) {
    EXPECT_EQ(std::string(status.message()), "disk full");
    died.Notify();
  };
  // The running engine still writes to the store that it has.
  engine_.reset();
  store_ = std::make_unique<BrokenStore>();
  Restart();
  v1::SubmitBuildRequest request;
  request.set_build_id("b1");
  *request.mutable_release() = release_.release;
  Answer<v1::Build> answer;
  engine_->SubmitBuild(request, answer.Done());
  died.WaitForNotification();
  engine_.reset();
  EXPECT_FALSE(answer.HasCome());
}

TEST_F(EngineWorkerTest, WhatAHostWantsHoldsForTheWholeFarm) {
  v1::HostReport* report = one_.request.mutable_worker()->add_hosts();
  report->set_host("registry-1.docker.io");
  report->set_refusals(1);
  report->mutable_retry_after()->set_seconds(60);
  Sync(one_);
  one_.request.mutable_worker()->clear_hosts();
  ASSERT_TRUE(Submit().ok());
  // Another worker that has heard nothing gets only what is elsewhere.
  const v1::SyncResponse given = Sync(two_);
  for (const v1::Lease& lease : given.leases()) {
    EXPECT_THAT(lease.task().name(), Not(HasSubstr("docker.io")));
  }
  const int held_back = 4 - Running();
  ASSERT_GT(held_back, 0);
  EXPECT_THAT(Get().waiting(),
              Contains(HasSubstr("registry-1.docker.io wants no request for")));
  ASSERT_THAT(Get().hosts(), SizeIs(1));
  EXPECT_EQ(Get().hosts(0).tasks_waiting(), held_back);
  EXPECT_THAT(Workers().hosts(), SizeIs(1));

  // Nobody has to call for the time to pass.
  Sync(two_);
  Advance(absl::Seconds(60));
  Sync(two_);
  EXPECT_GT(Running(), 4 - held_back);
  EXPECT_THAT(Get().hosts(0).words(), HasSubstr("at most 1 task at a time"));
}

TEST_F(TwoWorkersTest, AResultThatDoesNotFitItsTaskFailsTheTaskAndNotTheCall) {
  options_.retry.infrastructure_budget = 0;
  Restart();
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  ASSERT_FALSE(one_.held.empty());
  const v1::Lease lease = one_.held.begin()->second;
  one_.AddResult(lease).mutable_result()->mutable_resolved_file()->set_url(
      "https://elsewhere.example.com/");
  const v1::SyncResponse response = Sync(one_);
  ASSERT_THAT(response.acknowledged_lease_ids(), SizeIs(1));
  bool told = false;
  const v1::WatchBuildResponse log = Log();
  for (const v1::Event& event : log.events()) {
    told |= event.text().find("the worker's result does not fit its task") !=
            std::string::npos;
  }
  EXPECT_TRUE(told);
}

TEST_F(TwoWorkersTest, AWorkerIsGivenNoMoreThanItsSlotsHold) {
  for (int i = 0; i < 50; ++i) {
    release_.AddFile("https://dl.example.com/more/" + std::to_string(i),
                     {"amd64"});
  }
  ASSERT_TRUE(Submit().ok());
  one_.request.mutable_worker()->set_slots(4);
  Sync(one_);
  EXPECT_THAT(one_.held, SizeIs(4));
}

TEST_F(TwoWorkersTest, TheTasksOfLeasesThatAreHeldAreNotToldAgain) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  const size_t held = one_.held.size();
  ASSERT_GT(held, 1u);
  one_.Finish(one_.held.begin()->second, release_.resolved);
  const v1::SyncResponse response = Sync(one_);
  EXPECT_THAT(response.leases(), SizeIs(held - 1));
  for (const v1::Lease& lease : response.leases()) {
    EXPECT_FALSE(lease.has_task());
  }
}

}  // namespace
}  // namespace kso::coordinator
