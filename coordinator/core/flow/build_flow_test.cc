// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/flow/build_flow.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/bytes/digest.h"
#include "coordinator/core/base/layer_key.h"
#include "coordinator/core/flow/build_view.h"
#include "coordinator/core/flow/distrust.h"
#include "coordinator/core/flow/remember.h"
#include "coordinator/core/schedule/worker_pool.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/core_fixture.h"

namespace kso::coordinator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Property;
using ::testing::SizeIs;

using Records = std::vector<v1::JournalRecord>;

v1::TaskResult LayerOf(const std::string& digest) {
  v1::TaskResult result;
  result.mutable_made_layer()->mutable_layer()->set_digest(digest);
  return result;
}

class FlowTest : public ::testing::Test {
 protected:
  const BuildEntry& build(const std::string& id = "b") {
    return *test_.state.FindBuild(id);
  }
  Records Advance() { return AdvanceBuild(test_.state, build(), workers_); }
  void Make(const std::string& task, const v1::TaskResult& result,
            const std::string& worker = "w") {
    test_.Grant(task, worker);
    test_.Finish(task, result);
  }
  void Submit(const std::string& id, int64_t most_bytes,
              const v1::Release& release = {}) {
    v1::JournalRecord record;
    record.mutable_build_submitted()->set_build_id(id);
    record.mutable_build_submitted()->set_most_bytes(most_bytes);
    *record.mutable_build_submitted()->mutable_release() = release;
    test_.Apply(record);
  }
  void Enter(const std::string& id, v1::Phase phase,
             const std::vector<v1::Task>& tasks = {}) {
    v1::JournalRecord entered;
    entered.mutable_phase_entered()->set_build_id(id);
    entered.mutable_phase_entered()->set_phase(phase);
    test_.Apply(entered);
    v1::JournalRecord added;
    added.mutable_tasks_added()->set_build_id(id);
    added.mutable_tasks_added()->set_phase(phase);
    *added.mutable_tasks_added()->mutable_tasks() = {tasks.begin(),
                                                     tasks.end()};
    test_.Apply(added);
  }

  TestState test_;
  WorkerPool workers_;
};

TEST_F(FlowTest, ABuildIsStartedAsItWasAskedFor) {
  v1::SubmitBuildRequest request;
  request.set_build_id("b");
  request.set_plan_only(true);
  request.set_priority(7);
  request.set_submitted_by("alice");
  request.mutable_release()->set_name("v1");
  request.mutable_release()->add_files()->set_url("https://dl.example.com/a");
  for (const bool fresh : {false, true}) {
    request.set_fresh(fresh);
    const Records records = StartBuild(test_.state, request);
    ASSERT_THAT(records, SizeIs(3));
    const v1::BuildSubmitted& submitted = records[0].build_submitted();
    EXPECT_EQ(submitted.build_id(), "b");
    EXPECT_EQ(submitted.release().name(), "v1");
    EXPECT_TRUE(submitted.plan_only());
    EXPECT_EQ(submitted.fresh(), fresh);
    EXPECT_EQ(submitted.priority(), 7);
    EXPECT_EQ(submitted.submitted_by(), "alice");
    EXPECT_EQ(records[1].phase_entered().build_id(), "b");
    EXPECT_EQ(records[1].phase_entered().phase(), v1::RESOLVE);
    EXPECT_EQ(records[2].tasks_added().build_id(), "b");
    EXPECT_EQ(records[2].tasks_added().phase(), v1::RESOLVE);
    EXPECT_THAT(records[2].tasks_added().tasks(), SizeIs(1));
  }
}

TEST_F(FlowTest, APhaseEndsWithItsLastTask) {
  Submit("b", 0);
  Enter("b", v1::VERIFY, {MakeTask("b/1"), MakeTask("b/2")});
  EXPECT_THAT(Advance(), IsEmpty());
  Make("b/1", {});
  EXPECT_THAT(Advance(), IsEmpty());
  Make("b/2", {});
  const Records records = Advance();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].phase_entered().build_id(), "b");
  EXPECT_EQ(records[0].phase_entered().phase(), v1::TAG);
  // The coordinator's own actions end by their answers.
  Enter("b", v1::TAG);
  EXPECT_THAT(Advance(), IsEmpty());
  test_.Cancel("b");
  EXPECT_THAT(Advance(), IsEmpty());
}

TEST_F(FlowTest, ABuildThatFailsWaitsForWhatRuns) {
  Submit("b", 0);
  Enter("b", v1::VERIFY, {MakeTask("b/1"), MakeTask("b/2"), MakeTask("b/3")});
  test_.Grant("b/1", "w");
  test_.Grant("b/2", "w");
  v1::Failure failure;
  failure.set_reason("it does not start");
  test_.Fail("b/1", failure);
  EXPECT_THAT(Advance(), IsEmpty());
  test_.Finish("b/2", {});
  const Records records = Advance();
  ASSERT_THAT(records, SizeIs(1));
  const v1::BuildEnded& ended = records[0].build_ended();
  EXPECT_EQ(ended.build_id(), "b");
  EXPECT_EQ(ended.state(), v1::Build::FAILED);
  ASSERT_THAT(ended.failures(), SizeIs(1));
  EXPECT_EQ(ended.failures(0).reason(), "it does not start");
}

