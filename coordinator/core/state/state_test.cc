// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/state.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "coordinator/core/state/task_status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/core_fixture.h"

namespace kso::coordinator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<std::string> Texts(const BuildEntry& build) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < build.events.size(); ++i) {
    texts.push_back(build.events[i].text());
  }
  return texts;
}

std::string LastText(const BuildEntry& build) { return Texts(build).back(); }

// The record does not fit those before it.
void ExpectRefused(TestState& test, const v1::JournalRecord& record) {
  EXPECT_EQ(test.state.Apply(record).code(), absl::StatusCode::kDataLoss)
      << record.ShortDebugString();
}

v1::JournalRecord TasksRecord(const std::string& build, v1::Phase phase,
                              const std::vector<v1::Task>& tasks) {
  v1::JournalRecord record;
  record.mutable_tasks_added()->set_build_id(build);
  record.mutable_tasks_added()->set_phase(phase);
  *record.mutable_tasks_added()->mutable_tasks() = {tasks.begin(), tasks.end()};
  return record;
}

v1::JournalRecord PhaseRecord(const std::string& build, v1::Phase phase) {
  v1::JournalRecord record;
  record.mutable_phase_entered()->set_build_id(build);
  record.mutable_phase_entered()->set_phase(phase);
  return record;
}

v1::JournalRecord EndRecord(const std::string& build, v1::Build::State state) {
  v1::JournalRecord record;
  record.mutable_build_ended()->set_build_id(build);
  record.mutable_build_ended()->set_state(state);
  return record;
}

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

