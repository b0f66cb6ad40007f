// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string>
#include <vector>

#include "common/bytes/digest.h"
#include "coordinator/core/base/phases.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"
#include "tests/fakes/made_layer.h"

// Workers that pack other content than they say, and workers that an operator
// does not trust.

namespace kso::coordinator {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

MATCHER(IsReused, "") { return arg.reused(); }

class EngineTrustTest : public TwoWorkersTest {
 protected:
  absl::StatusOr<v1::DistrustWorkerResponse> Distrust(const std::string& name) {
    v1::DistrustWorkerRequest request;
    request.set_name(name);
    request.set_reason("it was broken into");
    Answer<v1::DistrustWorkerResponse> answer;
    engine_->DistrustWorker(request, answer.Done());
    return answer.Get();
  }
  absl::Status Trust(const std::string& name) {
    v1::TrustWorkerRequest request;
    request.set_name(name);
    Answer<v1::TrustWorkerResponse> answer;
    engine_->TrustWorker(request, answer.Done());
    return answer.Get().status();
  }
  v1::WorkerStatus StatusOf(const std::string& name) {
    const v1::ListWorkersResponse workers = Workers();
    for (const v1::WorkerStatus& worker : workers.workers()) {
      if (worker.info().name() == name) return worker;
    }
    return {};
  }
  // Worker "two" is there, without room for a task.
  void TwoIsBusy() {
    ScriptedWorker busy("two", "amd64", "s2", /*slots=*/0);
    Sync(busy);
  }
  // Lets the workers do what there is, up to ASSEMBLE.
  void RunOn(const std::vector<ScriptedWorker*>& workers,
             const std::string& id) {
    while (ComesAfter(v1::ASSEMBLE, Get(id).phase())) {
      for (ScriptedWorker* worker : workers) {
        Sync(*worker);
        worker->FinishAll(release_.resolved);
        Sync(*worker);
      }
    }
  }
  // Submits a build whose layers "one" makes, and "two" makes otherwise.
  void MakeDifferently() {
    release_.release.set_cross_check(true);
    ASSERT_TRUE(Submit().ok());
    for (int i = 0; i < 10; ++i) {
      Sync(one_);
      one_.FinishAll(release_.resolved);
      Sync(one_);
    }
    Sync(two_);
    ASSERT_THAT(two_.held, Not(IsEmpty()));
    for (const auto& [id, lease] : std::map(two_.held)) {
      v1::MadeLayer made = kso::testing::MadeOf(lease.task());
      made.mutable_layer()->set_digest(Sha256Of("other").ToString());
      *two_.AddResult(lease).mutable_result()->mutable_made_layer() = made;
    }
    Sync(two_);
  }
  // Lets `maker` do all up to VERIFY, and notes a layer that it made.
  void MadeBy(ScriptedWorker& maker) {
    ASSERT_TRUE(Submit().ok());
    while (ComesAfter(v1::ASSEMBLE, Get().phase())) {
      Sync(maker);
      for (const auto& [id, lease] : maker.held) {
        if (!lease.task().has_make_layer()) continue;
        layer_ = kso::testing::MadeOf(lease.task()).layer().digest();
      }
      maker.FinishAll(release_.resolved);
      Sync(maker);
    }
    AssembleWell();
    Settle();
  }
  // `worker` says of all verifications that it holds that the layer is wrong.
  void Accuse(ScriptedWorker& worker) {
    for (const auto& [id, lease] : std::map(worker.held)) {
      v1::Failure& failure = *worker.AddResult(lease).mutable_failure();
      failure.set_kind(v1::Failure::PERMANENT);
      failure.set_reason("GET /k8s/a gives other bytes");
      failure.add_wrong_layers(layer_);
    }
    Sync(worker);
  }

  std::string layer_;
};

TEST_F(EngineTrustTest, AnotherWorkerVerifiesWhereThereIsOne) {
  TwoIsBusy();
  MadeBy(one_);
  Sync(one_);
  EXPECT_THAT(one_.held, IsEmpty());
  Sync(two_);
  EXPECT_THAT(two_.held, SizeIs(1));
}

TEST_F(EngineTrustTest, WhereThereIsNoOtherTheMakerVerifies) {
  MadeBy(one_);
  Sync(one_);
  EXPECT_THAT(one_.held, SizeIs(1));
}

TEST_F(EngineTrustTest, AWorkerThatFailedIsNotWaitedFor) {
  TwoIsBusy();
  MadeBy(one_);
  Sync(two_);
  ASSERT_THAT(two_.held, SizeIs(1));
  v1::Failure& failure =
      *two_.AddResult(two_.held.begin()->second).mutable_failure();
  failure.set_kind(v1::Failure::INFRASTRUCTURE);
  failure.set_reason("no runc");
  Sync(two_);
  Advance(absl::Seconds(5));
  Sync(one_);
  EXPECT_THAT(one_.held, SizeIs(1));
}

TEST_F(EngineTrustTest, ALieFailsTheBuildAndEndsTheTrustInItsMaker) {
  TwoIsBusy();
  MadeBy(one_);
  Sync(two_);
  ASSERT_THAT(two_.held, SizeIs(1));
  // There is nobody else but the maker, whose word on its own work is none.
  Accuse(two_);

  EXPECT_EQ(StatusOf("one").state(), v1::WorkerStatus::UNHEALTHY);
  EXPECT_THAT(StatusOf("one").info().unhealthy_reason(),
              HasSubstr("not trusted"));
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::FAILED);
  ASSERT_THAT(build.failures(), Not(IsEmpty()));
  EXPECT_THAT(build.failures(0).reason(), HasSubstr("packed by one"));
  EXPECT_THAT(build.failures(0).advice(), HasSubstr("ksoctl retry b1"));

