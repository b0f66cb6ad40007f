// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "coordinator/core/state/state.h"
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

TEST(BuildLogTest, ABuildSaysLittleThatNobodyAskedFor) {
  TestState test;
  test.AddBuild("b", {}, v1::LAYERS);
  const BuildEntry& build = *test.state.FindBuild("b");
  EXPECT_FALSE(build.plan_only);
  EXPECT_FALSE(build.fresh);
  EXPECT_EQ(build.reopened, 0);
  EXPECT_EQ(build.interruptions, 0);
  EXPECT_THAT(Texts(build)[1], "phase layers");
}

TEST(BuildLogTest, EventsCountFromOneWithoutGaps) {
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

TEST(BuildLogTest, TellsOfItemsThatAreNotInOrderAndKeepsTheNewestVerdicts) {
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

TEST(BuildLogTest, ThePlanIsToldWithWhatItLacks) {
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

TEST(BuildLogTest, TheLogTellsWhenWorkBegins) {
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

TEST(BuildLogTest, WhatIsLookedUpIsToldOnceAllIsThere) {
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

TEST(BuildLogTest, TheLogSaysWhatATaskMoved) {
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

TEST(BuildLogTest, ABuildThatEndsSaysEachProblemOnce) {
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

TEST(BuildLogTest, TheEndOfABuildIsToldInWords) {
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

TEST(BuildLogTest, AHostThatIsDownIsOneLine) {
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

}  // namespace
}  // namespace kso::coordinator