TEST(StateTest, ABuildSaysLittleThatNobodyAskedFor) {
  TestState test;
  test.AddBuild("b", {}, v1::LAYERS);
  const BuildEntry& build = *test.state.FindBuild("b");
  EXPECT_FALSE(build.plan_only);
  EXPECT_FALSE(build.fresh);
  EXPECT_EQ(build.reopened, 0);
  EXPECT_EQ(build.interruptions, 0);
  EXPECT_THAT(Texts(build)[1], "phase layers");
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

TEST(StateTest, AnImageToResolveSaysAllThatItWasToldToo) {
  v1::Release release;
  release.mutable_destination()->set_location("registry.example.com/team");
  v1::Task image;
  image.set_task_id("b/1");
  image.set_build_id("b");
  image.set_name("resolve quay.io/a:1");
  image.set_weight(3);
  image.set_fetch_group(2);
  image.mutable_resolve_image()->set_reference("quay.io/a:1");
  image.mutable_resolve_image()->set_want_configs(true);
  // As the release says, or in its own way.
  v1::Task alike = image;
  alike.set_task_id("b/2");
  *alike.mutable_destination() = release.destination();
  v1::Task other = alike;
  other.set_task_id("b/3");
  other.mutable_destination()->set_location("registry.example.com/other");
  v1::Task mirrored = alike;
  mirrored.set_task_id("b/4");
  mirrored.add_mirrors()->set_prefix("quay.io/");
  v1::Task nameless = alike;
  nameless.set_task_id("b/5");
  nameless.clear_name();
  v1::Task layer = MakeTask("b/6");
  layer.set_build_id("b");
  layer.mutable_make_layer()->set_copy_of("b/7");
  const std::vector<v1::Task> tasks = {image,    alike,    other,
                                       mirrored, nameless, layer};
  TestState test;
  test.AddBuild("b", tasks, v1::RESOLVE, release);
  for (const v1::Task& task : tasks) {
    const TaskEntry& entry = *test.state.FindTask(task.task_id());
    EXPECT_EQ(entry.UnpackTask().SerializeAsString(), task.SerializeAsString())
        << task.task_id();
    EXPECT_EQ(entry.name, task.name());
    EXPECT_EQ(entry.weight, task.weight());
    EXPECT_EQ(entry.fetch_group, task.fetch_group());
    EXPECT_EQ(entry.work, task.work_case());
    EXPECT_EQ(entry.copy, task.task_id() == "b/6");
    EXPECT_EQ(entry.phase, v1::RESOLVE);
  }
}

TEST(StateTest, AResultIsKeptAsItIs) {
  v1::Task named;
  named.set_task_id("b/1");
  named.set_name("resolve https://dl.example.com/a");
  named.mutable_resolve_file()->set_url("https://dl.example.com/a");
  v1::Task other = named;
  other.set_task_id("b/2");
  other.set_name("by another name");
  other.mutable_resolve_file()->set_digest("sha256:1");
  TestState test;
  test.AddBuild("b", {named, other, MakeTask("b/3")}, v1::RESOLVE);
  v1::TaskResult file;
  file.mutable_resolved_file()->set_url("https://dl.example.com/a");
  file.mutable_resolved_file()->set_size(7);
  v1::TaskResult elsewhere = file;
  elsewhere.mutable_resolved_file()->set_url("https://dl.example.com/b");
  v1::TaskResult layer;
  layer.mutable_made_layer()->set_diff_id("sha256:2");
  layer.set_bytes_fetched(5);
  const auto kept = [&](const std::string& id, const v1::TaskResult& result) {
    test.Grant(id, "w");
    test.Finish(id, result);
    return test.state.FindTask(id)->UnpackResult().SerializeAsString();
  };
  EXPECT_EQ(kept("b/1", file), file.SerializeAsString());
  EXPECT_EQ(kept("b/2", file), file.SerializeAsString());
  EXPECT_EQ(kept("b/3", layer), layer.SerializeAsString());
  test.AddBuild("c", {[&] {
                  v1::Task task = named;
                  task.set_task_id("c/1");
                  return task;
                }()},
                v1::RESOLVE);
  EXPECT_EQ(kept("c/1", elsewhere), elsewhere.SerializeAsString());
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

TEST(StateTest, ThePlanIsToldWithWhatItLacks) {
  TestState test;
  test.AddBuild("b", {}, v1::CHECK);
  v1::JournalRecord checked;
  checked.mutable_destination_checked()->set_build_id("b");
  test.Apply(checked);
  const BuildEntry& build = *test.state.FindBuild("b");
  EXPECT_EQ(LastText(build), "phase check");
  checked.mutable_destination_checked()->set_problem("it does not answer");
  test.Apply(checked);
  EXPECT_EQ(build.destination->problem(), "it does not answer");
  EXPECT_EQ(LastText(build),
            "planned as if the destination were empty: it does not answer");
  v1::JournalRecord planned;
  planned.mutable_plan_made()->set_build_id("b");
  planned.mutable_plan_made()->add_images()->set_image("kubespray-files");
  v1::PlanSummary& plan = *planned.mutable_plan_made()->mutable_summary();
  plan.set_layer_count(3);
  plan.set_layers_reused(2);
  plan.set_bytes_reused(2048);
  plan.set_bytes_to_fetch(1024);
  plan.set_bytes_to_pack(3072);
  plan.add_missing_platforms("a:1 has no linux/arm64");
  plan.set_missing_platforms_meaning("arm64 nodes lack it");
  plan.add_notes("a note");
  const size_t before = build.events.size();
  test.Apply(planned);
  EXPECT_TRUE(build.planned);
  EXPECT_FALSE(build.destination.has_value());
  EXPECT_EQ(build.plan.Get().layer_count(), 3);
  ASSERT_THAT(build.planned_images, SizeIs(1));
  std::vector<std::string> told = Texts(build);
  told.erase(told.begin(), told.begin() + static_cast<ptrdiff_t>(before));
  EXPECT_THAT(
      told, ElementsAre("a:1 has no linux/arm64, as the release allows",
                        "arm64 nodes lack it", "a note",
                        "plan: 3 layers of 3.0 KiB, 1.0 KiB to fetch; 2 of the "
                        "layers are there already, with 2.0 KiB"));
  EXPECT_EQ(build.events[before].level(), v1::Event::WARNING);
  EXPECT_EQ(test.state.totals().layers_reused(), 2);
  EXPECT_EQ(test.state.totals().bytes_reused(), 2048);
  // Nothing is told that is not known, or not so.
  plan.Clear();
  plan.set_bytes_to_fetch(-1);
  test.Apply(planned);
  EXPECT_EQ(LastText(build), "plan: 0 layers");
  plan.set_layer_count(1);
  plan.set_bytes_to_pack(1);
  plan.set_layers_reused(1);
  plan.clear_bytes_to_fetch();
  test.Apply(planned);
  EXPECT_EQ(LastText(build),
            "plan: 1 layer of 1 B, 0 B to fetch; 1 of the layers are there "
            "already, with 0 B");
  EXPECT_EQ(test.state.totals().layers_reused(), 3);
}

TEST(StateTest, WhatEarlierBuildsKnewIsDoneBeforeItBegins) {
  TestState test;
  v1::JournalRecord resolve = TasksRecord(
      "b", v1::RESOLVE, {MakeTask("b/1"), MakeTask("b/2"), MakeTask("b/3")});
  v1::ReusedResult known;
  known.mutable_result()->mutable_resolved_file()->set_size(7);
  (*resolve.mutable_tasks_added()->mutable_reused())["b/1"] = known;
  (*resolve.mutable_tasks_added()->mutable_reused())["b/2"] = known;
  test.AddBuild("b", {}, v1::RESOLVE);
  const BuildEntry& build = *test.state.FindBuild("b");
  EXPECT_EQ(LastText(build), "phase resolve");
  test.Apply(resolve);
  EXPECT_EQ(LastText(build),
            "2 files known by checksum from the newest release at the "
            "destination: not asked for");
  EXPECT_EQ(test.state.FindTask("b/1")->state, TaskState::kDone);
  EXPECT_EQ(test.state.FindTask("b/1")->made_by, nullptr);
  EXPECT_EQ(test.state.FindTask("b/3")->state, TaskState::kRunnable);
  EXPECT_EQ(build.CountsOf(v1::RESOLVE).done, 2);

  v1::Task verify = MakeTask("b/verify", "arm64", true);
  verify.mutable_verify_image()->set_variant("kubespray-files-all");
  v1::JournalRecord added = TasksRecord("b", v1::VERIFY, {verify});
  v1::ReusedResult& reused =
      (*added.mutable_tasks_added()->mutable_reused())["b/verify"];
  reused.set_build_id("a");
  reused.set_worker("w");
  reused.mutable_result()->mutable_verified_image()->set_native(true);
  reused.mutable_result()->mutable_verified_image()->add_checks("serves all");
  reused.mutable_result()->mutable_verified_image()->add_missing_fences(
      "seccomp");
  test.time += absl::Seconds(1);
  test.Apply(added);
  const v1::TaskStatus status = StatusOfTask(*test.state.FindTask("b/verify"));
  EXPECT_EQ(status.state(), v1::TaskStatus::DONE);
  EXPECT_TRUE(status.reused());
  EXPECT_EQ(FromProto(status.ended()), test.time);
  EXPECT_EQ(status.worker(), "");
  EXPECT_EQ(*test.state.FindTask("b/verify")->made_by, "w");
  ASSERT_THAT(build.verifications, SizeIs(1));
  const v1::Verification& verified = build.verifications[0];
  EXPECT_EQ(verified.image(), "kubespray-files-all");
  EXPECT_EQ(verified.platform().architecture(), "arm64");
  EXPECT_EQ(verified.worker(), "w");
  EXPECT_TRUE(verified.native());
  EXPECT_THAT(verified.checks(), ElementsAre("serves all"));
  EXPECT_THAT(verified.missing_fences(), ElementsAre("seccomp"));
  EXPECT_EQ(verified.verified_in_build(), "a");
  EXPECT_EQ(LastText(build),
            "task b/verify: the very image was verified in build a");
  EXPECT_EQ(test.state.totals().tasks_reused(), 3);
  EXPECT_EQ(test.state.totals().tasks_done(), 0);
}

TEST(StateTest, AnIdenticalTaskSharesTheResult) {
  TestState test;
  v1::Task twin = MakeTask("b/1");
  *twin.mutable_make_layer() = MakeTask("a/1").make_layer();
  test.AddBuild("a", {MakeTask("a/1")}, v1::LAYERS);
  test.AddBuild("b", {twin}, v1::LAYERS);
  v1::TaskResult result;
  result.mutable_made_layer();
  v1::JournalRecord shared;
  shared.mutable_task_shared()->set_task_id("b/1");
  shared.mutable_task_shared()->set_from_build_id("a");
  shared.mutable_task_shared()->set_worker("w");
  *shared.mutable_task_shared()->mutable_result() = result;
  test.Grant("a/1", "w");
  test.Finish("a/1", result);
  test.time += absl::Seconds(1);
  test.Apply(shared);
  const v1::TaskStatus status = StatusOfTask(*test.state.FindTask("b/1"));
  EXPECT_EQ(status.state(), v1::TaskStatus::DONE);
  EXPECT_TRUE(status.reused());
  EXPECT_EQ(status.worker(), "w");
  EXPECT_EQ(FromProto(status.ended()), test.time);
  EXPECT_EQ(*test.state.FindTask("b/1")->made_by, "w");
  EXPECT_TRUE(test.state.FindTask("b/1")->UnpackResult().has_made_layer());
  EXPECT_EQ(test.state.totals().tasks_reused(), 1);
  EXPECT_EQ(test.state.totals().tasks_done(), 1);
  EXPECT_EQ(test.state.totals().layers_made(), 1);
  EXPECT_EQ(LastText(*test.state.FindBuild("b")),
            "task b/1: done (nothing to push, shared with build a)");
  // Once is enough.
  ExpectRefused(test, shared);
  shared.mutable_task_shared()->set_task_id("nobody");
  ExpectRefused(test, shared);
}

TEST(StateTest, OnlyATaskThatWaitsIsLeasedAndUnderAnIdOfItsOwn) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  v1::JournalRecord granted;
  granted.mutable_lease_granted()->set_task_id("nobody");
  granted.mutable_lease_granted()->set_lease_id("lease-1");
  ExpectRefused(test, granted);
  granted.mutable_lease_granted()->set_task_id("b/1");
  test.Apply(granted);
  EXPECT_EQ(test.state.FindLease("lease-1")->id, "b/1");
  EXPECT_EQ(test.state.FindLease("lease-2"), nullptr);
  granted.mutable_lease_granted()->set_lease_id("lease-2");
  ExpectRefused(test, granted);
  granted.mutable_lease_granted()->set_task_id("b/2");
  granted.mutable_lease_granted()->set_lease_id("lease-1");
  ExpectRefused(test, granted);
  // Nor does a lease of another end the task's.
  v1::JournalRecord finished;
  finished.mutable_task_finished()->set_task_id("b/1");
  finished.mutable_task_finished()->set_lease_id("lease-2");
  ExpectRefused(test, finished);
  finished.mutable_task_finished()->set_task_id("b/2");
  ExpectRefused(test, finished);
  finished.mutable_task_finished()->set_task_id("nobody");
  ExpectRefused(test, finished);
  // A task is added once.
  ExpectRefused(test, TasksRecord("b", v1::LAYERS, {MakeTask("b/1")}));
}

TEST(StateTest, TheLogTellsWhenWorkBegins) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/resolve")}, v1::RESOLVE);
  const BuildEntry& build = *test.state.FindBuild("b");
  test.Grant("b/resolve", "w");
  EXPECT_EQ(LastText(build), "phase resolve");
  for (const v1::Phase phase : {v1::LAYERS, v1::VERIFY}) {
    const std::string id = absl::StrCat("b/", v1::Phase_Name(phase));
    test.Apply(TasksRecord("b", phase, {MakeTask(id)}));
    test.Grant(id, "w");
    EXPECT_EQ(LastText(build), "task " + id + ": started");
    test.Requeue(id, v1::Failure::INFRASTRUCTURE, "lost", {});
    EXPECT_EQ(LastText(build),
              "task " + id + ": lost; task returned to the queue");
    test.Grant(id, "w");
    EXPECT_EQ(LastText(build), "task " + id + ": started, try 2");
    EXPECT_EQ(test.state.FindTask(id)->attempts, 2);
  }
}