TEST_F(FlowTest, ABuildMayMoveAsManyBytesAsItMay) {
  struct Case {
    int64_t most;
    int64_t fetched;
    int64_t pushed;
    bool ends;
  };
  for (const Case& one :
       {Case{1000, 1000, 1000, false}, Case{1000, 1001, 0, true},
        Case{1000, 0, 1001, true}, Case{1, 1, 1, false}, Case{1, 2, 0, true},
        Case{0, 1000, 1000, false}}) {
    test_ = TestState();
    Submit("b", one.most);
    Enter("b", v1::LAYERS, {MakeTask("b/1"), MakeTask("b/2")});
    v1::TaskResult result = LayerOf("sha256:1");
    result.set_bytes_fetched(one.fetched);
    result.set_bytes_pushed(one.pushed);
    Make("b/1", result);
    const Records records = Advance();
    ASSERT_EQ(records.size(), one.ends ? 1u : 0u)
        << one.most << " " << one.fetched << " " << one.pushed;
    if (!one.ends) continue;
    EXPECT_EQ(records[0].build_ended().state(), v1::Build::FAILED);
    const v1::Failure& failure = records[0].build_ended().failures(0);
    EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
    EXPECT_EQ(failure.item(), "the release");
    EXPECT_THAT(failure.reason(), HasSubstr("has come to "));
    EXPECT_THAT(failure.advice(), HasSubstr("--most-gib"));
  }
}

TEST_F(FlowTest, FailuresThatNobodyReadsAreCounted) {
  Submit("b", 0);
  const auto ended = [&](int failures) {
    v1::Failure failure;
    failure.set_reason(std::string(300 << 10, 'x'));
    return EndBuild(build(), v1::Build::FAILED,
                    std::vector<v1::Failure>(failures, failure))
        .build_ended();
  };
  EXPECT_THAT(ended(3).failures(), SizeIs(3));
  for (const int more : {1, 2}) {
    const v1::BuildEnded end = ended(3 + more);
    ASSERT_THAT(end.failures(), SizeIs(4));
    EXPECT_EQ(end.failures(3).item(), std::to_string(more) + " more");
    EXPECT_EQ(end.failures(3).reason(), "too many to be listed");
    EXPECT_EQ(end.failures(3).kind(), v1::Failure::PERMANENT);
    EXPECT_NE(end.failures(3).advice(), "");
  }
}

TEST_F(FlowTest, WhatIsLostIsMadeAgainByTheTaskThatPutItThere) {
  Submit("b", 0);
  v1::Task base;
  base.set_task_id("b/base");
  for (const char* digest : {"sha256:b1", "sha256:b2"}) {
    base.mutable_copy_blobs()->add_blobs()->mutable_blob()->set_digest(digest);
  }
  v1::Task copy = MakeTask("b/1/copy-1");
  copy.mutable_make_layer()->set_copy_of("b/1");
  Enter("b", v1::LAYERS, {MakeTask("b/1"), MakeTask("b/2"), base, copy});
  Make("b/1", LayerOf("sha256:1"));
  Make("b/2", LayerOf("sha256:2"));
  v1::TaskResult copied;
  copied.mutable_copied_blobs();
  Make("b/base", copied);
  Make("b/1/copy-1", LayerOf("sha256:1"), "other");
  const auto reopened = [&](const std::vector<std::string>& missing) {
    const Records records = AfterLoss(build(), missing);
    EXPECT_THAT(records, SizeIs(1));
    return records[0].tasks_reopened();
  };
  v1::TasksReopened one = reopened({"sha256:1", "sha256:1"});
  EXPECT_EQ(one.build_id(), "b");
  EXPECT_EQ(one.phase(), v1::LAYERS);
  EXPECT_EQ(one.reason(), "sha256:1 is gone from the destination");
  EXPECT_THAT(one.task_ids(), ElementsAre("b/1"));
  v1::TasksReopened two = reopened({"sha256:b2", "sha256:2"});
  EXPECT_EQ(two.reason(),
            "2 blobs are gone from the destination, sha256:2 and others");
  EXPECT_THAT(two.task_ids(), ElementsAre("b/2", "b/base"));
  // No task made it: the images are assembled again.
  const v1::TasksReopened none = reopened({"sha256:manifest"});
  EXPECT_EQ(none.phase(), v1::ASSEMBLE);
  EXPECT_THAT(none.task_ids(), IsEmpty());

  for (int i = 0; i < 3; ++i) {
    test_.Apply(AfterLoss(build(), {"sha256:manifest"})[0]);
  }
  const Records last = AfterLoss(build(), {"sha256:manifest"});
  ASSERT_THAT(last, SizeIs(1));
  EXPECT_EQ(last[0].build_ended().state(), v1::Build::FAILED);
  const v1::Failure& failure = last[0].build_ended().failures(0);
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
  EXPECT_EQ(failure.item(), "assemble");
  EXPECT_EQ(failure.reason(),
            "sha256:manifest is gone from the destination again, though they "
            "were made anew 3 times");
}

