// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"

// Several builds on one farm: identical tasks, shares, priorities.

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EngineSharingTest : public EngineTest {
 protected:
  // Two builds of the same files and images under different names.
  void SubmitTwo() {
    ASSERT_TRUE(Submit("b1").ok());
    release_.release.set_name("another");
    ASSERT_TRUE(Submit("b2").ok());
  }
  void Cancel(const std::string& build) {
    v1::CancelBuildRequest request;
    request.set_build_id(build);
    Answer<v1::Build> answer;
    engine_->CancelBuild(request, answer.Done());
    ASSERT_TRUE(answer.Get().ok());
  }
  static std::string BuildOf(const v1::Lease& lease) {
    return lease.task().build_id();
  }

  ScriptedWorker one_{"one", "amd64", "s1"};
  ScriptedWorker two_{"two", "amd64", "s2"};
};

TEST_F(EngineSharingTest, IdenticalTasksRunOnceAndCountOnce) {
  SubmitTwo();
  Sync(one_);
  ASSERT_THAT(one_.held, SizeIs(4));
  EXPECT_THAT(Get("b1").waiting().size() + Get("b2").waiting().size(),
              ::testing::Gt(0));
  const v1::Lease lease = one_.held.begin()->second;
  one_.FinishAll(release_.resolved);
  for (v1::LeaseResult& result : *one_.request.mutable_results()) {
    result.mutable_result()->set_bytes_fetched(100);
  }
  Sync(one_);
  EXPECT_EQ(Get("b1").progress(0).done(), 4);
  EXPECT_EQ(Get("b2").progress(0).done(), 4);
  EXPECT_EQ(Get("b1").bytes_fetched() + Get("b2").bytes_fetched(), 400);

  // The shared results survive a restart.
  Restart();
  EXPECT_EQ(Get("b1").phase(), v1::LAYERS);
  EXPECT_EQ(Get("b2").phase(), v1::LAYERS);
}

TEST_F(EngineSharingTest, WhoWaitsTakesOverWhenTheOtherBuildIsCancelled) {
  SubmitTwo();
  Sync(one_);
  ASSERT_THAT(one_.held, SizeIs(4));
  Cancel("b1");
  Cancel("b2");
  Sync(one_);
  EXPECT_THAT(one_.held, IsEmpty());

  release_.release.set_name("third");
  ASSERT_TRUE(Submit("b3").ok());
  Sync(one_);
  release_.release.set_name("fourth");
  ASSERT_TRUE(Submit("b4").ok());
  auto parked = two_.Begin(*engine_);
  EXPECT_THAT(Get("b4").waiting(),
              ElementsAre("4 tasks wait for identical ones of build b3, to "
                          "share what comes of them"));
  EXPECT_FALSE(parked.HasCome());
  Cancel("b3");
  two_.End(parked);
  EXPECT_THAT(two_.held, SizeIs(4));
  EXPECT_EQ(BuildOf(two_.held.begin()->second), "b4");
  two_.FinishAll(release_.resolved);
  Sync(two_);
  EXPECT_EQ(Get("b4").progress(0).done(), 4);
}

TEST_F(EngineSharingTest, WhoWaitsTriesItselfWhenTheOtherFailsForGood) {
  SubmitTwo();
  Sync(one_);
  const v1::Lease lease = one_.held.begin()->second;
  const std::string other = BuildOf(lease) == "b1" ? "b2" : "b1";
  v1::Failure* failure = one_.AddResult(lease).mutable_failure();
  failure->set_kind(v1::Failure::PERMANENT);
  failure->set_reason("404 Not Found");
  Sync(one_);
  EXPECT_EQ(Get(BuildOf(lease)).progress(0).failed(), 1);
  EXPECT_EQ(Get(other).progress(0).failed(), 0);
  // The very same work, now for the other build.
  ASSERT_THAT(one_.held, SizeIs(4));
  int again = 0;
  for (const auto& [id, held] : one_.held) {
    const bool same =
        held.task().resolve_file().url() == lease.task().resolve_file().url() &&
        held.task().resolve_image().reference() ==
            lease.task().resolve_image().reference();
    if (!same) continue;
    EXPECT_EQ(BuildOf(held), other);
    ++again;
  }
  EXPECT_EQ(again, 1);
}

TEST_F(EngineSharingTest, APriorityIsKeptShownAndBounded) {
  v1::SubmitBuildRequest request;
  request.set_build_id("b1");
  *request.mutable_release() = release_.release;
  request.set_priority(101);
  Answer<v1::Build> refused;
  engine_->SubmitBuild(request, refused.Done());
  EXPECT_THAT(std::string(refused.Get().status().message()),
              HasSubstr("from -100 to 100"));
  request.set_priority(30);
  Answer<v1::Build> taken;
  engine_->SubmitBuild(request, taken.Done());
  EXPECT_EQ(taken.Get()->priority(), 30);
  Restart();
  EXPECT_EQ(Get("b1").priority(), 30);
}

TEST_F(EngineSharingTest, ASmallBuildBehindAHugeOneGetsItsShareAtOnce) {
  for (int i = 0; i < 50; ++i) {
    release_.AddFile(absl::StrCat("https://dl.example.com/huge/", i),
                     {"amd64"});
  }
  ASSERT_TRUE(Submit("huge").ok());
  ScriptedWorker small("small", "amd64", "s1", 2);
  Sync(small);
  ASSERT_THAT(small.held, SizeIs(2));
  kso::testing::ResolvedRelease little;
  little.release.set_name("little");
  little.release.clear_images_base();
  little.AddFile("https://dl.example.com/little", {"amd64"});
  v1::SubmitBuildRequest request;
  request.set_build_id("little");
  *request.mutable_release() = little.release;
  Answer<v1::Build> submitted;
  engine_->SubmitBuild(request, submitted.Done());
  ASSERT_TRUE(submitted.Get().ok());
  EXPECT_THAT(Get("little").waiting(),
              ElementsAre(HasSubstr("in use: 2 by build huge")));
  small.FinishAll(release_.resolved);
  Sync(small);
  ASSERT_THAT(small.held, SizeIs(2));
  int of_little = 0;
  for (const auto& [id, lease] : small.held) {
    of_little += BuildOf(lease) == "little";
  }
  EXPECT_EQ(of_little, 1);
}

}  // namespace
}  // namespace kso::coordinator
