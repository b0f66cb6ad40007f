// SPDX-License-Identifier: Apache-2.0
// `ksoctl workers`, as people type it.
#include <string>
#include <vector>

#include "cli/commands/farm/farm_commands.h"
#include "common/base/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/command_fixture.h"

namespace kso::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A coordinator of three workers that writes down what is done to them.
class RecordingCoordinator : public FakeCoordinatorClient {
 public:
  absl::StatusOr<v1::ListWorkersResponse> ListWorkers() override {
    v1::ListWorkersResponse response;
    for (const char* name : {"arm-1", "arm-2", "build-7"}) {
      response.add_workers()->mutable_info()->set_name(name);
    }
    return response;
  }
  absl::Status DrainWorker(const std::string& name) override {
    return Note("drain " + name);
  }
  absl::Status UndrainWorker(const std::string& name) override {
    return Note("undrain " + name);
  }
  absl::Status TrustWorker(const std::string& name) override {
    return Note("trust " + name);
  }
  absl::StatusOr<v1::DistrustWorkerResponse> DistrustWorker(
      const std::string& name, const std::string& reason) override {
    v1::DistrustWorkerResponse response;
    response.set_forgotten(forgotten);
    response.set_failed_builds(failed_builds);
    const absl::Status status = Note("distrust " + name + ": " + reason);
    if (!status.ok()) return status;
    return response;
  }
  absl::StatusOr<v1::InviteWorkerResponse> InviteWorker(
      const v1::InviteWorkerRequest& request) override {
    invited.push_back(request);
    v1::InviteWorkerResponse response;
    response.set_token("kso_join");
    response.set_name(request.name());
    return response;
  }

  absl::Status answer;
  int forgotten = 0;
  int failed_builds = 0;
  std::vector<std::string> done;
  std::vector<v1::InviteWorkerRequest> invited;

 private:
  absl::Status Note(const std::string& what) {
    done.push_back(what);
    return answer;
  }
};

class WorkersTest : public CommandFixture {
 protected:
  int Workers(const std::vector<std::string>& args) {
    return Run(CreateWorkers, coordinator_, args);
  }

  RecordingCoordinator coordinator_;
};

TEST_F(WorkersTest, AreListedWhereNothingElseIsSaid) {
  ASSERT_EQ(Workers({}), 0) << error();
  EXPECT_THAT(out(), HasSubstr("arm-1"));
  EXPECT_THAT(out(), HasSubstr("build-7"));
  EXPECT_THAT(coordinator_.done, IsEmpty());
}

TEST_F(WorkersTest, TheNamedAreDrainedAndWorkAgain) {
  ASSERT_EQ(Workers({"drain", "arm-*", "build-7"}), 0) << error();
  EXPECT_THAT(coordinator_.done,
              ElementsAre("drain arm-1", "drain arm-2", "drain build-7"));
  EXPECT_THAT(out(), HasSubstr("Worker arm-2 finishes what it holds"));
  coordinator_.done.clear();
  ASSERT_EQ(Workers({"undrain", "arm-2"}), 0) << error();
  EXPECT_THAT(coordinator_.done, ElementsAre("undrain arm-2"));
  EXPECT_EQ(out(), "Worker arm-2 is given work again.\n");
}

TEST_F(WorkersTest, JsonSaysWhichWorkersWereDrained) {
  json_lines_ = true;
  ASSERT_EQ(Workers({"drain", "arm-*"}), 0) << error();
  EXPECT_THAT(out(), HasSubstr("\"draining\":true"));
  EXPECT_THAT(out(), HasSubstr("\"workers\":[\"arm-1\",\"arm-2\"]"));
  ASSERT_EQ(Workers({"undrain", "arm-1"}), 0) << error();
  EXPECT_THAT(out(), HasSubstr("\"draining\":false"));
}

TEST_F(WorkersTest, ANameThatNobodyHasStopsTheOrder) {
  EXPECT_EQ(Workers({"drain", "arm-1", "nobody"}), 2);
  EXPECT_THAT(error(), HasSubstr("no worker is called 'nobody'"));
  EXPECT_THAT(coordinator_.done, IsEmpty());
}

TEST_F(WorkersTest, WhatTheCoordinatorRefusesIsNoSuccess) {
  coordinator_.answer = absl::PermissionDeniedError("you may only look");
  for (const char* order : {"drain", "undrain", "trust", "distrust"}) {
    EXPECT_EQ(Workers({order, "arm-1"}), 4) << order;
    EXPECT_EQ(error(), "you may only look") << order;
    EXPECT_EQ(out(), "") << order;
  }
}

TEST_F(WorkersTest, TrustNamesTheWorker) {
  ASSERT_EQ(Workers({"trust", "arm-1"}), 0) << error();
  EXPECT_THAT(coordinator_.done, ElementsAre("trust arm-1"));
  EXPECT_EQ(out(), "Worker arm-1 is given work again.\n");
}

TEST_F(WorkersTest, DistrustSaysWhatItCosts) {
  coordinator_.forgotten = 1;
  ASSERT_EQ(Workers({"distrust", "arm-1", "--reason", "broken into"}), 0);
  EXPECT_THAT(coordinator_.done, ElementsAre("distrust arm-1: broken into"));
  EXPECT_THAT(out(), HasSubstr("1 result of it"));
  EXPECT_THAT(out(), Not(HasSubstr("ksoctl retry")));
  coordinator_.forgotten = 12;
  coordinator_.failed_builds = 1;
  ASSERT_EQ(Workers({"distrust", "arm-1"}), 0);
  EXPECT_THAT(out(), HasSubstr("12 results of it"));
  EXPECT_THAT(out(), HasSubstr("1 build had taken work of it"));
  EXPECT_THAT(out(), HasSubstr("ksoctl retry"));
}

TEST_F(WorkersTest, AnInvitationIsForTheNamedWorkerAndTheGivenTime) {
  ASSERT_EQ(Workers({"invite", "build-8", "--expires", "2h"}), 0) << error();
  ASSERT_EQ(Workers({"invite", "build-9"}), 0) << error();
  ASSERT_EQ(coordinator_.invited.size(), 2u);
  EXPECT_EQ(coordinator_.invited[0].name(), "build-8");
  EXPECT_EQ(FromProto(coordinator_.invited[0].expires_in()), absl::Hours(2));
  // The coordinator decides.
  EXPECT_FALSE(coordinator_.invited[1].has_expires_in());
  EXPECT_EQ(out(), "kso_join\n");
  EXPECT_THAT(err(), HasSubstr("kso-worker --coordinator farm.example:7070 "
                               "--name build-9"));
  EXPECT_EQ(Workers({"invite", "build-8", "--expires", "soon"}), 2);
  EXPECT_THAT(error(), HasSubstr("--expires soon: write a time"));
  EXPECT_EQ(coordinator_.invited.size(), 2u);
}

TEST_F(WorkersTest, QuietAndJsonHaveTheInvitationAlone) {
  quiet_ = true;
  ASSERT_EQ(Workers({"invite", "build-8"}), 0);
  EXPECT_EQ(out(), "kso_join\n");
  EXPECT_EQ(err(), "");
  quiet_ = false;
  json_ = true;
  ASSERT_EQ(Workers({"invite", "build-8"}), 0);
  EXPECT_THAT(out(), HasSubstr("\"token\": \"kso_join\""));
  EXPECT_EQ(err(), "");
}

}  // namespace
}  // namespace kso::cli