TEST(StateTest, WhatIsLookedUpIsToldOnceAllIsThere) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::RESOLVE);
  const BuildEntry& build = *test.state.FindBuild("b");
  v1::TaskResult result;
  result.set_bytes_fetched(5);
  test.Grant("b/1", "w");
  test.Finish("b/1", result);
  EXPECT_EQ(LastText(build), "phase resolve");
  test.Grant("b/2", "w");
  test.Finish("b/2", result);
  EXPECT_EQ(LastText(build), "resolved 0 files and 0 images");
  EXPECT_EQ(build.bytes_fetched, 10);
  EXPECT_EQ(test.state.totals().bytes_fetched(), 10);
  EXPECT_EQ(test.state.totals().layers_made(), 0);
}

TEST(StateTest, WhatAVerificationReadsBackIsNotFetched) {
  TestState test;
  v1::Task verify = MakeTask("b/verify", "amd64", true);
  verify.mutable_verify_image()->set_variant("kubespray-files");
  test.AddBuild("b", {verify}, v1::VERIFY);
  v1::TaskResult result;
  result.set_bytes_fetched(2048);
  result.mutable_verified_image()->add_checks("serves 7 files");
  result.mutable_verified_image()->add_missing_fences("seccomp filter");
  test.Grant("b/verify", "w");
  test.time += absl::Seconds(3);
  test.Finish("b/verify", result);
  const BuildEntry& build = *test.state.FindBuild("b");
  EXPECT_EQ(build.bytes_fetched, 0);
  EXPECT_EQ(LastText(build),
            "task b/verify: done (2.0 KiB fetched, ran emulated, serves 7 "
            "files, without a seccomp filter, 3.0 s)");
  ASSERT_THAT(build.verifications, SizeIs(1));
  EXPECT_EQ(build.verifications[0].verified_in_build(), "");
  EXPECT_EQ(build.verifications[0].worker(), "w");
}

