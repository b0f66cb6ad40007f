// SPDX-License-Identifier: Apache-2.0
// `ksoctl status`, `cancel`, `retry`, `priority`, `forget`, `builds`, `watch`
// and `logs`, as people type them.
#include "cli/commands/builds/build_commands.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/command_fixture.h"

namespace kso::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

v1::Build BuildOf(const std::string& id, const std::string& name,
                  v1::Build::State state) {
  v1::Build build;
  build.set_build_id(id);
  build.set_name(name);
  build.set_state(state);
  return build;
}

// A coordinator that writes down what it is asked, and whose log is `events`,
// of which it hands out two at a time.
class RecordingCoordinator : public FakeCoordinatorClient {
 public:
  absl::StatusOr<v1::Build> GetBuild(const std::string& build) override {
    asked.push_back("get " + build);
    return answer;
  }
  absl::StatusOr<v1::ListBuildsResponse> ListBuilds() override {
    v1::ListBuildsResponse response;
    for (const v1::Build& build : builds) *response.add_builds() = build;
    return response;
  }
  absl::StatusOr<v1::Build> CancelBuild(const std::string& build) override {
    asked.push_back("cancel " + build);
    return answer;
  }
  absl::StatusOr<v1::Build> RetryBuild(const std::string& build) override {
    asked.push_back("retry " + build);
    return answer;
  }
  absl::StatusOr<v1::ForgetBuildResponse> ForgetBuild(
      const std::string& build) override {
    asked.push_back("forget " + build);
    v1::ForgetBuildResponse forgotten;
    forgotten.set_build_id(answer.build_id());
    forgotten.set_name(answer.name());
    forgotten.set_freed_bytes(int64_t{3} << 30);
    return forgotten;
  }
  absl::StatusOr<v1::Build> SetPriority(const std::string& build,
                                        int priority) override {
    asked.push_back(absl::StrCat("priority ", build, " ", priority));
    v1::Build changed = answer;
    changed.set_priority(priority);
    return changed;
  }
  absl::StatusOr<v1::WatchBuildResponse> WatchBuild(const std::string& build,
                                                    int64_t after_sequence,
                                                    int64_t,
                                                    absl::Duration) override {
    asked.push_back(absl::StrCat("watch ", build, " ", after_sequence));
    v1::WatchBuildResponse response;
    *response.mutable_build() = answer;
    response.mutable_build()->set_last_sequence(events.size());
    for (const v1::Event& event : events) {
      if (event.sequence() > after_sequence && response.events_size() < 2) {
        *response.add_events() = event;
      }
    }
    return response;
  }

  v1::Build answer = BuildOf("b1-full", "v1", v1::Build::RUNNING);
  std::vector<v1::Build> builds;
  std::vector<v1::Event> events;
  std::vector<std::string> asked;
};

class BuildCommandsTest : public CommandFixture {
 protected:
  int Type(CreateCommand create, const std::vector<std::string>& args) {
    coordinator_.asked.clear();
    return Run(create, coordinator_, args);
  }

  // An event of the log, `minutes` ago.
  void Happens(const std::string& text, int minutes,
               const std::string& task = "") {
    v1::Event& event = coordinator_.events.emplace_back();
    event.set_sequence(coordinator_.events.size());
    event.set_text(text);
    event.set_task_id(task);
    *event.mutable_time() = ToProto(clock_.Now() - absl::Minutes(minutes));
  }

  RecordingCoordinator coordinator_;
};

TEST_F(BuildCommandsTest, StatusIsOfTheNamedBuildOrOfTheNewest) {
  ASSERT_EQ(Type(CreateStatus, {"b1"}), 0) << error();
  EXPECT_THAT(coordinator_.asked, ElementsAre("get b1"));
  EXPECT_THAT(out(), HasSubstr("Build b1-full of v1 is running"));
  EXPECT_EQ(Type(CreateStatus, {}), 2);
  EXPECT_THAT(error(), HasSubstr("there is no build yet"));
  coordinator_.builds = {BuildOf("newest", "v3", v1::Build::RUNNING),
                         BuildOf("older", "v2", v1::Build::RUNNING)};
  ASSERT_EQ(Type(CreateStatus, {}), 0) << error();
  EXPECT_THAT(out(), HasSubstr("Build newest of v3 is running"));
  EXPECT_THAT(coordinator_.asked, IsEmpty());
}