TEST_F(FlowTest, LayersAreThoseThatAreInTheImages) {
  Submit("b", 0);
  v1::Task copy = MakeTask("b/1/copy-1");
  copy.mutable_make_layer()->set_copy_of("b/1");
  Enter("b", v1::LAYERS, {MakeTask("b/1"), MakeTask("b/2"), copy});
  Make("b/1", LayerOf("sha256:1"));
  Make("b/1/copy-1", LayerOf("sha256:1"), "other");
  const auto layers = LayersOf(build());
  ASSERT_THAT(layers, SizeIs(1));
  EXPECT_EQ(layers.at("b/1").layer().digest(), "sha256:1");
}

TEST_F(FlowTest, OnlyWhatIsDoneIsResolved) {
  Submit("b", 0);
  std::vector<v1::Task> tasks(3);
  for (int i = 0; i < 2; ++i) {
    tasks[i].set_task_id("b/file-" + std::to_string(i));
    tasks[i].mutable_resolve_file()->set_url("https://dl.example.com/" +
                                             std::to_string(i));
  }
  tasks[2].set_task_id("b/image");
  tasks[2].mutable_resolve_image()->set_reference("quay.io/a:1");
  Enter("b", v1::RESOLVE, tasks);
  v1::TaskResult file;
  file.mutable_resolved_file()->set_url("https://dl.example.com/0");
  file.mutable_resolved_file()->set_size(7);
  Make("b/file-0", file);
  v1::TaskResult image;
  image.mutable_resolved_image()->set_reference("quay.io/a:1");
  Make("b/image", image);
  const Resolved resolved = ResolvedOf(build());
  ASSERT_THAT(resolved.files, SizeIs(1));
  EXPECT_EQ(resolved.files.at("https://dl.example.com/0").size(), 7);
  ASSERT_THAT(resolved.images, SizeIs(1));
  EXPECT_EQ(resolved.images.at("quay.io/a:1").reference(), "quay.io/a:1");
}

TEST_F(FlowTest, AnImageThatWasVerifiedBeforeIsNotVerifiedAgain) {
  v1::Release release;
  Submit("b", 0, release);
  v1::Task known;
  known.set_task_id("b/verify/1");
  known.mutable_verify_image()->set_variant("kubespray-files");
  v1::Task unknown = known;
  unknown.set_task_id("b/verify/2");
  unknown.mutable_verify_image()->set_variant("kubespray-images");
  v1::JournalRecord remembered;
  v1::VerificationRemembered& verification =
      *remembered.mutable_verification_remembered();
  verification.set_key(VerificationKey(known));
  verification.set_build_id("a");
  verification.set_worker("w");
  verification.mutable_result()->set_native(true);
  test_.Apply(remembered);
  v1::ImageResult image;
  image.set_name("kubespray-files");
  const Records records =
      AfterAssemble(test_.state, build(), {image}, {known, unknown});
  ASSERT_THAT(records, SizeIs(3));
  EXPECT_EQ(records[0].images_assembled().build_id(), "b");
  ASSERT_THAT(records[0].images_assembled().images(), SizeIs(1));
  EXPECT_EQ(records[1].phase_entered().phase(), v1::VERIFY);
  const v1::TasksAdded& added = records[2].tasks_added();
  EXPECT_THAT(added.tasks(), SizeIs(2));
  ASSERT_THAT(added.reused(), SizeIs(1));
  const v1::ReusedResult& reused = added.reused().at("b/verify/1");
  EXPECT_EQ(reused.build_id(), "a");
  EXPECT_EQ(reused.worker(), "w");
  EXPECT_TRUE(reused.result().verified_image().native());
}

TEST_F(FlowTest, ATaggedBuildHasSucceededAndIsRemembered) {
  Submit("b", 0);
  Enter("b", v1::TAG);
  const Records records =
      AfterTag(test_.state, build(), {"a note"}, test_.time);
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].release_remembered().build_id(), "b");
  EXPECT_EQ(records[1].build_ended().state(), v1::Build::SUCCEEDED);
  EXPECT_THAT(records[1].build_ended().notes(), ElementsAre("a note"));
}

TEST_F(FlowTest, ADestinationThatCannotBeAskedIsKeptAsAProblem) {
  Submit("b", 0);
  const Records records = AfterNoCheck(build(), "log in first");
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].destination_checked().build_id(), "b");
  EXPECT_EQ(records[0].destination_checked().problem(), "log in first");
  EXPECT_THAT(records[0].destination_checked().present(), IsEmpty());
}