TEST(StateTest, TheLogSaysWhatATaskMoved) {
  TestState test;
  std::vector<v1::Task> tasks;
  for (int i = 1; i <= 4; ++i) {
    tasks.push_back(MakeTask(absl::StrCat("b/", i)));
  }
  test.AddBuild("b", tasks, v1::LAYERS);
  const BuildEntry& build = *test.state.FindBuild("b");
  const auto told = [&](int i, const v1::TaskResult& result) {
    test.Grant(absl::StrCat("b/", i), "w");
    test.Finish(absl::StrCat("b/", i), result);
    return LastText(build);
  };
  v1::TaskResult result;
  result.set_bytes_fetched(1);
  result.set_bytes_pushed(1);
  EXPECT_EQ(told(1, result), "task b/1: done (1 B fetched, 1 B pushed, 0.0 s)");
  result.clear_bytes_pushed();
  result.clear_bytes_fetched();
  EXPECT_EQ(told(2, result), "task b/2: done (0.0 s)");
  result.mutable_made_layer();
  EXPECT_EQ(told(3, result), "task b/3: done (nothing to push, 0.0 s)");
  result.mutable_copied_blobs();
  EXPECT_EQ(told(4, result), "task b/4: done (nothing to push, 0.0 s)");
  const v1::Event event = build.events[build.events.size() - 1];
  EXPECT_EQ(event.level(), v1::Event::INFO);
  EXPECT_EQ(event.task_id(), "b/4");
  EXPECT_EQ(event.worker(), "w");
  EXPECT_EQ(FromProto(event.time()), test.time);
  EXPECT_EQ(build.bytes_pushed, 1);
}