  // Its layers are made again by others, also after a restart.
  Restart();
  ASSERT_TRUE(Retry().ok());
  Sync(one_);
  EXPECT_THAT(one_.held, IsEmpty());
  Sync(two_);
  EXPECT_THAT(two_.held, Not(IsEmpty()));
  RunOn({&two_}, "b1");
  EXPECT_EQ(Get().phase(), v1::ASSEMBLE);
}

TEST_F(EngineTrustTest, AMakerIsNotAskedWhetherItsOwnLayersAreRight) {
  TwoIsBusy();
  ScriptedWorker idle("three", "amd64", "s3", /*slots=*/0);
  Sync(idle);
  MadeBy(one_);
  Sync(two_);
  ASSERT_THAT(two_.held, SizeIs(1));
  Accuse(two_);
  Advance(absl::Seconds(5));
  EXPECT_EQ(StatusOf("one").state(), v1::WorkerStatus::READY);
  // Neither it nor its accuser, also after a restart of the coordinator.
  Restart();
  Sync(idle);
  for (ScriptedWorker* worker : {&one_, &two_}) {
    Sync(*worker);
    EXPECT_THAT(worker->held, IsEmpty());
  }
}

TEST_F(EngineTrustTest, TheSecondWordOfTheSameWorkerIsNoOther) {
  ScriptedWorker three("three", "amd64", "s3");
  TwoIsBusy();
  ScriptedWorker idle("three", "amd64", "s3", /*slots=*/0);
  Sync(idle);
  MadeBy(one_);
  Sync(two_);
  ASSERT_THAT(two_.held, SizeIs(1));
  Accuse(two_);
  Advance(absl::Seconds(5));
  Sync(three);
  ASSERT_THAT(three.held, SizeIs(1));
  v1::Failure& failure =
      *three.AddResult(three.held.begin()->second).mutable_failure();
  failure.set_kind(v1::Failure::INFRASTRUCTURE);
  failure.set_reason("no runc");
  Sync(three);
  Advance(absl::Seconds(3));
  Sync(two_);
  ASSERT_THAT(two_.held, SizeIs(1));
  Accuse(two_);
  EXPECT_EQ(StatusOf("one").state(), v1::WorkerStatus::READY);
  EXPECT_EQ(Get().state(), v1::Build::RUNNING);
  // Another one's is.
  Advance(absl::Seconds(5));
  Sync(three);
  ASSERT_THAT(three.held, SizeIs(1));
  Accuse(three);
  EXPECT_EQ(StatusOf("one").state(), v1::WorkerStatus::UNHEALTHY);
  EXPECT_EQ(Get().state(), v1::Build::FAILED);
}

TEST_F(EngineTrustTest, WhoAccusesAllOthersIsNotBelieved) {
  ScriptedWorker three("three", "amd64", "s3");
  ASSERT_TRUE(Submit().ok());
  // "one" and "two" make layers at the same time.
  ScriptedWorker one("one", "amd64", "s1", /*slots=*/1);
  ScriptedWorker two("two", "amd64", "s2", /*slots=*/1);
  std::vector<std::string> layers;
  while (ComesAfter(v1::ASSEMBLE, Get().phase())) {
    Sync(one);
    Sync(two);
    for (ScriptedWorker* worker : {&one, &two}) {
      for (const auto& [id, lease] : worker->held) {
        if (!lease.task().has_make_layer()) continue;
        layers.push_back(kso::testing::MadeOf(lease.task()).layer().digest());
      }
      worker->FinishAll(release_.resolved);
      Sync(*worker);
    }
  }
  ASSERT_GE(layers.size(), 2);
  AssembleWell();
  Settle();
  Sync(three);
  ASSERT_THAT(three.held, SizeIs(1));
  v1::Failure& failure =
      *three.AddResult(three.held.begin()->second).mutable_failure();
  failure.set_reason("GET /k8s/a gives other bytes");
  for (const std::string& layer : layers) failure.add_wrong_layers(layer);
  Sync(three);
  EXPECT_EQ(StatusOf("one").state(), v1::WorkerStatus::READY);
  EXPECT_EQ(StatusOf("two").state(), v1::WorkerStatus::READY);
  // There is no tag either: somebody lies.
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::FAILED);
  ASSERT_THAT(build.failures(), Not(IsEmpty()));
  EXPECT_THAT(build.failures(0).reason(), HasSubstr("by the word of three"));
}

