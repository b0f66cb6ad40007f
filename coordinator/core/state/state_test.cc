// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/state.h"

#include <cstdint>
#include <string>

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

TEST(StateTest, ABuildIsAsItWasSubmitted) {
  TestState test;
  v1::JournalRecord record;
  v1::BuildSubmitted& change = *record.mutable_build_submitted();
  change.set_build_id("b");
  change.mutable_release()->set_name("v1");
  change.mutable_release()->add_files()->set_url("https://dl.example.com/a");
  *change.mutable_release()->add_platforms() = PlatformOf("amd64");
  *change.mutable_release()->add_platforms() = PlatformOf("arm64");
  change.set_plan_only(true);
  change.set_fresh(true);
  change.set_priority(7);
  change.set_submitted_by("alice");
  change.set_most_bytes(1000);
  test.Apply(record);
  const BuildEntry& build = *test.state.FindBuild("b");
  EXPECT_EQ(build.build_id, "b");
  EXPECT_EQ(build.number, 1);
  EXPECT_EQ(build.revision, 1);
  EXPECT_TRUE(build.plan_only);
  EXPECT_TRUE(build.fresh);
  EXPECT_EQ(build.priority, 7);
  EXPECT_EQ(build.submitted_priority, 7);
  EXPECT_EQ(build.submitted_by, "alice");
  EXPECT_EQ(build.most_bytes, 1000);
  EXPECT_EQ(build.created, test.time);
  EXPECT_EQ(build.ended, absl::InfinitePast());
  EXPECT_EQ(build.phase, v1::PHASE_UNSPECIFIED);
  EXPECT_FALSE(build.planned);
  EXPECT_EQ(build.CountsOf(v1::LAYERS).total, 0);
  EXPECT_EQ(build.bytes_fetched, 0);
  EXPECT_EQ(build.bytes_pushed, 0);
  EXPECT_EQ(test.state.running().at(1), &build);
  EXPECT_THAT(Texts(build),
              ElementsAre("plan of v1 submitted: 1 file, 0 images for "
                          "linux/amd64, linux/arm64"));
  // An id stands for one build.
  ExpectRefused(test, record);
}

TEST(StateTest, APhaseKnowsWhenItBeganAndWasLeft) {
  TestState test;
  test.AddBuild("b", {}, v1::LAYERS);
  const absl::Time began = test.time;
  const BuildEntry& build = *test.state.FindBuild("b");
  EXPECT_EQ(build.times.at(v1::LAYERS).began, began);
  EXPECT_EQ(build.times.at(v1::LAYERS).left, absl::InfinitePast());
  test.time += absl::Seconds(5);
  test.Apply(PhaseRecord("b", v1::ASSEMBLE));
  EXPECT_EQ(build.phase, v1::ASSEMBLE);
  EXPECT_EQ(build.times.at(v1::LAYERS).left, test.time);
  EXPECT_EQ(build.times.at(v1::LAYERS).spent, absl::Seconds(5));
  test.time += absl::Seconds(1);
  // It comes back to a phase, which began when it was entered first.
  test.Apply(PhaseRecord("b", v1::LAYERS));
  EXPECT_EQ(build.times.at(v1::LAYERS).began, began);
  EXPECT_EQ(build.times.at(v1::LAYERS).left, absl::InfinitePast());
  // A clock that is set back takes nothing away.
  test.time -= absl::Seconds(3);
  test.Cancel("b");
  EXPECT_EQ(build.times.at(v1::LAYERS).spent, absl::Seconds(5));
  EXPECT_EQ(build.times.at(v1::ASSEMBLE).spent, absl::Seconds(1));
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
  EXPECT_EQ(build->CountsOf(v1::RESOLVE).total, 1);
  EXPECT_EQ(build->CountsOf(v1::RESOLVE).leased, 0);
  EXPECT_TRUE(build->CountsOf(v1::RESOLVE).AllDone());
}

TEST(StateTest, TheListsOfABuildThatSucceededAreForgotten) {
  v1::Release release;
  release.set_name("v1");
  release.add_files()->set_url("https://dl.example.com/a");
  TestState test;
  test.AddBuild("failed", {}, v1::LAYERS, release);
  test.AddBuild("done", {}, v1::LAYERS, release);
  test.Apply(EndRecord("failed", v1::Build::FAILED));
  test.Apply(EndRecord("done", v1::Build::SUCCEEDED));
  EXPECT_EQ(test.state.FindBuild("failed")->WholeRelease().files_size(), 1);
  EXPECT_EQ(test.state.FindBuild("done")->WholeRelease().files_size(), 0);
  EXPECT_EQ(test.state.FindBuild("done")->WholeRelease().name(), "v1");
}

