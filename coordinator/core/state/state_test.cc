// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/state.h"

#include "absl/strings/str_cat.h"
#include "coordinator/core/state/task_status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/core_fixture.h"

namespace kso::coordinator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<std::string> Texts(const BuildEntry& build) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < build.events.size(); ++i) {
    texts.push_back(build.events[i].text());
  }
  return texts;
}

TEST(StateTest, ATaskIsRunnableLeasedAndDone) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  test.Grant("b/1", "w");
  EXPECT_EQ(test.state.FindTask("b/1")->state, TaskState::kLeased);
  EXPECT_THAT(test.state.LeasesOf("w"), ElementsAre("lease-b/1-1"));
  test.time += absl::Milliseconds(1200);
  v1::TaskResult result;
  result.mutable_made_layer();
  result.set_bytes_pushed(12 << 20);
  test.Finish("b/1", result);

  const BuildEntry* build = test.state.FindBuild("b");
  EXPECT_EQ(build->CountsOf(v1::LAYERS).done, 1);
  EXPECT_EQ(build->CountsOf(v1::LAYERS).leased, 0);
  EXPECT_EQ(build->bytes_pushed, 12 << 20);
  EXPECT_THAT(test.state.LeasesOf("w"), ElementsAre());
  EXPECT_THAT(Texts(*build),
              Contains("task b/1: done (12.0 MiB pushed, 1.2 s)"));
}

TEST(StateTest, APhaseKnowsItsBytesItsTimeAndWhatSetIt) {
  TestState test;
  test.AddBuild("b",
                {MakeTask("b/1", "", false, 100), MakeTask("b/2", "", false, 7),
                 MakeTask("b/3", "", false, int64_t{1} << 62)},
                v1::LAYERS);
  const BuildEntry& build = *test.state.FindBuild("b");
  for (const char* task : {"b/1", "b/2"}) {
    test.Grant(task, "w");
    EXPECT_THAT(build.queue.leased, SizeIs(1));
    test.time += absl::Seconds(2);
    test.Finish(task, {});
  }
  EXPECT_THAT(build.queue.leased, SizeIs(0));
  EXPECT_EQ(build.CountsOf(v1::LAYERS).bytes_done, 107);
  // A size that cannot be does not spoil the sum.
  EXPECT_EQ(build.CountsOf(v1::LAYERS).bytes, 107 + (int64_t{1} << 40));
  test.Cancel("b");
  const PhaseTime& time = build.times.at(v1::LAYERS);
  EXPECT_EQ(time.spent, absl::Seconds(4));
  EXPECT_EQ(time.last_task, "task b/2");
  EXPECT_EQ(time.last_worker, "w");
  EXPECT_EQ(time.last_took, absl::Seconds(2));
  // The pause until a retry is no time of the phase.
  test.time += absl::Hours(1);
  test.Retry("b");
  test.time += absl::Seconds(3);
  test.Cancel("b");
  EXPECT_EQ(time.spent, absl::Seconds(7));
}

TEST(StateTest, ATaskSaysAllThatItWasToldThoughLessIsKept) {
  v1::Release release;
  release.add_mirrors()->set_prefix("https://");
  release.mutable_destination()->set_location("registry.example.com/team");
  v1::Task task;
  task.set_task_id("b/1");
  task.set_build_id("b");
  task.set_name("resolve https://dl.example.com/a");
  *task.mutable_mirrors() = release.mirrors();
  *task.mutable_destination() = release.destination();
  task.mutable_resolve_file()->set_url("https://dl.example.com/a");
  v1::Task named = task;
  named.set_task_id("b/2");
  named.set_name("by another name");
  TestState test;
  test.AddBuild("b", {task, named}, v1::RESOLVE, release);
  EXPECT_EQ(test.state.FindTask("b/1")->UnpackTask().SerializeAsString(),
            task.SerializeAsString());
  EXPECT_EQ(test.state.FindTask("b/2")->UnpackTask().SerializeAsString(),
            named.SerializeAsString());

  v1::TaskResult result;
  result.mutable_resolved_file()->set_url("https://dl.example.com/a");
  result.mutable_resolved_file()->set_size(7);
  test.Grant("b/1", "w");
  test.Finish("b/1", result);
  EXPECT_EQ(test.state.FindTask("b/1")->UnpackResult().SerializeAsString(),
            result.SerializeAsString());
}