TEST(StateTest, EachKindOfTroubleIsCountedByItself) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  const TaskEntry& task = *test.state.FindTask("b/1");
  const auto requeue = [&](v1::Failure::Kind kind, bool rate_limited,
                           bool wrong_layer) {
    test.Grant("b/1", "w");
    v1::JournalRecord record;
    v1::TaskRequeued& change = *record.mutable_task_requeued();
    change.set_task_id("b/1");
    change.set_lease_id(task.lease->lease_id);
    change.set_worker("w");
    change.mutable_failure()->set_kind(kind);
    change.mutable_failure()->set_reason("trouble");
    change.mutable_failure()->set_rate_limited(rate_limited);
    if (wrong_layer) {
      change.mutable_failure()->add_wrong_layers("sha256:1");
      change.add_accused("maker");
    }
    test.Apply(record);
    const Trouble& trouble = task.trouble_or_none();
    return std::vector<int>{trouble.infrastructure_failures,
                            trouble.transient_failures,
                            trouble.rate_limit_failures};
  };
  EXPECT_THAT(requeue(v1::Failure::INFRASTRUCTURE, false, false),
              ElementsAre(1, 0, 0));
  EXPECT_THAT(requeue(v1::Failure::TRANSIENT, false, false),
              ElementsAre(1, 1, 0));
  EXPECT_EQ(task.trouble_or_none().accuser, "");
  EXPECT_THAT(requeue(v1::Failure::TRANSIENT, true, true),
              ElementsAre(1, 1, 1));
  EXPECT_EQ(task.trouble_or_none().accuser, "w");
  EXPECT_THAT(task.trouble_or_none().accused, ElementsAre("maker"));
  // It stays so, whatever comes after it.
  requeue(v1::Failure::TRANSIENT, false, false);
  EXPECT_EQ(task.trouble_or_none().accuser, "w");
  EXPECT_THAT(task.trouble_or_none().accused, ElementsAre("maker"));
  EXPECT_EQ(task.trouble_or_none().last_worker, "w");
  EXPECT_EQ(task.trouble_or_none().last_reason, "trouble");
  EXPECT_EQ(task.run.ended, ToRunTime(test.time));
}