TEST(StateTest, AFarmThatLivesLongKeepsNothingOfFormerBuilds) {
  TestState test;
  test.AddBuild("kept", {MakeTask("kept/1", "arm64")}, v1::LAYERS);
  test.Grant("kept/1", "steady");
  test.Finish("kept/1", {});
  for (int i = 0; i < 2000; ++i) {
    const std::string id = absl::StrCat("b", i);
    v1::Task task = MakeTask(id + "/1");
    task.add_not_by(absl::StrCat("pod-", i - 1));
    test.AddBuild(id, {task}, v1::LAYERS);
    test.Grant(id + "/1", absl::StrCat("pod-", i));
    test.Finish(id + "/1", {});
    test.Cancel(id);
    v1::JournalRecord pruned;
    pruned.mutable_build_pruned()->set_build_id(id);
    test.Apply(pruned);
    ASSERT_LE(test.state.shared_by_tasks(), 1000u);
  }
  // All that the build which is kept has need of is there.
  EXPECT_GE(test.state.shared_by_tasks(), 2u);
  const TaskEntry& task = *test.state.FindTask("kept/1");
  EXPECT_EQ(*task.made_by, "steady");
  EXPECT_EQ(*task.run.worker, "steady");
  EXPECT_EQ(task.demand->platform_name, "linux/arm64");
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

TEST(StateTest, ARetryLooksUpAnewWhatThePlanWasMadeOf) {
  for (const v1::Phase phase : {v1::RESOLVE, v1::CHECK}) {
    TestState test;
    test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::RESOLVE);
    test.Grant("b/1", "w");
    test.Finish("b/1", {});
    test.Apply(PhaseRecord("b", phase));
    v1::JournalRecord checked;
    checked.mutable_destination_checked()->set_build_id("b");
    test.Apply(checked);
    const BuildEntry& build = *test.state.FindBuild("b");
    EXPECT_TRUE(build.destination.has_value());
    test.Apply(EndRecord("b", v1::Build::FAILED));
    test.Retry("b");
    EXPECT_EQ(build.phase, v1::RESOLVE);
    EXPECT_FALSE(build.destination.has_value());
    EXPECT_EQ(test.state.FindTask("b/1")->state, TaskState::kRunnable);
    EXPECT_EQ(test.state.FindTask("b/1")->made_by, nullptr);
    EXPECT_EQ(build.CountsOf(v1::RESOLVE).done, 0);
    EXPECT_EQ(LastText(build), "retried from resolve");
  }
}

TEST(StateTest, WhatFailedIsTriedAgainWithFullBudgets) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  test.Grant("b/2", "w");
  test.Finish("b/2", {});
  test.Grant("b/1", "w");
  v1::Failure failure;
  failure.set_reason("404");
  test.Fail("b/1", failure);
  const BuildEntry& build = *test.state.FindBuild("b");
  EXPECT_EQ(build.CountsOf(v1::LAYERS).failed, 1);
  EXPECT_EQ(test.state.totals().tasks_failed(), 1);
  const TaskEntry& task = *test.state.FindTask("b/1");
  EXPECT_EQ(task.state, TaskState::kFailed);
  EXPECT_EQ(task.trouble_or_none().failure.reason(), "404");
  EXPECT_EQ(task.trouble_or_none().last_worker, "w");
  EXPECT_EQ(task.run.ended, ToRunTime(test.time));
  EXPECT_EQ(LastText(build), "task b/1 failed: 404");
  EXPECT_EQ(build.events[build.events.size() - 1].level(), v1::Event::ERROR);
  test.Apply(EndRecord("b", v1::Build::FAILED));
  // A phase past CHECK is not begun anew.
  test.Retry("b");
  EXPECT_EQ(build.phase, v1::LAYERS);
  EXPECT_EQ(build.CountsOf(v1::LAYERS).failed, 0);
  EXPECT_EQ(build.CountsOf(v1::LAYERS).done, 1);
  EXPECT_EQ(task.state, TaskState::kRunnable);
  EXPECT_EQ(task.trouble, nullptr);
  EXPECT_EQ(LastText(build), "retried from layers");
}

TEST(StateTest, WhatIsGoneFromTheDestinationIsMadeAgainAndLaterPhasesToo) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  v1::TaskResult made;
  made.mutable_made_layer();
  made.set_bytes_pushed(7);
  for (const char* id : {"b/1", "b/2"}) {
    test.Grant(id, "w");
    test.Finish(id, made);
  }
  const v1::JournalRecord added =
      TasksRecord("b", v1::VERIFY, {MakeTask("b/verify")});
  test.Apply(added);
  v1::JournalRecord assembled;
  assembled.mutable_images_assembled()->set_build_id("b");
  v1::ImageResult& image = *assembled.mutable_images_assembled()->add_images();
  image.set_name("files");
  image.set_repository("r.example/files");
  image.mutable_index()->set_digest("sha256:1");
  test.Apply(assembled);
  EXPECT_THAT(test.state.FindBuild("b")->images, SizeIs(1));
  EXPECT_EQ(LastText(*test.state.FindBuild("b")),
            "files assembled: r.example/files@sha256:1");
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
  EXPECT_EQ(LastText(*build), "task b/2: made again");
  EXPECT_EQ(build->reopened, 1);
  EXPECT_FALSE(test.state.FindTask("b/2")->UnpackResult().has_made_layer());
  EXPECT_EQ(test.state.FindTask("b/2")->UnpackResult().bytes_pushed(), 0);
  // Only a task of the phase that is done can be made again.
  ExpectRefused(test, reopened);
  change->set_task_ids(0, "b/nobody");
  ExpectRefused(test, reopened);
  // The tasks of VERIFY come again once the images are assembled.
  test.Apply(added);
}

