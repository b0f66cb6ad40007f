// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/proto_time.h"
#include "coordinator/core/base/login_rules.h"
#include "coordinator/engine/build_actions.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"

// No identity takes more of the farm than its quotas say.

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int64_t kGibibyte = int64_t{1} << 30;

class EngineQuotaTest : public EngineTest {
 protected:
  // A build of its own, not one that joins another.
  absl::Status SubmitAs(const std::string& who, const std::string& id) {
    v1::SubmitBuildRequest request = RequestOf(id);
    request.set_submitted_by(who);
    request.mutable_release()->set_name("v" + id);
    return Submit(request).status();
  }
  absl::Status RetryAs(const std::string& who, const std::string& id) {
    v1::RetryBuildRequest request;
    request.set_build_id(id);
    request.set_retried_by(who);
    Answer<v1::Build> answer;
    engine_->RetryBuild(request, answer.Done());
    return answer.Get().status();
  }
  absl::Status SetPriority(const std::string& id, int priority) {
    v1::SetPriorityRequest request;
    request.set_build_id(id);
    request.set_priority(priority);
    Answer<v1::Build> answer;
    engine_->SetPriority(request, answer.Done());
    return answer.Get().status();
  }
  void Allow(const Quotas& quotas) {
    options_.quotas = quotas;
    Restart();
  }
  // Has a worker do what there is to do, until the build ends or waits for an
  // action. Each task fetches so many bytes, and each layer is so large.
  void Run(int64_t bytes_of_each = 0, int64_t layer_bytes = 0) {
    ScriptedWorker worker("one", "amd64", "s1");
    while (Get().state() == v1::Build::RUNNING &&
           Get().phase() != v1::ASSEMBLE) {
      Sync(worker);
      worker.FinishAll(release_.resolved);
      for (v1::LeaseResult& result : *worker.request.mutable_results()) {
        result.mutable_result()->set_bytes_fetched(bytes_of_each);
        if (layer_bytes == 0 || !result.result().has_made_layer()) continue;
        result.mutable_result()
            ->mutable_made_layer()
            ->mutable_layer()
            ->set_size(layer_bytes);
      }
      Sync(worker);
    }
  }
};