TEST(StateTest, WhatIsHandedBackHasNotFailed) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test.Grant("b/1", "w");
  v1::JournalRecord record;
  record.mutable_task_requeued()->set_task_id("b/1");
  record.mutable_task_requeued()->set_lease_id("lease-b/1-1");
  record.mutable_task_requeued()->set_worker("w");
  test.Apply(record);
  const TaskEntry& task = *test.state.FindTask("b/1");
  EXPECT_EQ(task.state, TaskState::kRunnable);
  EXPECT_EQ(task.lease, nullptr);
  EXPECT_EQ(task.trouble_or_none().infrastructure_failures, 0);
  EXPECT_EQ(task.trouble_or_none().transient_failures, 0);
  EXPECT_EQ(LastText(*test.state.FindBuild("b")), "task b/1: handed back by w");
}

TEST(StateTest, ATwinWaitsUntilTheLastTimeThatIsGiven) {
  TestState test;
  v1::Task twin = MakeTask("b/1");
  *twin.mutable_make_layer() = MakeTask("a/1").make_layer();
  test.AddBuild("a", {MakeTask("a/1")}, v1::LAYERS);
  test.AddBuild("b", {twin}, v1::LAYERS);
  const absl::Time begin = test.time;
  const auto until = [&](const std::string& id, absl::Duration delay) {
    test.Grant(id, "w");
    test.Requeue(id, v1::Failure::TRANSIENT, absl::StrCat("503 of ", id),
                 delay);
    std::vector<absl::Duration> delays;
    for (const auto& [time, number, task] : test.state.delayed()) {
      delays.push_back(time - begin);
    }
    return delays;
  };
  EXPECT_THAT(until("a/1", absl::Seconds(60)),
              ElementsAre(absl::Seconds(60), absl::Seconds(60)));
  EXPECT_EQ(test.state.FindTask("b/1")->trouble_or_none().last_reason,
            "503 of a/1");
  // A later time holds for both, and an earlier one for the task alone.
  EXPECT_THAT(until("a/1", absl::Seconds(90)),
              ElementsAre(absl::Seconds(90), absl::Seconds(90)));
  EXPECT_THAT(until("b/1", absl::Seconds(30)),
              ElementsAre(absl::Seconds(30), absl::Seconds(90)));
  EXPECT_EQ(test.state.FindTask("a/1")->trouble_or_none().last_reason,
            "503 of a/1");
  // At its time, and not before, it is ready.
  test.state.AdvanceTo(begin + absl::Seconds(30) - absl::Milliseconds(1));
  EXPECT_TRUE(test.state.ready_builds().empty());
  test.state.AdvanceTo(begin + absl::Seconds(30));
  EXPECT_THAT(test.state.ready_builds(), SizeIs(1));
  // Time does not go back.
  test.state.AdvanceTo(begin);
  EXPECT_THAT(test.state.delayed(), SizeIs(1));
  test.state.AdvanceTo(begin + absl::Seconds(90));
  EXPECT_THAT(test.state.ready_builds(), SizeIs(2));
}