TEST(StateTest, ABuildGoesBackOnlyWhenNothingRunsThatItForgets) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  test.Grant("b/1", "w");
  test.Finish("b/1", {});
  test.Grant("b/2", "w");
  v1::JournalRecord reopened;
  reopened.mutable_tasks_reopened()->set_build_id("b");
  reopened.mutable_tasks_reopened()->set_phase(v1::LAYERS);
  reopened.mutable_tasks_reopened()->add_task_ids("b/1");
  ExpectRefused(test, reopened);

  // A task that runs in an earlier phase is no hindrance.
  TestState early;
  early.AddBuild("b", {MakeTask("b/resolve")}, v1::RESOLVE);
  early.Grant("b/resolve", "w");
  early.Apply(TasksRecord("b", v1::LAYERS, {MakeTask("b/1")}));
  early.Grant("b/1", "w");
  early.Finish("b/1", {});
  early.Apply(reopened);
  EXPECT_EQ(early.state.FindTask("b/resolve")->state, TaskState::kLeased);

  // A task of another phase is not made again.
  TestState other;
  other.AddBuild("b", {MakeTask("b/1")}, v1::RESOLVE);
  other.Grant("b/1", "w");
  other.Finish("b/1", {});
  other.Apply(TasksRecord("b", v1::LAYERS, {MakeTask("b/2")}));
  ExpectRefused(other, reopened);
}

TEST(StateTest, TheTimeInAPhaseGoesOnWhenTheBuildGoesBackToIt) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test.Grant("b/1", "w");
  test.time += absl::Seconds(2);
  test.Finish("b/1", {});
  test.Apply(PhaseRecord("b", v1::TAG));
  test.time += absl::Seconds(3);
  v1::JournalRecord reopened;
  reopened.mutable_tasks_reopened()->set_build_id("b");
  reopened.mutable_tasks_reopened()->set_phase(v1::LAYERS);
  reopened.mutable_tasks_reopened()->add_task_ids("b/1");
  test.Apply(reopened);
  const BuildEntry& build = *test.state.FindBuild("b");
  EXPECT_EQ(build.times.at(v1::TAG).spent, absl::Seconds(3));
  test.time += absl::Seconds(4);
  test.Cancel("b");
  EXPECT_EQ(build.times.at(v1::LAYERS).spent, absl::Seconds(6));
  EXPECT_EQ(build.times.at(v1::TAG).spent, absl::Seconds(3));
  // Once it is retried by hand, it may lose as much again.
  EXPECT_EQ(build.reopened, 1);
  test.Retry("b");
  EXPECT_EQ(build.reopened, 0);
}

TEST(StateTest, InterruptionsAreCountedUntilTheBuildGetsOn) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  v1::JournalRecord interrupted;
  interrupted.mutable_build_interrupted()->set_build_id("nobody");
  ExpectRefused(test, interrupted);
  interrupted.mutable_build_interrupted()->set_build_id("b");
  const BuildEntry& build = *test.state.FindBuild("b");
  const int64_t revision = build.revision;
  test.Apply(interrupted);
  test.Apply(interrupted);
  EXPECT_EQ(build.interruptions, 2);
  EXPECT_EQ(build.revision, revision + 2);
  EXPECT_THAT(LastText(build), HasSubstr("ended unexpectedly"));
  test.Apply(PhaseRecord("b", v1::ASSEMBLE));
  EXPECT_EQ(build.interruptions, 0);
  EXPECT_EQ(build.revision, revision + 3);
  // So does a step of a task count.
  test.Grant("b/1", "w");
  EXPECT_EQ(build.revision, revision + 4);
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
  ExpectRefused(test, pruned);
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

TEST(StateTest, AWorkerIsDistrustedUntilItIsTrustedAgain) {
  TestState test;
  v1::JournalRecord distrusted;
  distrusted.mutable_worker_distrusted()->set_worker("w");
  distrusted.mutable_worker_distrusted()->set_reason("it lied");
  test.Apply(distrusted);
  EXPECT_EQ(test.state.distrusted().at("w"), "it lied");
  v1::JournalRecord trusted;
  trusted.mutable_worker_trusted()->set_worker("w");
  test.Apply(trusted);
  EXPECT_TRUE(test.state.distrusted().empty());
}

TEST(StateTest, WhatIsRememberedIsInTheMemo) {
  TestState test;
  v1::JournalRecord record;
  record.mutable_image_remembered()->set_key("k");
  record.mutable_image_remembered()->mutable_image()->set_reference("a:1");
  test.Apply(record);
  EXPECT_NE(test.state.memo().FindImage("k"), nullptr);
}

TEST(StateTest, RefusesRecordsThatDoNotFit) {
  State state;
  EXPECT_EQ(state.Apply({}).code(), absl::StatusCode::kDataLoss);
  v1::JournalRecord record;
  record.mutable_phase_entered()->set_build_id("nobody");
  EXPECT_EQ(state.Apply(record).code(), absl::StatusCode::kDataLoss);
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
