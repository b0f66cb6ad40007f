// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/proto_time.h"
#include "coordinator/core/base/login_rules.h"
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

class EngineQuotaTest : public EngineTest {
 protected:
  // A build of its own, not one that joins another.
  absl::Status SubmitAs(const std::string& who, const std::string& id) {
    v1::SubmitBuildRequest request = RequestOf(id);
    request.set_submitted_by(who);
    request.mutable_release()->set_name("v" + id);
    return Submit(request).status();
  }
  void Allow(const Quotas& quotas) {
    options_.quotas = quotas;
    Restart();
  }
  // Has a worker do what there is to do, until the build ends or waits for an
  // action. Each task fetches so many bytes.
  void Run(int64_t bytes_of_each = 0) {
    ScriptedWorker worker("one", "amd64", "s1");
    while (Get().state() == v1::Build::RUNNING &&
           Get().phase() != v1::ASSEMBLE) {
      Sync(worker);
      worker.FinishAll(release_.resolved);
      for (v1::LeaseResult& result : *worker.request.mutable_results()) {
        result.mutable_result()->set_bytes_fetched(bytes_of_each);
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