TEST_F(EngineQuotaTest, OneIdentityHasSoManyBuilds) {
  Allow({.builds_of_one = 2, .builds_of_all = 3});
  EXPECT_TRUE(SubmitAs("alice", "a1").ok());
  EXPECT_TRUE(SubmitAs("alice", "a2").ok());
  const absl::Status third = SubmitAs("alice", "a3");
  EXPECT_EQ(third.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(third.message()), HasSubstr("alice has 2 builds"));
  // The same build again is no other one.
  EXPECT_TRUE(SubmitAs("alice", "a2").ok());
  EXPECT_TRUE(SubmitAs("bob", "b1").ok());
  EXPECT_EQ(SubmitAs("carol", "c1").code(),
            absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(Cancel("a1").ok());
  EXPECT_TRUE(SubmitAs("alice", "a3").ok());
  // The owner of a build outlives a restart.
  Restart();
  EXPECT_FALSE(SubmitAs("alice", "a4").ok());
}

TEST_F(EngineQuotaTest, AFloodEndsWhateverBecomesOfItsBuilds) {
  Allow({.submits_of_one = 2, .submit_window = absl::Minutes(10)});
  for (const char* id : {"a1", "a2"}) {
    ASSERT_TRUE(SubmitAs("alice", id).ok());
    ASSERT_TRUE(Cancel(id).ok());
  }
  EXPECT_THAT(std::string(SubmitAs("alice", "a3").message()),
              HasSubstr("try again in"));
  EXPECT_TRUE(SubmitAs("bob", "b1").ok());
  Advance(absl::Minutes(10));
  EXPECT_TRUE(SubmitAs("alice", "a3").ok());
}

TEST_F(EngineQuotaTest, ABuildThatRunsAgainIsOneMore) {
  Allow({.builds_of_one = 2, .submits_of_one = 4});
  for (const char* id : {"a1", "a2"}) {
    ASSERT_TRUE(SubmitAs("alice", id).ok());
    ASSERT_TRUE(Cancel(id).ok());
  }
  ASSERT_TRUE(SubmitAs("alice", "a3").ok());
  EXPECT_TRUE(Retry("a1").ok());
  // It would be her third.
  EXPECT_EQ(Retry("a2").status().code(), absl::StatusCode::kResourceExhausted);
  // One build that is cancelled and retried for ever is a flood, too.
  ASSERT_TRUE(Cancel("a1").ok());
  EXPECT_THAT(std::string(Retry("a1").status().message()),
              HasSubstr("try again in"));
}

TEST_F(EngineQuotaTest, ATasksLoginsAreThoseOfWhoSubmittedIt) {
  v1::SubmitBuildRequest request = RequestOf("a1");
  const std::string place = request.release().destination().location();
  options_.logins =
      *LoginRules::Parse({place + "=alice", "docker.io", "quay.io=bob"});
  Restart();
  request.set_submitted_by("mallory");
  // A client may say of itself whatever it likes.
  request.mutable_release()->mutable_logins()->add_places(place);
  EXPECT_EQ(Submit(request).status().code(),
            absl::StatusCode::kPermissionDenied);
  request.set_submitted_by("alice");
  request.mutable_release()->mutable_logins()->add_places("quay.io");
  ASSERT_TRUE(Submit(request).ok());
  ScriptedWorker worker("one", "amd64", "s1");
  Sync(worker);
  ASSERT_THAT(worker.held, Not(IsEmpty()));
  for (const auto& [id, lease] : worker.held) {
    ASSERT_TRUE(lease.task().has_logins());
    EXPECT_THAT(lease.task().logins().places(),
                ElementsAre(place, "docker.io"));
  }
}

TEST_F(EngineQuotaTest, WithoutRulesForSomeATaskIsNotLimited) {
  v1::SubmitBuildRequest request = RequestOf("a1");
  request.mutable_release()->mutable_logins();
  ASSERT_TRUE(Submit(request).ok());
  ScriptedWorker worker("one", "amd64", "s1");
  Sync(worker);
  ASSERT_THAT(worker.held, Not(IsEmpty()));
  EXPECT_FALSE(worker.held.begin()->second.task().has_logins());
}

TEST_F(EngineQuotaTest, AReleaseHasSoManyItems) {
  Allow({.items = 1});
  EXPECT_THAT(std::string(SubmitAs("alice", "a1").message()),
              HasSubstr("has 2 files and images"));
}

TEST_F(EngineQuotaTest, ABuildMovesSoManyBytes) {
  Allow({.bytes = 1});
  ASSERT_TRUE(SubmitAs("alice", "b1").ok());
  Run();
  ASSERT_THAT(Get().failures(), Not(IsEmpty()));
  EXPECT_THAT(Get().failures(0).reason(), HasSubstr("may fetch and push"));
}

TEST_F(EngineQuotaTest, AFileWhoseSizeNobodySaysHidesNoOtherFromTheQuota) {
  release_.AddFile("https://dl.example.com/unknown", {"amd64", "arm64"}, -1);
  Allow({.bytes = 1});
  ASSERT_TRUE(SubmitAs("alice", "b1").ok());
  Run();
  ASSERT_THAT(Get().failures(), Not(IsEmpty()));
  EXPECT_THAT(Get().failures(0).reason(), HasSubstr("is "));
  EXPECT_THAT(Get().failures(0).reason(), HasSubstr("may fetch and push"));
}

TEST_F(EngineQuotaTest, ABuildEndsWhenItHasFetchedMoreThanItMay) {
  release_.AddFile("https://dl.example.com/unknown", {"amd64", "arm64"}, -1);
  Allow({.bytes = int64_t{1} << 30});
  ASSERT_TRUE(SubmitAs("alice", "b1").ok());
  Run(/*bytes_of_each=*/int64_t{1} << 30);
  ASSERT_THAT(Get().failures(), Not(IsEmpty()));
  EXPECT_EQ(Get().state(), v1::Build::FAILED);
  EXPECT_THAT(Get().failures(0).reason(), HasSubstr("has come to "));
}

TEST_F(EngineQuotaTest, AnotherWhoRetriesABuildSpendsNobodysTurns) {
  Allow({.submits_of_one = 2});
  ASSERT_TRUE(SubmitAs("alice", "a1").ok());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(Cancel("a1").ok());
    EXPECT_TRUE(RetryAs("mallory", "a1").ok());
  }
  ASSERT_TRUE(Cancel("a1").ok());
  EXPECT_THAT(std::string(RetryAs("mallory", "a1").message()),
              HasSubstr("mallory has begun 2 builds"));
  EXPECT_TRUE(RetryAs("alice", "a1").ok());
}