// A build as a page shows it, in each phase.
class BuildViewTest : public FlowTest {
 protected:
  v1::Build View() {
    return BuildView(test_.state, build(), workers_, test_.time);
  }
  // "PHASE DONE/TOTAL RUNNING FAILED" of the phases that are actions.
  std::vector<std::string> Actions() {
    std::vector<std::string> texts;
    const v1::Build view = View();
    for (const v1::PhaseProgress& progress : view.progress()) {
      const v1::Phase phase = progress.phase();
      if (phase != v1::CHECK && phase != v1::ASSEMBLE && phase != v1::TAG) {
        continue;
      }
      texts.push_back(absl::StrCat(v1::Phase_Name(phase), " ", progress.done(),
                                   "/", progress.total(), " ",
                                   progress.running(), " ", progress.failed()));
    }
    return texts;
  }
};

TEST_F(BuildViewTest, AnActionIsOneTaskOfItsPhase) {
  Submit("b", 0);
  Enter("b", v1::LAYERS);
  EXPECT_THAT(Actions(),
              ElementsAre("CHECK 1/1 0 0", "ASSEMBLE 0/1 0 0", "TAG 0/1 0 0"));
  Enter("b", v1::ASSEMBLE);
  EXPECT_THAT(Actions(),
              ElementsAre("CHECK 1/1 0 0", "ASSEMBLE 0/1 1 0", "TAG 0/1 0 0"));
  test_.Apply(EndBuild(build(), v1::Build::FAILED));
  EXPECT_THAT(Actions(),
              ElementsAre("CHECK 1/1 0 0", "ASSEMBLE 0/1 0 1", "TAG 0/1 0 0"));
  Submit("c", 0);
  Enter("c", v1::TAG);
  test_.Apply(EndBuild(build("c"), v1::Build::SUCCEEDED));
  const v1::Build done =
      BuildView(test_.state, build("c"), workers_, test_.time);
  EXPECT_EQ(done.progress(5).phase(), v1::TAG);
  EXPECT_EQ(done.progress(5).done(), 1);
  EXPECT_EQ(done.progress(5).failed(), 0);
}

TEST_F(BuildViewTest, OnlyPhasesThatTheBuildGoesThroughAreShown) {
  const auto phases = [&](bool plan_only, bool fresh) {
    test_ = TestState();
    v1::JournalRecord record;
    record.mutable_build_submitted()->set_build_id("b");
    record.mutable_build_submitted()->set_plan_only(plan_only);
    record.mutable_build_submitted()->set_fresh(fresh);
    test_.Apply(record);
    std::vector<v1::Phase> shown;
    const v1::Build view = View();
    for (const auto& progress : view.progress()) {
      shown.push_back(progress.phase());
    }
    return shown;
  };
  EXPECT_THAT(phases(false, false),
              ElementsAre(v1::RESOLVE, v1::CHECK, v1::LAYERS, v1::ASSEMBLE,
                          v1::VERIFY, v1::TAG));
  EXPECT_THAT(phases(true, false), ElementsAre(v1::RESOLVE, v1::CHECK));
  EXPECT_THAT(
      phases(false, true),
      ElementsAre(v1::RESOLVE, v1::LAYERS, v1::ASSEMBLE, v1::VERIFY, v1::TAG));
  EXPECT_THAT(phases(true, true), ElementsAre(v1::RESOLVE));
}