TEST_F(EngineTrustTest, NobodyIsBlamedForAWordThatAnotherDoesNotConfirm) {
  ScriptedWorker three("three", "amd64", "s3");
  TwoIsBusy();
  ScriptedWorker idle("three", "amd64", "s3", /*slots=*/0);
  Sync(idle);
  MadeBy(one_);
  Sync(two_);
  ASSERT_THAT(two_.held, SizeIs(1));
  Accuse(two_);
  Advance(absl::Seconds(5));
  Sync(three);
  ASSERT_THAT(three.held, SizeIs(1));
  three.FinishAll(release_.resolved);
  Sync(three);
  EXPECT_EQ(StatusOf("one").state(), v1::WorkerStatus::READY);
  EXPECT_EQ(Get().state(), v1::Build::RUNNING);
}

TEST_F(EngineTrustTest, TwoWorkersMakeEachLayerWhereTheReleaseAsksForIt) {
  release_.release.set_cross_check(true);
  ASSERT_TRUE(Submit().ok());
  for (int i = 0; i < 10; ++i) {
    Sync(one_);
    one_.FinishAll(release_.resolved);
    Sync(one_);
  }
  // One worker alone gets as far as it can, and it is said what is missing.
  EXPECT_EQ(Get().phase(), v1::LAYERS);
  EXPECT_THAT(Get().waiting(),
              Contains(HasSubstr("crossCheck needs another worker than one")));
  RunOn({&two_}, "b1");
  EXPECT_EQ(Get().phase(), v1::ASSEMBLE);
}

TEST_F(EngineTrustTest, ALayerThatWorkersMakeDifferentlyFailsTheBuild) {
  MakeDifferently();
  while (Get().state() == v1::Build::RUNNING) {
    Sync(two_);
    two_.FinishAll(release_.resolved);
    Sync(two_);
  }
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::FAILED);
  ASSERT_THAT(build.failures(), Not(IsEmpty()));
  EXPECT_THAT(build.failures(0).reason(),
              HasSubstr("workers made it differently: one"));
  // Neither is blamed for it, and both make it anew.
  EXPECT_EQ(StatusOf("one").state(), v1::WorkerStatus::READY);
  EXPECT_EQ(StatusOf("two").state(), v1::WorkerStatus::READY);
  ASSERT_TRUE(Retry().ok());
  RunOn({&one_, &two_}, "b1");
  EXPECT_EQ(Get().phase(), v1::ASSEMBLE);
}

TEST_F(EngineTrustTest, ABuildThatWaitsForAThirdOpinionMayBeTakenUpAgain) {
  // It is ready, and has no slot for now.
  ScriptedWorker three("three", "amd64", "s3", /*slots=*/0);
  Sync(three);
  MakeDifferently();
  ASSERT_EQ(Get().state(), v1::Build::RUNNING);
  ASSERT_TRUE(Cancel().ok());
  ASSERT_TRUE(Retry().ok());
  ScriptedWorker free("three", "amd64", "s4");
  RunOn({&one_, &two_, &free}, "b1");
  EXPECT_EQ(Get().phase(), v1::ASSEMBLE);
}

TEST_F(EngineTrustTest, AnOperatorEndsTheTrustInAWorker) {
  MadeBy(one_);
  const auto done = Distrust("one");
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_GT(done->forgotten(), 0);
  EXPECT_EQ(done->failed_builds(), 1);
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::FAILED);
  EXPECT_THAT(build.failures(0).reason(), HasSubstr("not trusted"));
  // Neither a new session nor a restart of the coordinator helps it.
  Restart();
  ScriptedWorker again("one", "amd64", "s7");
  ASSERT_TRUE(Submit("b2").ok());
  Sync(again);
  EXPECT_THAT(again.held, IsEmpty());
  ASSERT_TRUE(Trust("one").ok());
  Sync(again);
  EXPECT_THAT(again.held, Not(IsEmpty()));
}

TEST_F(EngineTrustTest, WhatIsForgottenIsMadeAgain) {
  MadeBy(one_);
  ASSERT_TRUE(Cancel().ok());
  // Its layers would be reused otherwise.
  ASSERT_TRUE(Submit("b2").ok());
  RunOn({&two_}, "b2");
  const v1::Build reusing = Get("b2");
  EXPECT_THAT(reusing.plan().layers(), Contains(IsReused()));
  ASSERT_TRUE(Distrust("one").ok());
  ASSERT_TRUE(Submit("b3").ok());
  RunOn({&two_}, "b3");
  const v1::Build anew = Get("b3");
  EXPECT_THAT(anew.plan().layers(), Not(Contains(IsReused())));
}

TEST_F(EngineTrustTest, NothingIsKnownOfAStranger) {
  EXPECT_EQ(Distrust("nobody").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Trust("one").code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace kso::coordinator