TEST_F(EngineQuotaTest, ABuildIsGivenAnotherPriorityOrRetriedSoManyTimes) {
  Allow({.interventions = 3});
  ASSERT_TRUE(SubmitAs("alice", "a1").ok());
  EXPECT_TRUE(SetPriority("a1", 10).ok());
  // That changes nothing, and adds nothing.
  EXPECT_TRUE(SetPriority("a1", 10).ok());
  EXPECT_TRUE(SetPriority("a1", 0).ok());
  ASSERT_TRUE(Cancel("a1").ok());
  EXPECT_TRUE(Retry("a1").ok());
  EXPECT_THAT(std::string(SetPriority("a1", 10).message()),
              HasSubstr("3 times; submit its release anew"));
  Restart();
  EXPECT_EQ(SetPriority("a1", 10).code(), absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(Cancel("a1").ok());
  EXPECT_EQ(Retry("a1").status().code(), absl::StatusCode::kResourceExhausted);
}

// The coordinator's disk.
class EngineDiskTest : public EngineQuotaTest {
 protected:
  EngineDiskTest() {
    v1::Destination& home = *release_.release.mutable_destination();
    home.set_kind(v1::Destination::OCI_LAYOUT);
    home.set_location("/tmp/result");
  }

  absl::StatusOr<v1::ForgetBuildResponse> Forget(const std::string& who,
                                                 const std::string& id) {
    Settle();
    v1::ForgetBuildRequest request;
    request.set_build_id(id);
    request.set_forgotten_by(who);
    Answer<v1::ForgetBuildResponse> answer;
    engine_->ForgetBuild(request, answer.Done());
    return answer.Get();
  }
};

TEST_F(EngineDiskTest, ABuildEndsThatAddsToMoreThanItsSubmitterMayHold) {
  Allow({.disk_bytes = kGibibyte});
  ASSERT_TRUE(SubmitAs("alice", "b1").ok());
  Run(0, kGibibyte);
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::FAILED);
  ASSERT_THAT(build.failures(), Not(IsEmpty()));
  EXPECT_THAT(build.failures(0).reason(), HasSubstr("alice's builds hold "));
  EXPECT_THAT(build.failures(0).reason(), HasSubstr("may hold 1.0 GiB"));
  EXPECT_THAT(build.failures(0).reason(), HasSubstr("b1 (vb1) "));
  EXPECT_THAT(build.failures(0).advice(), HasSubstr("ksoctl forget BUILD"));
  // It still holds what it made, after a restart too; others hold nothing.
  Restart();
  EXPECT_EQ(Retry().status().code(), absl::StatusCode::kResourceExhausted);
  const absl::Status more = SubmitAs("alice", "b2");
  EXPECT_EQ(more.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(more.message()), HasSubstr("b1 (vb1) "));
  EXPECT_THAT(std::string(more.message()), HasSubstr("ksoctl forget BUILD"));
  EXPECT_TRUE(SubmitAs("bob", "b3").ok());
}