TEST_F(BuildViewTest, SaysAllThatIsKnown) {
  v1::JournalRecord record;
  v1::BuildSubmitted& change = *record.mutable_build_submitted();
  change.set_build_id("b");
  change.set_priority(7);
  change.set_submitted_by("alice");
  change.mutable_release()->set_name("v1");
  change.mutable_release()->mutable_destination()->set_location("reg/team");
  test_.Apply(record);
  const absl::Time created = test_.time;
  Enter("b", v1::LAYERS,
        {MakeTask("b/1", "", false, 100), MakeTask("b/2", "", false, 7)});
  test_.Grant("b/1", "w");
  EXPECT_FALSE(View().progress(2).has_last_took());
  test_.time += absl::Seconds(2);
  v1::TaskResult result = LayerOf("sha256:1");
  result.set_bytes_fetched(5);
  result.set_bytes_pushed(6);
  test_.Finish("b/1", result);
  test_.time += absl::Seconds(3);
  v1::Build view = View();
  EXPECT_EQ(view.build_id(), "b");
  EXPECT_EQ(view.name(), "v1");
  EXPECT_EQ(view.state(), v1::Build::RUNNING);
  EXPECT_EQ(view.phase(), v1::LAYERS);
  EXPECT_EQ(view.priority(), 7);
  EXPECT_EQ(view.submitted_by(), "alice");
  EXPECT_EQ(view.destination().location(), "reg/team");
  EXPECT_EQ(FromProto(view.created()), created);
  EXPECT_FALSE(view.has_ended());
  EXPECT_FALSE(view.has_plan());
  EXPECT_EQ(view.bytes_fetched(), 5);
  EXPECT_EQ(view.bytes_pushed(), 6);
  EXPECT_EQ(view.last_sequence(), static_cast<int64_t>(build().events.size()));
  EXPECT_THAT(view.waiting(), ElementsAre(HasSubstr("no worker")));
  const v1::PhaseProgress& layers = view.progress(2);
  EXPECT_EQ(layers.phase(), v1::LAYERS);
  EXPECT_EQ(layers.total(), 2);
  EXPECT_EQ(layers.done(), 1);
  EXPECT_EQ(layers.bytes_total(), 107);
  EXPECT_EQ(layers.bytes_done(), 100);
  EXPECT_EQ(FromProto(layers.took()), absl::Seconds(5));
  EXPECT_EQ(layers.last_task(), "task b/1");
  EXPECT_EQ(layers.last_worker(), "w");
  EXPECT_EQ(FromProto(layers.last_took()), absl::Seconds(2));
  // A phase in which no task is done says nothing of one.
  EXPECT_FALSE(view.progress(4).has_last_took());
  EXPECT_FALSE(view.progress(4).has_took());

  v1::JournalRecord planned;
  planned.mutable_plan_made()->set_build_id("b");
  planned.mutable_plan_made()->mutable_summary()->set_layer_count(3);
  test_.Apply(planned);
  v1::JournalRecord judged;
  judged.mutable_content_judged()->set_build_id("b");
  judged.mutable_content_judged()->add_verdicts()->set_name("kubelet");
  test_.Apply(judged);
  v1::JournalRecord assembled;
  assembled.mutable_images_assembled()->set_build_id("b");
  assembled.mutable_images_assembled()->add_images()->set_name("files");
  test_.Apply(assembled);
  v1::JournalRecord ended =
      EndBuild(build(), v1::Build::FAILED, {v1::Failure()});
  ended.mutable_build_ended()->add_notes("a note");
  test_.Apply(ended);
  view = View();
  EXPECT_EQ(view.plan().layer_count(), 3);
  ASSERT_THAT(view.verdicts(), SizeIs(1));
  EXPECT_EQ(view.verdicts(0).name(), "kubelet");
  EXPECT_THAT(view.images(), SizeIs(1));
  EXPECT_THAT(view.failures(), SizeIs(1));
  EXPECT_THAT(view.notes(), ElementsAre("a note"));
  EXPECT_EQ(FromProto(view.ended()), test_.time);
}

// The memories that outlive a build.
class RememberTest : public FlowTest {
 protected:
  RememberTest() {
    release_.set_name("v1");
    release_.mutable_destination()->set_kind(v1::Destination::REGISTRY);
    release_.mutable_destination()->set_location("reg.example/team");
  }
  // The layer is made by a build, and what is remembered of it is applied.
  Records MakeAndRemember(const std::string& build, v1::Task task,
                          const v1::TaskResult& result) {
    if (test_.state.FindBuild(build) == nullptr) Submit(build, 0, release_);
    task.set_task_id(build + "/" + std::to_string(++tasks_));
    *task.mutable_destination() = release_.destination();
    Enter(build, v1::LAYERS, {task});
    test_.Grant(task.task_id(), "w");
    const v1::JournalRecord record = test_.FinishRecord(task.task_id(), result);
    test_.Apply(record);
    Records memories = MemoriesOf(test_.state, record);
    for (const v1::JournalRecord& memory : memories) test_.Apply(memory);
    return memories;
  }
  static v1::Task Layer(const std::string& image) {
    v1::Task task;
    task.mutable_make_layer()->set_image(image);
    task.mutable_make_layer()->set_name("kubelet");
    task.mutable_make_layer()->set_times_of_content(true);
    v1::LayerMember& member = *task.mutable_make_layer()->add_members();
    member.set_path("opt/a");
    member.mutable_file()->set_digest(Sha256Of("a").ToString());
    return task;
  }
  static v1::TaskResult Made(const std::string& digest) {
    v1::TaskResult result = LayerOf(digest);
    result.mutable_made_layer()->add_members();
    return result;
  }

  v1::Release release_;
  int tasks_ = 0;
};

TEST_F(RememberTest, ALayerIsKnownByItsRecipeInEachRepository) {
  const Records first = MakeAndRemember("b", Layer("files"), Made("sha256:1"));
  ASSERT_THAT(first, SizeIs(1));
  v1::Task task = Layer("files");
  const v1::LayerRemembered& layer = first[0].layer_remembered();
  EXPECT_EQ(layer.key(), RecipeOf(task)->key);
  EXPECT_EQ(layer.space(), "registry reg.example");
  EXPECT_THAT(layer.repositories(), ElementsAre("team/files"));
  EXPECT_EQ(layer.layer().layer().digest(), "sha256:1");
  EXPECT_THAT(layer.identities(), ElementsAre(Sha256Of("a").ToString()));
  EXPECT_EQ(layer.name(), "kubelet");
  EXPECT_TRUE(layer.times_of_content());
  EXPECT_EQ(layer.made_by(), "w");
  // The same once more is nothing new.
  EXPECT_THAT(MakeAndRemember("b", Layer("files"), Made("sha256:1")),
              IsEmpty());
  // In another repository, it is there, too.
  const Records second =
      MakeAndRemember("c", Layer("images"), Made("sha256:1"));
  ASSERT_THAT(second, SizeIs(2));
  EXPECT_EQ(second[0].memory_forgotten().subject(),
            "layer registry reg.example " + layer.key());
  EXPECT_THAT(second[1].layer_remembered().repositories(),
              ElementsAre("team/images", "team/files"));
  // Where it came out otherwise, the former one is no more.
  const Records other = MakeAndRemember("d", Layer("files"), Made("sha256:2"));
  ASSERT_THAT(other, SizeIs(2));
  EXPECT_THAT(other[1].layer_remembered().repositories(),
              ElementsAre("team/files"));
}