TEST(StateTest, ABuildKeepsItsListsApart) {
  v1::Release release;
  release.set_name("v1");
  release.add_files()->set_url("https://dl.example.com/a");
  release.add_images()->set_reference("registry.example.com/pause:3.9");
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::RESOLVE, release);
  const BuildEntry* build = test.state.FindBuild("b");
  EXPECT_EQ(build->release.files_size(), 0);
  EXPECT_EQ(build->file_count, 1);
  EXPECT_EQ(build->WholeRelease().SerializeAsString(),
            release.SerializeAsString());
  EXPECT_THAT(Texts(*build), Contains(HasSubstr("1 file, 1 image")));
}

TEST(StateTest, OfABuildThatSucceededTheLayersAreKeptAndAllCounts) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/resolve")}, v1::RESOLVE);
  v1::JournalRecord added;
  added.mutable_tasks_added()->set_build_id("b");
  added.mutable_tasks_added()->set_phase(v1::LAYERS);
  *added.mutable_tasks_added()->add_tasks() = MakeTask("b/layer");
  test.Apply(added);
  for (const char* id : {"b/resolve", "b/layer"}) {
    test.Grant(id, "w");
    test.Finish(id, {});
  }
  v1::JournalRecord ended;
  ended.mutable_build_ended()->set_build_id("b");
  ended.mutable_build_ended()->set_state(v1::Build::SUCCEEDED);
  test.Apply(ended);
  const BuildEntry* build = test.state.FindBuild("b");
  EXPECT_EQ(build->CountsOf(v1::RESOLVE).done, 1);
  EXPECT_EQ(build->CountsOf(v1::LAYERS).done, 1);
  EXPECT_EQ(test.state.FindTask("b/resolve"), nullptr);
  EXPECT_NE(test.state.FindTask("b/layer"), nullptr);
}

TEST(StateTest, EventsCountFromOneWithoutGaps) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test.Grant("b/1", "w");
  test.Requeue("b/1", v1::Failure::TRANSIENT, "503", absl::Seconds(4));
  const BuildEntry* build = test.state.FindBuild("b");
  for (size_t i = 0; i < build->events.size(); ++i) {
    EXPECT_EQ(build->events[i].sequence(), static_cast<int64_t>(i) + 1);
  }
  EXPECT_THAT(Texts(*build), Contains("task b/1: 503; tried again in 4.0 s"));
}

TEST(StateTest, ALeaseThatIsOverCannotEndTwice) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test.Grant("b/1", "w");
  const v1::JournalRecord stale = test.FinishRecord("b/1", {});
  test.Requeue("b/1", v1::Failure::INFRASTRUCTURE, "lost", {});
  const absl::Status status = test.state.Apply(stale);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("lease-b/1-1"));
}

TEST(StateTest, CancellingDropsLeasesAndRetryingRunsWhatIsLeft) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  test.Grant("b/1", "w");
  test.Finish("b/1", {});
  test.Grant("b/2", "w");
  test.Cancel("b");
  EXPECT_TRUE(test.state.leases().empty());
  EXPECT_TRUE(test.state.running().empty());

  test.Retry("b");
  EXPECT_EQ(test.state.running().size(), 1u);
  EXPECT_EQ(test.state.FindTask("b/1")->state, TaskState::kDone);
  EXPECT_EQ(test.state.FindTask("b/2")->state, TaskState::kRunnable);
  EXPECT_EQ(test.state.FindBuild("b")->state, v1::Build::RUNNING);
}

TEST(StateTest, RetryForgetsDelays) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test.Grant("b/1", "w");
  test.Requeue("b/1", v1::Failure::TRANSIENT, "503", absl::Seconds(60));
  EXPECT_EQ(test.state.delayed().size(), 1u);
  test.Cancel("b");
  test.Retry("b");
  EXPECT_TRUE(test.state.delayed().empty());
  EXPECT_EQ(test.state.FindTask("b/1")->trouble_or_none().transient_failures,
            0);
}

TEST(StateTest, TellsOfItemsThatAreNotInOrderAndKeepsTheNewestVerdicts) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  v1::JournalRecord judged;
  v1::ContentJudged* change = judged.mutable_content_judged();
  change->set_build_id("b");
  v1::ItemVerdict* item = change->add_verdicts();
  item->set_name("https://dl.k8s.io/kubelet");
  item->set_verdict(v1::ItemVerdict::UNSTATED);
  test.Apply(judged);
  item->set_verdict(v1::ItemVerdict::WAIVED);
  item->set_digest("sha256:aa");
  test.Apply(judged);
  const BuildEntry* build = test.state.FindBuild("b");
  const v1::ContentJudged kept = build->judged.Get();
  ASSERT_EQ(kept.verdicts_size(), 1);
  EXPECT_EQ(kept.verdicts(0).verdict(), v1::ItemVerdict::WAIVED);
  EXPECT_THAT(Texts(*build),
              Contains("https://dl.k8s.io/kubelet: has a waiver: no checksum "
                       "is stated, and it is sha256:aa"));
}