TEST(StateTest, TheLeasesOfAWorkerAreKnownWithTheirChanges) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  const auto grant = [&](const std::string& id, int seconds) {
    v1::JournalRecord record;
    v1::LeaseGranted& change = *record.mutable_lease_granted();
    change.set_task_id(id);
    change.set_lease_id("lease-" + id);
    change.set_worker("w");
    change.set_session("s");
    *change.mutable_deadline() = ToProto(test.time + absl::Seconds(seconds));
    test.Apply(record);
  };
  grant("b/1", 20);
  grant("b/2", 10);
  EXPECT_THAT(test.state.TakeLeaseChanges(), ElementsAre("w"));
  EXPECT_THAT(test.state.TakeLeaseChanges(), IsEmpty());
  EXPECT_THAT(test.state.LeasesOf("w"), ElementsAre("lease-b/1", "lease-b/2"));
  EXPECT_THAT(test.state.LeasesOf("other"), IsEmpty());
  ASSERT_THAT(test.state.deadlines(), SizeIs(2));
  EXPECT_EQ(std::get<const TaskEntry*>(*test.state.deadlines().begin())->id,
            "b/2");
  const LeaseEntry& lease = *test.state.FindTask("b/1")->lease;
  EXPECT_EQ(lease.worker, "w");
  EXPECT_EQ(lease.session, "s");
  EXPECT_EQ(lease.granted, test.time);
  EXPECT_EQ(lease.deadline, test.time + absl::Seconds(20));
  test.Finish("b/1", {});
  EXPECT_THAT(test.state.TakeLeaseChanges(), ElementsAre("w"));
  EXPECT_THAT(test.state.LeasesOf("w"), ElementsAre("lease-b/2"));
  EXPECT_THAT(test.state.deadlines(), SizeIs(1));
  EXPECT_EQ(test.state.FindLease("lease-b/1"), nullptr);
  EXPECT_EQ(test.state.FindBuild("b")->CountsOf(v1::LAYERS).leased, 1);
  test.Finish("b/2", {});
  EXPECT_THAT(test.state.leases(), IsEmpty());
  EXPECT_THAT(test.state.deadlines(), IsEmpty());
}

TEST(StateTest, OfIdenticalTasksTheOthersGoOnWhenOneIsDropped) {
  TestState test;
  v1::Task twin = MakeTask("b/1");
  *twin.mutable_make_layer() = MakeTask("a/1").make_layer();
  test.AddBuild("a", {MakeTask("a/1")}, v1::LAYERS);
  test.AddBuild("b", {twin}, v1::LAYERS);
  test.Grant("a/1", "w");
  EXPECT_TRUE(test.state.ready_builds().empty());
  EXPECT_EQ(StatusOfTask(*test.state.FindTask("b/1")).state(),
            v1::TaskStatus::SHARED);
  test.Cancel("a");
  EXPECT_THAT(test.state.ready_builds(), SizeIs(1));
  EXPECT_THAT(test.state.SharersOf(*test.state.FindTask("b/1")), IsEmpty());
  EXPECT_THAT(test.state.FindBuild("b")->queue.shared, IsEmpty());
  // A retried build waits for the other's.
  test.Grant("b/1", "w");
  test.Retry("a");
  EXPECT_THAT(test.state.ready_builds(), IsEmpty());
  EXPECT_EQ(StatusOfTask(*test.state.FindTask("a/1")).state(),
            v1::TaskStatus::SHARED);
  EXPECT_THAT(test.state.SharersOf(*test.state.FindTask("b/1")),
              ElementsAre(test.state.FindTask("a/1")));
}

TEST(StateTest, ABuildThatEndsSaysEachProblemOnce) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  v1::Failure failure;
  failure.set_item("kubelet");
  failure.set_reason("404");
  test.Grant("b/1", "w");
  test.Fail("b/1", failure);
  test.Grant("b/2", "w");
  v1::JournalRecord ended = EndRecord("b", v1::Build::FAILED);
  *ended.mutable_build_ended()->add_failures() = failure;
  ended.mutable_build_ended()->add_failures()->set_reason("the disk is full");
  ended.mutable_build_ended()->add_notes("a note");
  const BuildEntry& build = *test.state.FindBuild("b");
  const size_t before = build.events.size();
  test.time += absl::Seconds(1);
  test.Apply(ended);
  EXPECT_EQ(build.state, v1::Build::FAILED);
  EXPECT_EQ(build.ended, test.time);
  EXPECT_THAT(build.notes, ElementsAre("a note"));
  EXPECT_EQ(test.state.FindTask("b/1")->state, TaskState::kFailed);
  EXPECT_EQ(test.state.FindTask("b/2")->state, TaskState::kRunnable);
  std::vector<std::string> told = Texts(build);
  told.erase(told.begin(), told.begin() + static_cast<ptrdiff_t>(before));
  EXPECT_THAT(told, ElementsAre("the disk is full", "a note",
                                "build failed in layers: 2 problems; no tag "
                                "was pushed"));
  EXPECT_EQ(build.events[before].level(), v1::Event::ERROR);
  EXPECT_EQ(build.events[before + 1].level(), v1::Event::WARNING);
  EXPECT_EQ(build.events[before + 2].level(), v1::Event::ERROR);
}