TEST_F(RememberTest, WhatDoesNotStandByItselfIsNotRemembered) {
  // It has other members than its task.
  EXPECT_THAT(MakeAndRemember("b", Layer("files"), LayerOf("sha256:1")),
              IsEmpty());
  // Its content is in doubt.
  v1::Task doubt = Layer("files");
  doubt.mutable_make_layer()
      ->mutable_members(0)
      ->mutable_file()
      ->clear_digest();
  EXPECT_THAT(MakeAndRemember("b", doubt, Made("sha256:1")), IsEmpty());
  // It is made to be compared, and is not at the destination.
  v1::Task copy = Layer("files");
  copy.mutable_make_layer()->set_copy_of("b/1");
  EXPECT_THAT(MakeAndRemember("b", copy, Made("sha256:1")), IsEmpty());
  v1::Task file;
  file.mutable_resolve_file()->set_url("https://dl.example.com/a");
  v1::TaskResult resolved;
  resolved.mutable_resolved_file()->set_url("https://dl.example.com/a");
  EXPECT_THAT(MakeAndRemember("b", file, resolved), IsEmpty());
  v1::JournalRecord unknown;
  unknown.mutable_task_finished()->set_task_id("nobody");
  EXPECT_THAT(MemoriesOf(test_.state, unknown), IsEmpty());
}

TEST_F(RememberTest, AnImageIsKnownByWhatItsNameMeansNow) {
  v1::Task task;
  task.mutable_resolve_image()->set_reference("quay.io/a:1");
  v1::TaskResult result;
  v1::ResolvedImage& image = *result.mutable_resolved_image();
  image.set_reference("quay.io/a:1");
  image.set_manifest_gets(3);
  image.mutable_top()->mutable_content_descriptor()->set_digest("sha256:1");
  const Records first = MakeAndRemember("b", task, result);
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].image_remembered().key(), ImageKey(task));
  EXPECT_EQ(first[0].image_remembered().resolved_by(), "w");
  EXPECT_EQ(first[0].image_remembered().image().reference(), "quay.io/a:1");
  EXPECT_EQ(first[0].image_remembered().image().manifest_gets(), 0);
  EXPECT_THAT(MakeAndRemember("b", task, result), IsEmpty());
  image.mutable_top()->mutable_content_descriptor()->set_digest("sha256:2");
  const Records second = MakeAndRemember("b", task, result);
  ASSERT_THAT(second, SizeIs(2));
  EXPECT_EQ(second[0].memory_forgotten().subject(), "image " + ImageKey(task));

  // An answer that it is unchanged is completed by what is remembered.
  task.mutable_resolve_image()->set_known_digest("sha256:2");
  task.set_task_id("b/again");
  Enter("b", v1::RESOLVE, {task});
  v1::JournalRecord record;
  record.mutable_task_finished()->set_task_id("b/again");
  v1::ResolvedImage& answer = *record.mutable_task_finished()
                                   ->mutable_result()
                                   ->mutable_resolved_image();
  answer.set_unchanged(true);
  answer.set_manifest_gets(1);
  Complete(test_.state, record);
  EXPECT_EQ(answer.top().content_descriptor().digest(), "sha256:2");
  EXPECT_FALSE(answer.unchanged());
  EXPECT_EQ(answer.manifest_gets(), 1);
  // Not where it was another one that is unchanged.
  task.set_task_id("b/other");
  task.mutable_resolve_image()->set_known_digest("sha256:3");
  Enter("b", v1::RESOLVE, {task});
  answer.Clear();
  answer.set_unchanged(true);
  record.mutable_task_finished()->set_task_id("b/other");
  Complete(test_.state, record);
  EXPECT_TRUE(answer.unchanged());
  record.mutable_task_finished()->set_task_id("nobody");
  Complete(test_.state, record);
  EXPECT_TRUE(answer.unchanged());
}