TEST(StateTest, WhatIsGoneFromTheDestinationIsMadeAgainAndLaterPhasesToo) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  for (const char* id : {"b/1", "b/2"}) {
    test.Grant(id, "w");
    test.Finish(id, {});
  }
  v1::JournalRecord added;
  added.mutable_tasks_added()->set_build_id("b");
  added.mutable_tasks_added()->set_phase(v1::VERIFY);
  *added.mutable_tasks_added()->add_tasks() = MakeTask("b/verify");
  test.Apply(added);
  v1::JournalRecord assembled;
  assembled.mutable_images_assembled()->set_build_id("b");
  assembled.mutable_images_assembled()->add_images()->set_name("files");
  test.Apply(assembled);
  test.Grant("b/verify", "w");
  v1::TaskResult verified;
  verified.mutable_verified_image()->set_native(true);
  test.Finish("b/verify", verified);
  EXPECT_THAT(test.state.FindBuild("b")->verifications, SizeIs(1));

  v1::JournalRecord reopened;
  v1::TasksReopened* change = reopened.mutable_tasks_reopened();
  change->set_build_id("b");
  change->set_phase(v1::LAYERS);
  change->add_task_ids("b/2");
  change->set_reason("1 blob is gone");
  test.Apply(reopened);
  const BuildEntry* build = test.state.FindBuild("b");
  EXPECT_EQ(build->phase, v1::LAYERS);
  EXPECT_EQ(test.state.FindTask("b/1")->state, TaskState::kDone);
  EXPECT_EQ(test.state.FindTask("b/2")->state, TaskState::kRunnable);
  EXPECT_EQ(test.state.FindTask("b/verify"), nullptr);
  EXPECT_EQ(build->CountsOf(v1::VERIFY).total, 0);
  EXPECT_EQ(build->CountsOf(v1::LAYERS).done, 1);
  EXPECT_THAT(build->verifications, SizeIs(0));
  EXPECT_THAT(build->images, SizeIs(0));
  EXPECT_THAT(Texts(*build), Contains("1 blob is gone; back to layers"));
  // The tasks of VERIFY come again once the images are assembled.
  test.Apply(added);
}

TEST(StateTest, ABuildThatIsRetriedSaysNothingOfHowItEnded) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  v1::JournalRecord ended;
  ended.mutable_build_ended()->set_build_id("b");
  ended.mutable_build_ended()->set_state(v1::Build::FAILED);
  ended.mutable_build_ended()->add_failures()->set_reason("404");
  test.Apply(ended);
  EXPECT_THAT(test.state.FindBuild("b")->failures, SizeIs(1));
  test.Retry("b");
  EXPECT_TRUE(test.state.FindBuild("b")->running());
  EXPECT_THAT(test.state.FindBuild("b")->failures, SizeIs(0));
  EXPECT_EQ(test.state.FindBuild("b")->ended, absl::InfinitePast());
  // When it fails for another reason, that is the only one.
  ended.mutable_build_ended()->mutable_failures(0)->set_reason("403");
  test.Apply(ended);
  ASSERT_THAT(test.state.FindBuild("b")->failures, SizeIs(1));
  EXPECT_EQ(test.state.FindBuild("b")->failures[0].reason(), "403");
}

TEST(StateTest, OnlyAnEndedBuildIsPrunedAndThenNothingIsLeftOfIt) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test.Grant("b/1", "w");
  test.Requeue("b/1", v1::Failure::TRANSIENT, "503", absl::Seconds(60));
  v1::JournalRecord pruned;
  pruned.mutable_build_pruned()->set_build_id("b");
  EXPECT_FALSE(test.state.Apply(pruned).ok());
  test.Cancel("b");
  test.Apply(pruned);
  EXPECT_TRUE(test.state.builds().empty());
  EXPECT_TRUE(test.state.delayed().empty());
  EXPECT_EQ(test.state.FindTask("b/1"), nullptr);
  // Its id and those of its tasks are free again.
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
}

TEST(StateTest, AnOrderToDrainIsForOneSession) {
  TestState test;
  v1::JournalRecord drained;
  drained.mutable_worker_drained()->set_worker("w");
  drained.mutable_worker_drained()->set_session("s1");
  test.Apply(drained);
  EXPECT_EQ(test.state.drains().at("w"), "s1");
  v1::JournalRecord undrained;
  undrained.mutable_worker_undrained()->set_worker("w");
  test.Apply(undrained);
  EXPECT_TRUE(test.state.drains().empty());
}