TEST_F(EngineDiskTest, AForgottenBuildHoldsNothing) {
  Allow({});
  ASSERT_TRUE(SubmitAs("alice", "b1").ok());
  Run();
  ASSERT_EQ(Get().phase(), v1::ASSEMBLE);
  EXPECT_EQ(Forget("alice", "b1").status().code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(Cancel("b1").ok());
  Allow({.disk_bytes = 1});
  EXPECT_FALSE(SubmitAs("alice", "b2").ok());
  EXPECT_EQ(Forget("mallory", "b1").status().code(),
            absl::StatusCode::kPermissionDenied);
  // A name may come to mean another build at any time.
  EXPECT_EQ(Forget("alice", "vb1").status().code(),
            absl::StatusCode::kInvalidArgument);
  const auto forgotten = Forget("alice", "b1");
  ASSERT_TRUE(forgotten.ok()) << forgotten.status();
  EXPECT_EQ(forgotten->name(), "vb1");
  EXPECT_GT(forgotten->freed_bytes(), 0);
  EXPECT_TRUE(SubmitAs("alice", "b2").ok());
  // It stays forgotten.
  Restart();
  EXPECT_EQ(Forget("alice", "b1").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(EngineDiskTest, WhatWasTooYoungIsSweptAnHourLater) {
  ASSERT_TRUE(SubmitAs("alice", "b1").ok());
  ASSERT_TRUE(Cancel("b1").ok());
  Advance(absl::Hours(2));
  const size_t before = actions_.sweeps().size();
  ASSERT_TRUE(Forget("alice", "b1").ok());
  Settle();
  EXPECT_EQ(actions_.sweeps().size(), before + 1);
  Advance(kYoungBlob);
  EXPECT_EQ(actions_.sweeps().size(), before + 2);
  Advance(absl::Hours(5));
  EXPECT_EQ(actions_.sweeps().size(), before + 2);
}

TEST_F(EngineDiskTest, WhatNoBuildNeedsIsSweptAnHourAfterABuildHasEnded) {
  // The sweeps of the start are over then.
  Advance(absl::Hours(2));
  const size_t before = actions_.sweeps().size();
  ASSERT_TRUE(SubmitAs("alice", "b1").ok());
  ASSERT_TRUE(Cancel("b1").ok());
  Settle();
  EXPECT_EQ(actions_.sweeps().size(), before);
  Advance(kYoungBlob);
  EXPECT_EQ(actions_.sweeps().size(), before + 1);
  Advance(absl::Hours(5));
  EXPECT_EQ(actions_.sweeps().size(), before + 1);
}

TEST_F(EngineDiskTest, LayersThatBuildsShareCountOnceForTheirSubmitter) {
  ASSERT_TRUE(SubmitAs("alice", "b1").ok());
  Run(0, kGibibyte);
  ASSERT_TRUE(Cancel("b1").ok());
  ASSERT_TRUE(SubmitAs("alice", "b2").ok());
  ScriptedWorker worker("one", "amd64", "s2");
  while (Get("b2").phase() != v1::ASSEMBLE) {
    Sync(worker);
    worker.FinishAll(release_.resolved);
    Sync(worker);
  }
  ASSERT_TRUE(Cancel("b2").ok());
  const auto first = Forget("alice", "b1");
  const auto second = Forget("alice", "b2");
  ASSERT_TRUE(first.ok() && second.ok());
  // The layers are those of the second, too.
  EXPECT_LT(first->freed_bytes(), kGibibyte);
  EXPECT_GE(second->freed_bytes(), kGibibyte);
}

TEST_F(EngineQuotaTest, ImagesAtARegistryHoldNoneOfTheCoordinatorsDisk) {
  Allow({.disk_bytes = kGibibyte});
  ASSERT_TRUE(SubmitAs("alice", "b1").ok());
  Run(0, kGibibyte);
  EXPECT_EQ(Get().phase(), v1::ASSEMBLE);
  EXPECT_EQ(Get().state(), v1::Build::RUNNING);
}

TEST_F(EngineQuotaTest, SoManyCallsWaitForNews) {
  Allow({.watchers_of_one = 2, .watchers_of_all = 3});
  ASSERT_TRUE(SubmitAs("alice", "b1").ok());
  const auto watch = [this](const std::string& who) {
    v1::WatchBuildRequest request;
    request.set_build_id("b1");
    request.set_after_sequence(1000);
    request.set_watched_by(who);
    *request.mutable_wait() = ToProto(absl::Seconds(20));
    Answer<v1::WatchBuildResponse> answer;
    engine_->WatchBuild(request, answer.Done());
    Settle();
    return answer;
  };
  std::vector<Answer<v1::WatchBuildResponse>> parked;
  for (const char* who : {"alice", "alice", "bob"}) {
    parked.push_back(watch(who));
    EXPECT_FALSE(parked.back().HasCome());
  }
  Answer<v1::WatchBuildResponse> refused = watch("alice");
  ASSERT_TRUE(refused.HasCome());
  EXPECT_EQ(refused.Get().status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(watch("carol").HasCome());
}

}  // namespace
}  // namespace kso::coordinator