TEST_F(RememberTest, AVerificationIsKnownByWhatWasCompared) {
  v1::Task task;
  *task.mutable_platform() = PlatformOf("arm64");
  v1::VerifyImage& work = *task.mutable_verify_image();
  work.set_variant("kubespray-files");
  work.set_base("sha256:base");
  work.add_layers()->set_digest("sha256:1");
  work.add_layers()->set_digest("sha256:2");
  work.mutable_layers(1)->set_partly_served(true);
  v1::TaskResult result;
  result.mutable_verified_image()->set_native(true);
  const Records first = MakeAndRemember("b", task, result);
  ASSERT_THAT(first, SizeIs(1));
  const v1::VerificationRemembered& known = first[0].verification_remembered();
  EXPECT_EQ(known.key(), VerificationKey(task));
  EXPECT_EQ(known.build_id(), "b");
  EXPECT_EQ(known.worker(), "w");
  EXPECT_TRUE(known.result().native());
  EXPECT_EQ(known.platform().architecture(), "arm64");
  EXPECT_EQ(known.base(), "sha256:base");
  EXPECT_THAT(known.layers(), ElementsAre("sha256:1"));
  EXPECT_THAT(MakeAndRemember("b", task, result), SizeIs(2));
}

TEST_F(RememberTest, AReleaseIsRememberedWithItsGroupsAndWhatItCost) {
  Submit("b", 0, release_);
  Enter("b", v1::LAYERS,
        {MakeTask("b/1"), MakeTask("b/2"), MakeTask("b/site")});
  v1::TaskResult one = LayerOf("sha256:1");
  one.set_bytes_fetched(600);
  one.set_bytes_pushed(400);
  Make("b/1", one);
  Make("b/2", LayerOf("sha256:2"));
  Make("b/site", LayerOf("sha256:3"));
  v1::JournalRecord planned;
  v1::PlanMade& plan = *planned.mutable_plan_made();
  plan.set_build_id("b");
  const auto add =
      [&](const std::string& image, const std::string& architecture,
          const std::string& suffix, const std::vector<std::string>& layers) {
        v1::PlannedImage& added = *plan.add_images();
        added.set_image(image);
        added.set_tag_suffix(suffix);
        *added.mutable_platform() = PlatformOf(architecture);
        for (const std::string& layer : layers) added.add_layer_task_ids(layer);
      };
  add("kubespray-files", "amd64", "", {"b/1", "b/2", "b/site"});
  // Its platforms have the same layers; what is reused has no task.
  add("kubespray-files", "arm64", "", {"b/1", "b/2", "b/site"});
  add("kubespray-images", "arm64", "", {"b/gone", "b/2", "b/links"});
  add("kubespray-images", "arm64", "-all", {"b/1", "b/links"});
  test_.Apply(planned);
  v1::JournalRecord judged;
  judged.mutable_content_judged()->set_build_id("b");
  v1::ItemVerdict& verdict = *judged.mutable_content_judged()->add_verdicts();
  verdict.set_name("kubelet");
  verdict.set_digest("sha256:k");
  verdict.set_size(9);
  test_.Apply(judged);
  const Records records =
      RememberRelease(test_.state, build(), test_.time + absl::Seconds(60));
  ASSERT_THAT(records, SizeIs(1));
  const v1::ReleaseRemembered& known = records[0].release_remembered();
  EXPECT_EQ(known.space(), "registry reg.example");
  EXPECT_EQ(known.destination(), "docker://reg.example/team");
  EXPECT_EQ(known.build_id(), "b");
  EXPECT_EQ(known.name(), "v1");
  ASSERT_THAT(known.groups(), SizeIs(2));
  EXPECT_EQ(known.groups(0).name(), "kubespray-files");
  EXPECT_THAT(known.groups(0).layers(), ElementsAre("sha256:1", "sha256:2"));
  EXPECT_EQ(known.groups(1).name(), "kubespray-images linux/arm64");
  EXPECT_THAT(known.groups(1).layers(), ElementsAre("sha256:2"));
  EXPECT_EQ(known.contents().release(), "v1");
  ASSERT_THAT(known.contents().items(), SizeIs(1));
  EXPECT_EQ(known.contents().items(0).name(), "kubelet");
  EXPECT_EQ(known.contents().items(0).digest(), "sha256:k");
  EXPECT_EQ(known.contents().items(0).size(), 9);
  EXPECT_EQ(known.bytes_moved(), 1000);
  EXPECT_EQ(FromProto(known.took()), absl::Seconds(60));
  test_.Apply(records[0]);

  // A build that moved next to nothing does not say how fast the farm is.
  const auto moved_after = [&](const std::string& id, int64_t bytes) {
    Submit(id, 0, release_);
    Enter(id, v1::LAYERS, {MakeTask(id + "/1")});
    v1::TaskResult result = LayerOf("sha256:1");
    result.set_bytes_fetched(bytes);
    Make(id + "/1", result);
    const Records after =
        RememberRelease(test_.state, build(id), test_.time + absl::Seconds(5));
    EXPECT_THAT(after, SizeIs(2));
    EXPECT_EQ(after[0].memory_forgotten().subject(),
              "release docker://reg.example/team");
    EXPECT_EQ(FromProto(after[1].release_remembered().took()),
              bytes < 100 ? absl::Seconds(60) : absl::Seconds(5));
    return after[1].release_remembered().bytes_moved();
  };
  EXPECT_EQ(moved_after("c", 99), 1000);
  EXPECT_EQ(moved_after("d", 100), 100);
}

