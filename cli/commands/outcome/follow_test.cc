// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/outcome/follow.h"

#include <deque>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_coordinator_client.h"

namespace kso::cli {
namespace {

// Answers WatchBuild from a script.
class ScriptedCoordinator : public FakeCoordinatorClient {
 public:
  void Answer(absl::StatusOr<v1::WatchBuildResponse> answer) {
    answers_.push_back(std::move(answer));
  }

  absl::StatusOr<v1::WatchBuildResponse> WatchBuild(const std::string& build,
                                                    int64_t after_sequence,
                                                    int64_t known_revision,
                                                    absl::Duration) override {
    asked.emplace_back(build, after_sequence);
    revisions.push_back(known_revision);
    if (answers_.empty()) return absl::UnavailableError("gone");
    auto answer = answers_.front();
    answers_.pop_front();
    return answer;
  }

  std::vector<std::pair<std::string, int64_t>> asked;
  std::vector<int64_t> revisions;

 private:
  std::deque<absl::StatusOr<v1::WatchBuildResponse>> answers_;
};

class RecordingView : public ProgressView {
 public:
  void Update(const v1::WatchBuildResponse& response) override {
    for (const v1::Event& event : response.events()) {
      events.push_back(event.sequence());
    }
  }
  void Notice(const std::string& text) override { notices.push_back(text); }

  std::vector<int64_t> events;
  std::vector<std::string> notices;
};

v1::WatchBuildResponse Response(std::vector<int64_t> events, int64_t last,
                                v1::Build::State state) {
  v1::WatchBuildResponse response;
  for (const int64_t sequence : events) {
    response.add_events()->set_sequence(sequence);
  }
  response.mutable_build()->set_build_id("b1-full");
  response.mutable_build()->set_last_sequence(last);
  response.mutable_build()->set_state(state);
  return response;
}

class FollowTest : public ::testing::Test {
 protected:
  FollowTest() { clock_.AdvanceByItself(); }

  absl::StatusOr<v1::Build> Follow() {
    return FollowBuild(coordinator_, "b1", &clock_, view_);
  }

  kso::testing::FakeClock clock_;
  ScriptedCoordinator coordinator_;
  RecordingView view_;
};

TEST_F(FollowTest, ShowsEveryEventOnceAcrossARestart) {
  coordinator_.Answer(Response({1, 2}, 2, v1::Build::RUNNING));
  coordinator_.Answer(absl::UnavailableError("connection refused"));
  coordinator_.Answer(absl::UnavailableError("connection refused"));
  coordinator_.Answer(Response({3}, 5, v1::Build::SUCCEEDED));
  coordinator_.Answer(Response({4, 5}, 5, v1::Build::SUCCEEDED));
  const auto build = Follow();
  ASSERT_TRUE(build.ok()) << build.status();
  EXPECT_EQ(build->state(), v1::Build::SUCCEEDED);
  EXPECT_THAT(view_.events, ::testing::ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(coordinator_.asked,
              ::testing::ElementsAre(
                  ::testing::Pair("b1", 0), ::testing::Pair("b1-full", 2),
                  ::testing::Pair("b1-full", 2), ::testing::Pair("b1-full", 2),
                  ::testing::Pair("b1-full", 3)));
  // One line when it went away, one when it came back.
  EXPECT_EQ(view_.notices.size(), 2u);
}

TEST_F(FollowTest, WaitsForAnotherRevisionThanTheOneThatItSaw) {
  for (const int64_t revision : {7, 9}) {
    v1::WatchBuildResponse response = Response({}, 0, v1::Build::RUNNING);
    response.set_revision(revision);
    coordinator_.Answer(response);
  }
  coordinator_.Answer(Response({}, 0, v1::Build::SUCCEEDED));
  ASSERT_TRUE(Follow().ok());
  EXPECT_THAT(coordinator_.revisions, ::testing::ElementsAre(0, 7, 9));
}

TEST_F(FollowTest, GivesUpAtOnceWhereTheCoordinatorNeverWas) {
  EXPECT_TRUE(absl::IsUnavailable(Follow().status()));
  EXPECT_EQ(coordinator_.asked.size(), 1u);
}

TEST_F(FollowTest, GivesUpAfterFiveMinutes) {
  coordinator_.Answer(Response({1}, 1, v1::Build::RUNNING));
  const absl::Time before = clock_.Now();
  EXPECT_TRUE(absl::IsUnavailable(Follow().status()));
  EXPECT_GE(clock_.Now() - before, absl::Minutes(5));
  EXPECT_LT(clock_.Now() - before, absl::Minutes(6));
}

TEST_F(FollowTest, DoesNotRetryWhatIsNotALostConnection) {
  coordinator_.Answer(Response({1}, 1, v1::Build::RUNNING));
  coordinator_.Answer(absl::NotFoundError("no such build"));
  EXPECT_TRUE(absl::IsNotFound(Follow().status()));
}

}  // namespace
}  // namespace kso::cli