TEST_F(BuildCommandsTest, BuildsAreListedInTheirOrder) {
  coordinator_.builds = {BuildOf("newest", "v3", v1::Build::FAILED),
                         BuildOf("older", "v2", v1::Build::SUCCEEDED)};
  ASSERT_EQ(Type(CreateBuilds, {}), 0) << error();
  EXPECT_THAT(out(), AllOf(HasSubstr("newest"), HasSubstr("failed"),
                           HasSubstr("older"), HasSubstr("succeeded")));
  json_lines_ = true;
  ASSERT_EQ(Type(CreateBuilds, {}), 0);
  EXPECT_LT(out().find("newest"), out().find("older"));
}

TEST_F(BuildCommandsTest, CancelSaysWhetherTagsAreThere) {
  coordinator_.answer.set_state(v1::Build::CANCELLED);
  coordinator_.answer.set_phase(v1::LAYERS);
  ASSERT_EQ(Type(CreateCancel, {"b1"}), 0) << error();
  EXPECT_THAT(coordinator_.asked, ElementsAre("cancel b1"));
  EXPECT_EQ(out(), "Build b1-full of v1 is cancelled; no tag is pushed.\n");
  coordinator_.answer.set_phase(v1::TAG);
  ASSERT_EQ(Type(CreateCancel, {"b1"}), 0) << error();
  EXPECT_THAT(out(), HasSubstr("tags that were pushed before stay"));
}

TEST_F(BuildCommandsTest, ForgetSaysHowMuchItFrees) {
  ASSERT_EQ(Type(CreateForget, {"b1"}), 0) << error();
  EXPECT_THAT(coordinator_.asked, ElementsAre("forget b1"));
  EXPECT_EQ(out(),
            "Build b1-full of v1 is forgotten, and 3.0 GiB of the "
            "coordinator's disk with it.\n");
  EXPECT_EQ(Type(CreateForget, {}), 2);
}

TEST_F(BuildCommandsTest, PriorityIsThatOfTheNamedBuild) {
  ASSERT_EQ(Type(CreatePriority, {"b1", "20"}), 0) << error();
  EXPECT_THAT(coordinator_.asked, ElementsAre("priority b1 20"));
  EXPECT_EQ(out(), "Build b1-full of v1 has priority 20.\n");
  ASSERT_EQ(Type(CreatePriority, {"b1", "100"}), 0) << error();
  EXPECT_EQ(Type(CreatePriority, {"b1", "101"}), 2);
  EXPECT_THAT(coordinator_.asked, IsEmpty());
}

TEST_F(BuildCommandsTest, RetryIsWatchedOnlyWhereThatIsWanted) {
  ASSERT_EQ(Type(CreateRetry, {"b1"}), 0) << error();
  EXPECT_THAT(coordinator_.asked, ElementsAre("retry b1"));
  EXPECT_THAT(out(), AllOf(HasSubstr("ksoctl watch b1-full"),
                           HasSubstr("ksoctl cancel b1-full"),
                           Not(HasSubstr("ksoctl export"))));
  coordinator_.answer.mutable_destination()->set_kind(
      v1::Destination::OCI_LAYOUT);
  ASSERT_EQ(Type(CreateRetry, {"b1"}), 0) << error();
  EXPECT_THAT(out(), HasSubstr("ksoctl export b1-full"));
  coordinator_.answer.set_state(v1::Build::FAILED);
  EXPECT_EQ(Type(CreateRetry, {"b1", "--wait"}), 1);
  EXPECT_THAT(coordinator_.asked, ElementsAre("retry b1", "watch b1-full 0"));
}

TEST_F(BuildCommandsTest, ARetriedBuildIsItsIdAloneWhereQuiet) {
  quiet_ = true;
  ASSERT_EQ(Type(CreateRetry, {"b1"}), 0) << error();
  EXPECT_EQ(out(), "b1-full\n");
}