TEST_F(FlowTest, WhatAWorkerDidIsDoneAgainWhenItIsNotTrusted) {
  for (const std::string id : {"b", "c", "d"}) {
    Submit(id, 0);
    Enter(id, v1::LAYERS,
          {MakeTask(id + "/1"), MakeTask(id + "/2"), MakeTask(id + "/3")});
  }
  Make("b/1", LayerOf("sha256:1"), "bad");
  Make("b/2", LayerOf("sha256:2"), "good");
  Make("c/1", LayerOf("sha256:3"), "bad");
  Make("c/2", LayerOf("sha256:4"), "bad");
  Make("d/1", LayerOf("sha256:5"), "good");
  for (const std::string key : {"i1", "i2"}) {
    v1::JournalRecord image;
    image.mutable_image_remembered()->set_key(key);
    image.mutable_image_remembered()->set_resolved_by("bad");
    test_.Apply(image);
  }
  EXPECT_THAT(MakersOf(build(), {"sha256:1", "sha256:9"}), ElementsAre("bad"));
  EXPECT_THAT(MakersOf(build(), {"sha256:9"}), IsEmpty());
  const DistrustOutcome spared =
      DistrustWorker(test_.state, "bad", "it lied", &build("c"));
  EXPECT_EQ(spared.failed_builds, 1);
  const DistrustOutcome outcome =
      DistrustWorker(test_.state, "bad", "it lied", nullptr);
  EXPECT_EQ(outcome.forgotten, 2);
  EXPECT_EQ(outcome.failed_builds, 2);
  ASSERT_THAT(outcome.records, SizeIs(5));
  EXPECT_EQ(outcome.records[0].worker_distrusted().worker(), "bad");
  EXPECT_EQ(outcome.records[0].worker_distrusted().reason(), "it lied");
  EXPECT_EQ(outcome.records[1].memory_forgotten().subject(), "image i1");
  EXPECT_EQ(outcome.records[3].build_ended().build_id(), "b");
  const v1::BuildEnded& ended = outcome.records[4].build_ended();
  EXPECT_EQ(ended.build_id(), "c");
  EXPECT_EQ(ended.failures(0).kind(), v1::Failure::PERMANENT);
  EXPECT_EQ(ended.failures(0).item(), "worker bad");
  EXPECT_EQ(ended.failures(0).reason(),
            "is not trusted any more, and did 2 tasks of this build");
  EXPECT_THAT(ended.failures(0).advice(), HasSubstr("ksoctl retry c"));

  EXPECT_THAT(RedoDistrusted(test_.state, build()), IsEmpty());
  test_.Apply(outcome.records[0]);
  const Records redone = RedoDistrusted(test_.state, build());
  ASSERT_THAT(redone, SizeIs(1));
  EXPECT_EQ(redone[0].tasks_reopened().build_id(), "b");
  EXPECT_EQ(redone[0].tasks_reopened().phase(), v1::LAYERS);
  EXPECT_THAT(redone[0].tasks_reopened().task_ids(), ElementsAre("b/1"));
  EXPECT_EQ(redone[0].tasks_reopened().reason(),
            "worker bad is not trusted, and did 1 task");
  EXPECT_THAT(RedoDistrusted(test_.state, build("d")), IsEmpty());
}

// A plan that was drafted before the destination was asked, and what becomes of
// it by the answers.
class DraftTest : public ::testing::Test {
 protected:
  DraftTest() {
    test_.AddBuild("b", {}, v1::RESOLVE);
    for (const char* digest : {"sha256:1", "sha256:2"}) {
      BlobQuestion question;
      question.image = "kubespray-files";
      question.blob.set_digest(digest);
      draft_.questions.push_back(question);
    }
  }

  // Returns whether the draft becomes the plan.
  bool Stands(const std::vector<std::string>& present) {
    const std::vector<v1::JournalRecord> records =
        AfterCheck(*test_.state.FindBuild("b"), draft_, present);
    // The answers are kept in any case.
    EXPECT_THAT(
        records,
        Contains(Property(&v1::JournalRecord::has_destination_checked, true)));
    return std::any_of(records.begin(), records.end(),
                       [](const auto& each) { return each.has_plan_made(); });
  }

  TestState test_;
  Plan draft_;
  const std::string one_ = "kubespray-files@sha256:1";
  const std::string two_ = "kubespray-files@sha256:2";
};

TEST_F(DraftTest, IsThePlanWhereAllIsThereThatItAskedFor) {
  EXPECT_TRUE(Stands({two_, one_}));
  EXPECT_FALSE(Stands({one_}));
  EXPECT_FALSE(Stands({}));
  // The same blob in another repository is not the one.
  EXPECT_FALSE(Stands({one_, "kubespray-images@sha256:2"}));
}

TEST_F(DraftTest, IsMadeAnewWhereItGaveLayersUpThatItDidNotAskFor) {
  // Tells whether they are there was not asked, and may change the grouping.
  draft_.gives_up_layers = true;
  EXPECT_FALSE(Stands({one_, two_}));
}

}  // namespace
}  // namespace kso::coordinator