TEST(StateTest, TheEndOfABuildIsToldInWords) {
  struct Case {
    bool plan_only;
    v1::Phase phase;
    v1::Build::State state;
    const char* text;
    v1::Event::Level level;
  };
  for (const Case& one :
       {Case{false, v1::TAG, v1::Build::SUCCEEDED, "build succeeded",
             v1::Event::INFO},
        Case{true, v1::CHECK, v1::Build::SUCCEEDED, "plan made",
             v1::Event::INFO},
        Case{false, v1::LAYERS, v1::Build::CANCELLED,
             "build cancelled; no tag was pushed", v1::Event::WARNING},
        Case{false, v1::TAG, v1::Build::CANCELLED,
             "build cancelled; tags may have been pushed", v1::Event::WARNING},
        Case{true, v1::RESOLVE, v1::Build::CANCELLED, "plan cancelled",
             v1::Event::WARNING},
        Case{true, v1::RESOLVE, v1::Build::FAILED,
             "plan failed in resolve: 0 problems", v1::Event::ERROR},
        Case{false, v1::TAG, v1::Build::FAILED,
             "build failed in tag: 0 problems; tags may have been pushed",
             v1::Event::ERROR}}) {
    TestState test;
    v1::JournalRecord submitted;
    submitted.mutable_build_submitted()->set_build_id("b");
    submitted.mutable_build_submitted()->set_plan_only(one.plan_only);
    test.Apply(submitted);
    test.Apply(PhaseRecord("b", one.phase));
    test.Apply(EndRecord("b", one.state));
    const BuildEntry& build = *test.state.FindBuild("b");
    EXPECT_EQ(LastText(build), one.text);
    EXPECT_EQ(build.events[build.events.size() - 1].level(), one.level);
    EXPECT_THAT(test.state.running(), IsEmpty());
  }
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
  const BuildEntry& build = *test.state.FindBuild("b");
  for (int i = 0; i < 5; ++i) {
    requeue(i);
    // The first stands for itself.
    EXPECT_THAT(LastText(build), Not(HasSubstr("items have met this")));
  }
  const auto lines = [&] {
    int count = 0;
    for (const std::string& text : Texts(build)) {
      count += text.find("Connection refused") != std::string::npos;
    }
    return count;
  };
  EXPECT_EQ(lines(), 1);
  // It is told again when it takes long, with how many have met it.
  const absl::Time told = test.time;
  test.time = told + absl::Minutes(10) - absl::Milliseconds(1);
  requeue(0);
  EXPECT_EQ(lines(), 1);
  test.time = told + absl::Minutes(10);
  requeue(0);
  EXPECT_EQ(lines(), 2);
  EXPECT_THAT(LastText(build), HasSubstr("; 5 items have met this"));
  requeue(1);
  EXPECT_EQ(lines(), 2);
  // The last try is told of, though the cause is the same.
  test.Grant("b/0", "w");
  v1::Failure failure;
  failure.set_kind(v1::Failure::TRANSIENT);
  failure.set_item("https://dl.example.com/0");
  failure.set_reason("Connection refused");
  test.Fail("b/0", failure);
  EXPECT_EQ(lines(), 3);
  // In another phase, it is told anew.
  test.Apply(PhaseRecord("b", v1::RESOLVE));
  requeue(1);
  EXPECT_EQ(lines(), 4);
  EXPECT_THAT(LastText(build), Not(HasSubstr("items have met this")));
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

TEST(StateTest, TheStatusOfATaskIsThatOfItsPlace) {
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

TEST(StateTest, OfTasksThatEndedAtOnceTheFirstAreShownAndAllVerifications) {
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