TEST(StateTest, RefusesRecordsThatDoNotFit) {
  State state;
  EXPECT_EQ(state.Apply({}).code(), absl::StatusCode::kDataLoss);
  v1::JournalRecord record;
  record.mutable_phase_entered()->set_build_id("nobody");
  EXPECT_EQ(state.Apply(record).code(), absl::StatusCode::kDataLoss);
}

TEST(StateTest, LeasesOfIdenticalTasksFromAnOlderJournalEndOneByOne) {
  TestState test;
  const auto twin = [](const std::string& id) {
    v1::Task task = MakeTask(id);
    task.mutable_make_layer()->set_image("same");
    return task;
  };
  for (const std::string id : {"a", "b", "c"}) {
    test.AddBuild(id, {twin(id + "/1")}, v1::LAYERS);
  }
  test.Grant("a/1", "w");
  test.Grant("b/1", "w");
  EXPECT_THAT(test.state.SharersOf(*test.state.FindTask("a/1")),
              ElementsAre(test.state.FindTask("c/1")));
  test.Requeue("a/1", v1::Failure::INFRASTRUCTURE, "lost", {});
  // Both wait for the one that still runs.
  EXPECT_TRUE(test.state.ready_builds().empty());
  EXPECT_THAT(
      test.state.SharersOf(*test.state.FindTask("b/1")),
      ElementsAre(test.state.FindTask("a/1"), test.state.FindTask("c/1")));
  EXPECT_THAT(test.state.FindBuild("c")->queue.shared,
              ElementsAre(std::pair(test.state.FindBuild("b")->number, 1)));
}

TEST(StateTest, AHostThatIsDownIsOneLine) {
  TestState test;
  std::vector<v1::Task> tasks;
  for (int i = 0; i < 5; ++i) {
    tasks.push_back(MakeTask(absl::StrCat("b/", i)));
  }
  test.AddBuild("b", tasks, v1::RESOLVE);
  const auto requeue = [&](int i) {
    const std::string id = absl::StrCat("b/", i);
    test.Grant(id, "w");
    v1::JournalRecord record;
    v1::TaskRequeued& change = *record.mutable_task_requeued();
    change.set_task_id(id);
    change.set_lease_id(test.state.FindTask(id)->lease->lease_id);
    change.set_worker("w");
    v1::Failure& failure = *change.mutable_failure();
    failure.set_kind(v1::Failure::TRANSIENT);
    failure.set_item(absl::StrCat("https://dl.example.com/", i));
    failure.set_reason("Connection refused");
    test.Apply(record);
  };
  for (int i = 0; i < 5; ++i) requeue(i);
  const BuildEntry& build = *test.state.FindBuild("b");
  const auto lines = [&] {
    int count = 0;
    for (const std::string& text : Texts(build)) {
      count += text.find("Connection refused") != std::string::npos;
    }
    return count;
  };
  EXPECT_EQ(lines(), 1);
  // It is told again when it takes long, with how many have met it.
  test.time += absl::Minutes(11);
  requeue(0);
  EXPECT_EQ(lines(), 2);
  EXPECT_THAT(Texts(build).back(), HasSubstr("; 5 items have met this"));
}

TEST(StateTest, ATaskKnowsWhenAndWhereItRanLast) {
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
}

TEST(StateTest, TasksThatABuildLeavesBehindAreStopped) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test.Cancel("b");
  EXPECT_EQ(StatusOfTask(*test.state.FindTask("b/1")).state(),
            v1::TaskStatus::STOPPED);
}

TEST(StateTest, WhatIsShownOfTasksOutlivesThem) {
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

TEST(StateTest, ABuildCanBeGivenAnotherPriority) {
  TestState test;
  test.AddBuild("b", {}, v1::LAYERS, {}, 5);
  v1::JournalRecord record;
  record.mutable_build_prioritized()->set_build_id("b");
  record.mutable_build_prioritized()->set_priority(-20);
  test.Apply(record);
  const BuildEntry& build = *test.state.FindBuild("b");
  EXPECT_EQ(build.priority, -20);
  EXPECT_EQ(build.submitted_priority, 5);
  EXPECT_EQ(build.events[build.events.size() - 1].text(),
            "its priority is -20; it was 5");
}

}  // namespace
}  // namespace kso::coordinator