TEST_F(BuildCommandsTest, WatchSaysHowToFetchWhatIsForThisMachine) {
  coordinator_.answer.set_state(v1::Build::SUCCEEDED);
  ASSERT_EQ(Type(CreateWatch, {"b1"}), 0) << error();
  EXPECT_THAT(out(), Not(HasSubstr("ksoctl export")));
  coordinator_.answer.mutable_destination()->set_kind(
      v1::Destination::OCI_ARCHIVE);
  ASSERT_EQ(Type(CreateWatch, {"b1"}), 0) << error();
  EXPECT_THAT(out(), HasSubstr("ksoctl export b1-full\n"));
  coordinator_.answer.set_state(v1::Build::CANCELLED);
  ASSERT_EQ(Type(CreateWatch, {"b1"}), 1);
  EXPECT_THAT(out(), Not(HasSubstr("ksoctl export")));
}

TEST_F(BuildCommandsTest, LogsAreAllThatHappened) {
  for (const char* text : {"one", "two", "three", "four", "five"}) {
    Happens(text, 5);
  }
  ASSERT_EQ(Type(CreateLogs, {"b1"}), 0) << error();
  for (const char* text : {"one", "two", "three", "four", "five"}) {
    EXPECT_THAT(out(), HasSubstr(absl::StrCat("  ", text, "\n")));
  }
  // The second question is about the build that the name meant first.
  EXPECT_THAT(coordinator_.asked,
              ElementsAre("watch b1 0", "watch b1-full 2", "watch b1-full 4"));
  json_ = true;
  ASSERT_EQ(Type(CreateLogs, {"b1"}), 0) << error();
  EXPECT_THAT(out(), AllOf(HasSubstr("\"text\": \"one\""),
                           HasSubstr("\"text\": \"five\""),
                           HasSubstr("\"buildId\": \"b1-full\"")));
}

TEST_F(BuildCommandsTest, LogsMayBeOfOneTaskOrOfTheLastMinutes) {
  Happens("fetching kubelet", 30, "b1/7");
  Happens("fetching etcd", 20, "b1/8");
  Happens("fetched kubelet", 10, "b1/7");
  ASSERT_EQ(Type(CreateLogs, {"b1", "--task", "kubelet"}), 0) << error();
  EXPECT_THAT(out(),
              AllOf(HasSubstr("fetching kubelet"), HasSubstr("fetched kubelet"),
                    Not(HasSubstr("etcd"))));
  ASSERT_EQ(Type(CreateLogs, {"b1", "--since", "20m"}), 0) << error();
  EXPECT_THAT(out(), AllOf(HasSubstr("etcd"), HasSubstr("fetched kubelet"),
                           Not(HasSubstr("fetching kubelet"))));
  EXPECT_EQ(Type(CreateLogs, {"b1", "--since", "recently"}), 2);
  EXPECT_THAT(error(), HasSubstr("--since recently"));
}

TEST_F(BuildCommandsTest, FollowedLogsEndAsTheBuildDoes) {
  Happens("made all of it", 1);
  coordinator_.answer.set_state(v1::Build::SUCCEEDED);
  ASSERT_EQ(Type(CreateLogs, {"b1", "-f"}), 0) << error();
  EXPECT_THAT(out(), HasSubstr("made all of it"));
  coordinator_.answer.set_state(v1::Build::FAILED);
  EXPECT_EQ(Type(CreateLogs, {"b1", "-f"}), 1);
  json_lines_ = true;
  EXPECT_EQ(Type(CreateLogs, {"b1", "-f"}), 1);
  EXPECT_THAT(out(), ::testing::StartsWith("{\"type\":\"event\""));
  // One document: stderr shows the progress, and stdout has the log at the end.
  json_lines_ = false;
  json_ = true;
  EXPECT_EQ(Type(CreateLogs, {"b1", "-f"}), 1);
  EXPECT_THAT(out(), ::testing::StartsWith("{\n"));
  EXPECT_THAT(out(), HasSubstr("\"text\": \"made all of it\""));
  EXPECT_THAT(err(), HasSubstr("made all of it"));
}

}  // namespace
}  // namespace kso::cli
