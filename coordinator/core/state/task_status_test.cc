// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/task_status.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/core_fixture.h"

namespace kso::coordinator {
namespace {

using ::testing::SizeIs;

TEST(TaskStatusTest, ATaskKnowsWhenAndWhereItRanLast) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1", "amd64", false, 9)}, v1::LAYERS);
  v1::TaskStatus task = StatusOfTask(*test.state.FindTask("b/1"));
  EXPECT_EQ(task.state(), v1::TaskStatus::READY);
  EXPECT_EQ(task.kind(), v1::TaskStatus::MAKE_LAYER);
  EXPECT_FALSE(task.has_started() && task.started().seconds() != 0);
  test.Grant("b/1", "w");
  const absl::Time began = test.time;
  test.time += absl::Seconds(5);
  EXPECT_EQ(StatusOfTask(*test.state.FindTask("b/1")).state(),
            v1::TaskStatus::RUNNING);
  v1::TaskResult result;
  result.mutable_made_layer();
  result.set_bytes_pushed(7);
  test.Finish("b/1", result);
  task = StatusOfTask(*test.state.FindTask("b/1"));
  EXPECT_EQ(task.state(), v1::TaskStatus::DONE);
  EXPECT_EQ(task.worker(), "w");
  EXPECT_EQ(FromProto(task.started()), began);
  EXPECT_EQ(FromProto(task.ended()), began + absl::Seconds(5));
  EXPECT_EQ(task.bytes_pushed(), 7);
  EXPECT_EQ(test.state.totals().tasks_done(), 1);
  EXPECT_EQ(test.state.totals().layers_made(), 1);
  EXPECT_EQ(test.state.totals().bytes_pushed(), 7);
  EXPECT_EQ(task.task_id(), "b/1");
  EXPECT_EQ(task.name(), "task b/1");
  EXPECT_EQ(task.phase(), v1::LAYERS);
  EXPECT_EQ(task.platform().architecture(), "amd64");
  EXPECT_EQ(task.attempts(), 1);
  EXPECT_EQ(task.bytes_expected(), 9);
  EXPECT_EQ(task.bytes_fetched(), 0);
  EXPECT_FALSE(task.reused());
  EXPECT_FALSE(task.has_failure());
}

TEST(TaskStatusTest, TheStatusOfATaskIsThatOfItsPlace) {
  TestState test;
  v1::Task file;
  file.set_task_id("b/file");
  file.mutable_resolve_file();
  v1::Task image;
  image.set_task_id("b/image");
  image.mutable_resolve_image();
  v1::Task copy;
  copy.set_task_id("b/copy");
  copy.mutable_copy_blobs();
  v1::Task verify;
  verify.set_task_id("b/verify");
  verify.mutable_verify_image();
  v1::Task nothing;
  nothing.set_task_id("b/nothing");
  test.AddBuild("b", {file, image, copy, verify, nothing}, v1::LAYERS);
  const auto status = [&](const std::string& id) {
    return StatusOfTask(*test.state.FindTask(id));
  };
  EXPECT_EQ(status("b/file").kind(), v1::TaskStatus::RESOLVE_FILE);
  EXPECT_EQ(status("b/image").kind(), v1::TaskStatus::RESOLVE_IMAGE);
  EXPECT_EQ(status("b/copy").kind(), v1::TaskStatus::COPY_BLOBS);
  EXPECT_EQ(status("b/verify").kind(), v1::TaskStatus::VERIFY_IMAGE);
  EXPECT_EQ(status("b/nothing").kind(), v1::TaskStatus::KIND_UNSPECIFIED);
  test.Grant("b/file", "w");
  test.Requeue("b/file", v1::Failure::TRANSIENT, "503", absl::Seconds(9));
  EXPECT_EQ(status("b/file").state(), v1::TaskStatus::DELAYED);
  EXPECT_EQ(status("b/file").worker(), "w");
  v1::Failure failure;
  failure.set_reason("404");
  test.Grant("b/image", "w");
  test.Fail("b/image", failure);
  EXPECT_EQ(status("b/image").state(), v1::TaskStatus::FAILED);
  EXPECT_EQ(status("b/image").failure().reason(), "404");
}

TEST(TaskStatusTest, TasksThatABuildLeavesBehindAreStopped) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test.Cancel("b");
  EXPECT_EQ(StatusOfTask(*test.state.FindTask("b/1")).state(),
            v1::TaskStatus::STOPPED);
}

TEST(TaskStatusTest, WhatIsShownOfTasksOutlivesThem) {
  TestState test;
  std::vector<v1::Task> tasks;
  for (int i = 0; i < 150; ++i) {
    tasks.push_back(MakeTask(absl::StrCat("b/", i)));
  }
  test.AddBuild("b", tasks, v1::RESOLVE);
  for (const v1::Task& task : tasks) {
    test.Grant(task.task_id(), "w");
    test.time += absl::Seconds(1);
    test.Finish(task.task_id(), {});
  }
  v1::JournalRecord ended;
  ended.mutable_build_ended()->set_build_id("b");
  ended.mutable_build_ended()->set_state(v1::Build::SUCCEEDED);
  test.Apply(ended);
  EXPECT_EQ(test.state.FindTask("b/149"), nullptr);
  const v1::PastTasks past = test.state.FindBuild("b")->past_tasks.Get();
  ASSERT_THAT(past.tasks(), SizeIs(100));
  EXPECT_EQ(past.tasks(0).task_id(), "b/50");
  EXPECT_EQ(past.tasks(99).task_id(), "b/149");
  EXPECT_EQ(past.tasks(99).worker(), "w");
}

TEST(TaskStatusTest,
     OfTasksThatEndedAtOnceTheFirstAreShownAndAllVerifications) {
  TestState test;
  std::vector<v1::Task> tasks;
  for (int i = 0; i < 102; ++i) {
    tasks.push_back(MakeTask(absl::StrCat("b/", i)));
  }
  test.AddBuild("b", tasks, v1::RESOLVE);
  test.Apply(TasksRecord("b", v1::VERIFY, {MakeTask("b/verify")}));
  // The last of them ends later than the others.
  for (const v1::Task& task : tasks) {
    test.Grant(task.task_id(), "w");
    if (task.task_id() == "b/101") test.time += absl::Seconds(1);
    test.Finish(task.task_id(), {});
  }
  test.Grant("b/verify", "w");
  test.Finish("b/verify", {});
  test.Apply(EndRecord("b", v1::Build::SUCCEEDED));
  const v1::PastTasks past = test.state.FindBuild("b")->past_tasks.Get();
  ASSERT_THAT(past.tasks(), SizeIs(101));
  EXPECT_EQ(past.tasks(0).task_id(), "b/0");
  EXPECT_EQ(past.tasks(98).task_id(), "b/98");
  EXPECT_EQ(past.tasks(99).task_id(), "b/101");
  EXPECT_EQ(past.tasks(100).task_id(), "b/verify");
  EXPECT_EQ(test.state.FindTask("b/verify"), nullptr);
}

}  // namespace
}  // namespace kso::coordinator
