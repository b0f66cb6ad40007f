// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "common/base/status_notes.h"
#include "common/bytes/digest.h"
#include "coordinator/core/base/phases.h"
#include "coordinator/core/flow/build_flow.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"

// The life of builds, from submit to tag.

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

using EngineBuildTest = EngineTest;

v1::WatchBuildRequest WatchRequest(int64_t after, absl::Duration wait) {
  v1::WatchBuildRequest request;
  request.set_build_id("b1");
  request.set_after_sequence(after);
  request.mutable_wait()->set_seconds(absl::ToInt64Seconds(wait));
  return request;
}

TEST_F(EngineBuildTest, ABuildGoesThroughAllPhasesAndThenIsTagged) {
  ScriptedWorker amd("amd", "amd64", "s1");
  ScriptedWorker arm("arm", "arm64", "s2");
  RunToVerify({&amd, &arm});
  Sync(arm);
  Sync(amd);
  ASSERT_THAT(amd.held, SizeIs(1));
  ASSERT_THAT(arm.held, SizeIs(1));
  EXPECT_EQ(amd.held.begin()->second.task().task_id(), "b1/verify/amd64");
  EXPECT_EQ(arm.held.begin()->second.task().task_id(), "b1/verify/arm64");
  for (ScriptedWorker* worker : {&amd, &arm}) {
    worker->FinishAll(release_.resolved);
    Sync(*worker);
  }
  EXPECT_EQ(Get().phase(), v1::TAG);
  EXPECT_THAT(actions_.EndTag().images, SizeIs(1));

  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::SUCCEEDED);
  EXPECT_THAT(build.verifications(), SizeIs(2));
  EXPECT_THAT(build.waiting(), SizeIs(0));
  for (const v1::PhaseProgress& progress : build.progress()) {
    EXPECT_EQ(progress.done(), progress.total()) << progress.DebugString();
  }
}

TEST_F(EngineBuildTest, SubmittingTwiceIsSubmittingOnce) {
  ASSERT_TRUE(Submit().ok());
  ASSERT_TRUE(Submit().ok());
  Answer<v1::ListBuildsResponse> list;
  engine_->ListBuilds({}, list.Done());
  EXPECT_THAT(list.Get()->builds(), SizeIs(1));
}

TEST_F(EngineBuildTest, AnEqualRequestJoinsTheBuildThatRuns) {
  ASSERT_TRUE(Submit("b1").ok());
  EXPECT_EQ(Submit("b2")->build_id(), "b1");
  ASSERT_TRUE(Cancel("b1").ok());
  EXPECT_EQ(Submit("b3")->build_id(), "b3");
  release_.AddFile("https://dl.example.com/another", {"amd64"});
  EXPECT_EQ(Submit("b4")->build_id(), "b4");
}

TEST_F(EngineBuildTest, ARequestThatDiffersInOneWayGetsABuildOfItsOwn) {
  ASSERT_TRUE(Submit("b1").ok());
  v1::SubmitBuildRequest fresh = RequestOf("fresh");
  fresh.set_fresh(true);
  v1::SubmitBuildRequest plan = RequestOf("plan");
  plan.set_plan_only(true);
  v1::SubmitBuildRequest urgent = RequestOf("urgent");
  urgent.set_priority(50);
  for (v1::SubmitBuildRequest request : {fresh, plan, urgent}) {
    const std::string id = request.build_id();
    const absl::StatusOr<v1::Build> build = Submit(request);
    ASSERT_TRUE(build.ok()) << build.status();
    EXPECT_EQ(build->build_id(), id);
    EXPECT_EQ(build->fresh(), request.fresh()) << id;
    EXPECT_EQ(build->plan_only(), request.plan_only()) << id;
    EXPECT_EQ(build->priority(), request.priority()) << id;
    // The same once more joins that one, and not the first.
    request.set_build_id(id + "-again");
    EXPECT_EQ(Submit(request)->build_id(), id);
  }
}

TEST_F(EngineBuildTest, AReleaseNameMeansItsNewestBuild) {
  const std::string name = release_.release.name();
  // The ids are in another order than the builds.
  for (const char* id : {"m", "a", "z"}) {
    ASSERT_TRUE(Submit(id).ok());
    EXPECT_EQ(Get(name).build_id(), id);
    EXPECT_EQ(Cancel(name).value_or(v1::Build()).build_id(), id);
  }
  EXPECT_EQ(Retry(name).value_or(v1::Build()).build_id(), "z");
  EXPECT_EQ(Get("m").state(), v1::Build::CANCELLED);
  EXPECT_EQ(Get("a").state(), v1::Build::CANCELLED);
  // An id means that build, whatever else goes by it.
  release_.release.set_name("m");
  ASSERT_TRUE(Submit("other").ok());
  EXPECT_EQ(Get("m").name(), name);
}

TEST_F(EngineBuildTest, OldBuildsAreForgottenAndTheirBlobsSwept) {
  options_.keep_builds = 2;
  release_.release.mutable_destination()->set_kind(v1::Destination::OCI_LAYOUT);
  release_.release.mutable_destination()->set_location("/tmp/result");
  Restart();
  Settle();
  // One at each start: a crash may have left blobs of what was forgotten.
  const size_t before = actions_.sweeps().size();
  for (const char* id : {"b1", "b2", "b3"}) {
    ASSERT_TRUE(Submit(id).ok());
    ASSERT_TRUE(Cancel(id).ok());
  }
  Settle();
  EXPECT_THAT(actions_.sweeps(), SizeIs(before + 1));
  for (int i = 0; i < 2; ++i) {
    Answer<v1::ListBuildsResponse> list;
    engine_->ListBuilds({}, list.Done());
    const v1::ListBuildsResponse builds = *list.Get();
    ASSERT_THAT(builds.builds(), SizeIs(2));
    EXPECT_EQ(builds.builds(0).build_id(), "b3");
    EXPECT_EQ(builds.builds(1).build_id(), "b2");
    Restart();
  }
}

TEST_F(EngineBuildTest, WatchersAreToldOfProgressWithoutALineButNotAllTheTime) {
  ScriptedWorker worker("w", "amd64", "s1");
  ASSERT_TRUE(Submit().ok());
  Answer<v1::WatchBuildResponse> first;
  engine_->WatchBuild(WatchRequest(0, absl::Seconds(20)), first.Done());
  const v1::WatchBuildResponse seen = *first.Get();

  v1::WatchBuildRequest request =
      WatchRequest(seen.build().last_sequence(), absl::Seconds(20));
  request.set_known_revision(seen.revision());
  Answer<v1::WatchBuildResponse> second;
  engine_->WatchBuild(request, second.Done());
  Advance(absl::Seconds(1));
  EXPECT_FALSE(second.HasCome());
  // Tasks of RESOLVE are too many for a line each.
  Sync(worker);
  const v1::WatchBuildResponse told = *second.Get();
  EXPECT_THAT(told.events(), SizeIs(0));
  EXPECT_EQ(told.build().progress(0).running(), 4);
  EXPECT_NE(told.revision(), seen.revision());

  request.set_known_revision(seen.revision());
  Answer<v1::WatchBuildResponse> third;
  engine_->WatchBuild(request, third.Done());
  Settle();
  EXPECT_FALSE(third.HasCome());
  Advance(options_.progress_pause);
  EXPECT_TRUE(third.HasCome());
}

TEST_F(EngineBuildTest, ABadReleaseIsRefusedWithAllThatIsWrong) {
  release_.release.set_name("bad name");
  release_.release.clear_platforms();
  const absl::StatusOr<v1::Build> build = Submit();
  EXPECT_EQ(build.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(build.status().message()), HasSubstr("bad name"));
  EXPECT_THAT(std::string(build.status().message()), HasSubstr("\nplatforms"));
}

TEST_F(EngineBuildTest, APlanStopsBeforeTheLayers) {
  ScriptedWorker worker("w", "amd64", "s1");
  ASSERT_TRUE(Submit("b1", true).ok());
  Sync(worker);
  worker.FinishAll(release_.resolved);
  Sync(worker);
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::SUCCEEDED);
  EXPECT_GT(build.plan().layer_count(), 0);
  EXPECT_THAT(worker.held, SizeIs(0));
}

TEST_F(EngineBuildTest, AllProblemsOfResolvingAreSaidAtOnce) {
  release_.AddFile("https://dl.example.com/gone", {"amd64"});
  release_.AddImage("registry.example.com/half:1",
                    {.platforms = {"linux/amd64"}});
  ScriptedWorker worker("w", "amd64", "s1");
  ASSERT_TRUE(Submit().ok());
  Sync(worker);
  for (const auto& [id, lease] : std::map(worker.held)) {
    if (lease.task().resolve_file().url() == "https://dl.example.com/gone") {
      v1::Failure* failure = worker.AddResult(lease).mutable_failure();
      failure->set_kind(v1::Failure::PERMANENT);
      failure->set_item("https://dl.example.com/gone");
      failure->set_reason("404 Not Found");
    }
  }
  Sync(worker);
  EXPECT_EQ(Get().state(), v1::Build::RUNNING);
  worker.FinishAll(release_.resolved);
  Sync(worker);
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::FAILED);
  ASSERT_THAT(build.failures(), SizeIs(2));
  EXPECT_EQ(build.failures(0).reason(), "404 Not Found");
  EXPECT_THAT(build.failures(1).item(), HasSubstr("half:1"));
}

TEST_F(EngineBuildTest, AFailedBuildIsNotTaggedAndMayBeRetried) {
  ScriptedWorker worker("w", "amd64", "s1");
  RunToVerify({&worker});
  Sync(worker);
  ASSERT_THAT(worker.held, SizeIs(1));
  v1::Failure* failure =
      worker.AddResult(worker.held.begin()->second).mutable_failure();
  failure->set_kind(v1::Failure::PERMANENT);
  failure->set_reason("etcd is missing");
  Sync(worker);
  v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::FAILED);
  EXPECT_EQ(build.failures(0).item(), "verify kubespray-files linux/amd64");

  EXPECT_TRUE(Retry().ok());
  // The image may have failed since a part of it was gone from the destination.
  EXPECT_EQ(Get().phase(), v1::ASSEMBLE);
  // It runs again, so nothing is said of how it ended.
  EXPECT_THAT(Get().failures(), SizeIs(0));
  EXPECT_FALSE(Get().has_ended());
  AssembleWell();
  Settle();
  Sync(worker);
  EXPECT_THAT(worker.held, SizeIs(1));
  EXPECT_THAT(Get().waiting(),
              ElementsAre(HasSubstr("kso-worker --platform linux/arm64")));
}

TEST_F(EngineBuildTest, RepositoriesToMakeAreToldBeforeAnythingIsFetched) {
  actions_.AnswerRepositories(
      absl::NotFoundError("make team/kubespray-files and team/kubespray-images "
                          "at the registry"));
  ASSERT_TRUE(Submit().ok());
  Settle();
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::FAILED);
  EXPECT_EQ(build.phase(), v1::RESOLVE);
  ASSERT_THAT(build.failures(), SizeIs(1));
  EXPECT_THAT(build.failures(0).reason(),
              HasSubstr("team/kubespray-files and team/kubespray-images"));
  ASSERT_THAT(actions_.asked_for_repositories(), SizeIs(1));
  EXPECT_THAT(actions_.asked_for_repositories()[0].images,
              ElementsAre("kubespray-files", "kubespray-images"));

  actions_.AnswerRepositories(absl::OkStatus());
  ASSERT_TRUE(Retry().ok());
  Settle();
  EXPECT_EQ(Get().state(), v1::Build::RUNNING);
  EXPECT_THAT(actions_.asked_for_repositories(), SizeIs(2));
}

TEST_F(EngineBuildTest, OtherAnswersAboutRepositoriesAreLeftToThePush) {
  int builds = 0;
  for (const absl::Status& answer :
       {absl::UnavailableError("503"), absl::PermissionDeniedError("403"),
        absl::InternalError("odd")}) {
    const std::string id = "b" + std::to_string(++builds);
    actions_.AnswerRepositories(answer);
    ASSERT_TRUE(Submit(id).ok());
    Settle();
    EXPECT_EQ(Get(id).state(), v1::Build::RUNNING) << answer;
    ASSERT_TRUE(Cancel(id).ok());
  }
}

TEST_F(EngineBuildTest, APlanBeginsNoPush) {
  ASSERT_TRUE(Submit("b1", /*plan_only=*/true).ok());
  Settle();
  EXPECT_THAT(actions_.asked_for_repositories(), SizeIs(0));
}

TEST_F(EngineBuildTest, CancellingTakesTheTasksAway) {
  ScriptedWorker worker("w", "amd64", "s1");
  ASSERT_TRUE(Submit().ok());
  Sync(worker);
  auto parked = worker.Begin(*engine_);
  // A prefix will do.
  EXPECT_EQ(Cancel("b")->state(), v1::Build::CANCELLED);
  EXPECT_THAT(worker.End(parked).leases(), SizeIs(0));
  EXPECT_EQ(Cancel("b").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(EngineBuildTest, AssemblingIsTriedAgainAndThenFails) {
  ScriptedWorker worker("w", "amd64", "s1");
  RunToAssemble({&worker});
  actions_.EndAssemble(absl::UnavailableError("503"));
  EXPECT_THAT(Get().waiting(),
              ElementsAre("assemble: tried again in 1.0 s: 503"));
  Advance(absl::Seconds(1));
  actions_.EndAssemble(absl::PermissionDeniedError("may not push"));
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::FAILED);
  EXPECT_EQ(build.failures(0).reason(), "may not push");
}

TEST_F(EngineBuildTest, AnActionIsTriedSoManyTimesAndThenSaysWhatFailed) {
  ScriptedWorker worker("w", "amd64", "s1");
  RunToAssemble({&worker});
  for (const char* wait : {"1.0 s", "2.0 s", "4.0 s", "8.0 s", "16 s"}) {
    actions_.EndAssemble(absl::UnavailableError("503"));
    EXPECT_THAT(Get().waiting(), ElementsAre("assemble: tried again in " +
                                             std::string(wait) + ": 503"));
    Advance(absl::Seconds(16));
    EXPECT_THAT(Get().waiting(), SizeIs(0));
  }
  actions_.EndAssemble(absl::UnavailableError("503"));
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::FAILED);
  EXPECT_EQ(build.failures(0).kind(), v1::Failure::TRANSIENT);
  EXPECT_EQ(build.failures(0).item(), "assemble");
  EXPECT_EQ(build.failures(0).reason(), "503");
  EXPECT_EQ(build.failures(0).advice(), "mend it, then: ksoctl retry b1");
  // A retry by hand begins at once, with all tries.
  ASSERT_TRUE(Retry().ok());
  actions_.EndAssemble(absl::UnavailableError("503"));
  EXPECT_THAT(Get().waiting(),
              ElementsAre("assemble: tried again in 1.0 s: 503"));
}

TEST_F(EngineBuildTest, AFullDiskOfTheFarmIsWaitedFor) {
  ScriptedWorker worker("w", "amd64", "s1");
  RunToAssemble({&worker});
  actions_.EndAssemble(Exhausted(Resource::kDisk, "the disk is full"));
  EXPECT_EQ(Get().state(), v1::Build::RUNNING);
  Advance(absl::Seconds(1));
  actions_.EndAssemble(Exhausted(Resource::kMemory, "out of memory"));
  EXPECT_EQ(Get().state(), v1::Build::FAILED);
}

TEST_F(EngineBuildTest, WhatCannotBeDoneWithABuildIsSaidInWords) {
  const auto said = [](const absl::StatusOr<v1::Build>& answer) {
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kFailedPrecondition);
    return std::string(answer.status().message());
  };
  ASSERT_TRUE(Submit().ok());
  EXPECT_EQ(said(Retry()), "build b1 still runs; there is nothing to retry");
  ASSERT_TRUE(Cancel().ok());
  EXPECT_EQ(said(Cancel()), "build b1 was cancelled");
  actions_.AnswerRepositories(absl::NotFoundError("make the repositories"));
  ASSERT_TRUE(Submit("b2").ok());
  Settle();
  EXPECT_EQ(said(Cancel("b2")), "build b2 has failed");
  ScriptedWorker worker("w", "amd64", "s1");
  ASSERT_TRUE(Submit("b3", /*plan_only=*/true).ok());
  while (Get("b3").state() == v1::Build::RUNNING) {
    Sync(worker);
    worker.FinishAll(release_.resolved);
    Sync(worker);
  }
  EXPECT_EQ(said(Cancel("b3")), "build b3 has succeeded");
  EXPECT_EQ(said(Retry("b3")),
            "build b3 has succeeded; there is nothing to retry");
}

TEST_F(EngineBuildTest, APrefixThatSeveralBuildsHaveNamesThem) {
  ASSERT_TRUE(Submit("b1").ok());
  release_.release.set_name("another");
  ASSERT_TRUE(Submit("b2").ok());
  const auto find = [this](const std::string& name) {
    v1::GetBuildRequest request;
    request.set_build_id(name);
    Answer<v1::Build> answer;
    engine_->GetBuild(request, answer.Done());
    return answer.Get();
  };
  EXPECT_EQ(find("b1")->build_id(), "b1");
  EXPECT_EQ(std::string(find("b").status().message()),
            "\"b\" is the beginning of several builds: b1, b2");
  for (const char* none : {"", "c", "b3"}) {
    EXPECT_EQ(find(none).status().code(), absl::StatusCode::kNotFound) << none;
    EXPECT_THAT(std::string(find(none).status().message()),
                HasSubstr("there is no build"));
  }
}

TEST_F(EngineBuildTest, APriorityThatIsTheSameIsNoChange) {
  ASSERT_TRUE(Submit().ok());
  const int64_t before = Get().last_sequence();
  v1::SetPriorityRequest request;
  request.set_build_id("b1");
  for (const int priority : {0, 7, 7}) {
    request.set_priority(priority);
    Answer<v1::Build> answer;
    engine_->SetPriority(request, answer.Done());
    EXPECT_EQ(answer.Get()->priority(), priority);
  }
  EXPECT_EQ(Get().last_sequence(), before + 1);
}

TEST_F(EngineBuildTest, AWatcherOfABuildThatIsForgottenIsTold) {
  options_.keep_builds = 0;
  Restart();
  ASSERT_TRUE(Submit("b1").ok());
  Answer<v1::WatchBuildResponse> parked;
  engine_->WatchBuild(WatchRequest(1000, absl::Seconds(20)), parked.Done());
  ASSERT_TRUE(Cancel("b1").ok());
  Settle();
  ASSERT_TRUE(parked.HasCome());
  EXPECT_EQ(parked.Get().status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(parked.Get().status().message()),
              HasSubstr("build b1 was forgotten"));
}

TEST_F(EngineBuildTest, AWatcherOfABuildThatHasEndedIsAnsweredAtOnce) {
  Answer<v1::WatchBuildResponse> nobody;
  engine_->WatchBuild(WatchRequest(0, absl::Seconds(20)), nobody.Done());
  EXPECT_EQ(nobody.Get().status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(Submit("b1").ok());
  ASSERT_TRUE(Cancel("b1").ok());
  Answer<v1::WatchBuildResponse> ended;
  engine_->WatchBuild(WatchRequest(1000, absl::Seconds(20)), ended.Done());
  Settle();
  ASSERT_TRUE(ended.HasCome());
  EXPECT_EQ(ended.Get()->build().state(), v1::Build::CANCELLED);
  EXPECT_GT(ended.Get()->revision(), 0);
}

TEST_F(EngineBuildTest, NoCallIsHeldForLongerThanItMay) {
  ASSERT_TRUE(Submit().ok());
  Answer<v1::WatchBuildResponse> parked;
  engine_->WatchBuild(WatchRequest(1000, absl::Hours(1)), parked.Done());
  Advance(options_.longest_watch - absl::Milliseconds(1));
  EXPECT_FALSE(parked.HasCome());
  Advance(absl::Milliseconds(1));
  EXPECT_TRUE(parked.HasCome());
}

TEST_F(EngineBuildTest, OnlyARegistryIsAskedForRepositoriesThatAreNeeded) {
  release_.release.clear_images();
  release_.release.clear_images_base();
  ASSERT_TRUE(Submit("b1").ok());
  Settle();
  ASSERT_THAT(actions_.asked_for_repositories(), SizeIs(1));
  EXPECT_EQ(actions_.asked_for_repositories()[0].build_id, "b1");
  EXPECT_THAT(actions_.asked_for_repositories()[0].images,
              ElementsAre("kubespray-files"));
  // Once for each time that it begins.
  Settle();
  EXPECT_THAT(actions_.asked_for_repositories(), SizeIs(1));
  ASSERT_TRUE(Cancel("b1").ok());
  release_.release.mutable_destination()->set_kind(v1::Destination::OCI_LAYOUT);
  release_.release.mutable_destination()->set_location("/tmp/result");
  ASSERT_TRUE(Submit("b2").ok());
  Settle();
  EXPECT_THAT(actions_.asked_for_repositories(), SizeIs(1));
}

TEST_F(EngineBuildTest, WhereRepositoriesAreMissingItIsSaidWhatToDo) {
  actions_.AnswerRepositories(absl::NotFoundError("make them"));
  ASSERT_TRUE(Submit("b1").ok());
  Settle();
  const v1::Build failed = Get("b1");
  ASSERT_THAT(failed.failures(), SizeIs(1));
  EXPECT_EQ(failed.failures(0).kind(), v1::Failure::PERMANENT);
  EXPECT_THAT(failed.failures(0).item(),
              HasSubstr(release_.release.destination().location()));
  EXPECT_EQ(failed.failures(0).reason(), "make them");
  EXPECT_EQ(failed.failures(0).advice(),
            "make what is missing, then: ksoctl retry b1");
}

TEST_F(EngineBuildTest, WordsOfADestinationThatAreNoTextAreReadAfterARestart) {
  ScriptedWorker worker("w", "amd64", "s1");
  RunToAssemble({&worker});
  actions_.EndAssemble(absl::PermissionDeniedError(
      "the realm https://auth.example/\xff is elsewhere"));
  EXPECT_EQ(Get().state(), v1::Build::FAILED);
  Restart();
  const v1::Build build = Get();
  v1::Build read;
  ASSERT_TRUE(read.ParseFromString(build.SerializeAsString()));
  EXPECT_EQ(read.failures(0).reason(),
            "the realm https://auth.example/\xEF\xBF\xBD is elsewhere");
}

TEST_F(EngineBuildTest, WhatVanishedFromTheDestinationIsMadeAgain) {
  ScriptedWorker worker("w", "amd64", "s1");
  RunToAssemble({&worker});
  AssembleOutcome lost;
  lost.missing = {"sha256:nobody-knows"};
  const AssembleRequest request = actions_.EndAssemble(lost);
  // Nobody's layer: the images are only assembled again.
  EXPECT_EQ(Get().phase(), v1::ASSEMBLE);
  auto layer = request.layers.begin();
  for (int i = 1; i < kMaxReopened; ++i, ++layer) {
    lost.missing = {layer->second.layer().digest()};
    actions_.EndAssemble(lost);
    const v1::Build build = Get();
    EXPECT_EQ(build.phase(), v1::LAYERS);
    const v1::PhaseProgress& layers = build.progress(2);
    ASSERT_EQ(layers.phase(), v1::LAYERS);
    EXPECT_EQ(layers.done(), layers.total() - 1);
    Sync(worker);
    ASSERT_THAT(worker.held, SizeIs(1));
    EXPECT_EQ(worker.held.begin()->second.task().task_id(), layer->first);
    worker.FinishAll(release_.resolved);
    Sync(worker);
  }
  actions_.EndAssemble(lost);
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::FAILED);
  EXPECT_THAT(build.failures(0).reason(), HasSubstr("again"));
  EXPECT_THAT(build.failures(0).advice(), HasSubstr("ksoctl retry b1"));
}

TEST_F(EngineBuildTest, AnIndexThatIsGoneWhenItIsTaggedIsAssembledAndVerified) {
  ScriptedWorker worker("w", "amd64", "s1");
  ScriptedWorker arm("arm", "arm64", "s2");
  RunToVerify({&worker, &arm});
  for (int i = 0; i < 2; ++i) {
    for (ScriptedWorker* each : {&worker, &arm}) {
      Sync(*each);
      each->FinishAll(release_.resolved);
      Sync(*each);
    }
    EXPECT_EQ(Get().phase(), v1::TAG);
    if (i == 1) break;
    TagOutcome lost;
    lost.missing = {"sha256:index"};
    actions_.EndTag(lost);
    EXPECT_EQ(Get().phase(), v1::ASSEMBLE);
    AssembleOutcome outcome;
    outcome.images.emplace_back().set_name("kubespray-files");
    outcome.verify_tasks = {VerifyTask("amd64"), VerifyTask("arm64")};
    actions_.EndAssemble(outcome);
  }
  actions_.EndTag();
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::SUCCEEDED);
  // Of the images that were given up, nothing is listed.
  EXPECT_THAT(build.images(), SizeIs(1));
  EXPECT_THAT(build.verifications(), SizeIs(2));
}

TEST_F(EngineBuildTest, WhatDidNotWorkAndIsNoFailureIsANoteOfTheBuild) {
  ScriptedWorker amd("amd", "amd64", "s1");
  ScriptedWorker arm("arm", "arm64", "s2");
  RunToTag({&amd, &arm});
  TagOutcome outcome;
  outcome.notes = {"kubespray-files:latest was not moved"};
  const TagRequest request = actions_.EndTag(outcome);
  EXPECT_EQ(request.assembly.release.name(), release_.release.name());
  EXPECT_FALSE(request.assembly.images.empty());
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::SUCCEEDED);
  EXPECT_THAT(build.notes(),
              ElementsAre("kubespray-files:latest was not moved"));
}

TEST_F(EngineBuildTest, WhileItsTagsArePushedABuildIsNotCancelled) {
  ScriptedWorker amd("amd", "amd64", "s1");
  ScriptedWorker arm("arm", "arm64", "s2");
  RunToTag({&amd, &arm});
  // The tags may be there in a moment, and "cancelled" would be a lie.
  EXPECT_EQ(Cancel().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Get().state(), v1::Build::RUNNING);
  Advance(options_.tag_patience - absl::Milliseconds(1));
  EXPECT_FALSE(Cancel().ok());
  // A destination that keeps everybody waiting is not waited for.
  Advance(absl::Milliseconds(1));
  EXPECT_TRUE(Cancel().ok());
  actions_.EndTag();
  EXPECT_EQ(Get().state(), v1::Build::CANCELLED);
}

TEST_F(EngineBuildTest, BetweenTwoTriesToPushItsTagsABuildIsCancelledAtOnce) {
  ScriptedWorker amd("amd", "amd64", "s1");
  ScriptedWorker arm("arm", "arm64", "s2");
  RunToTag({&amd, &arm});
  actions_.EndTag(absl::UnavailableError("503"));
  EXPECT_TRUE(Cancel().ok());
}

TEST_F(EngineBuildTest, CancellingEndsWhatTheCoordinatorItselfDoes) {
  ScriptedWorker worker("w", "amd64", "s1");
  RunToAssemble({&worker});
  ASSERT_TRUE(Cancel().ok());
  Settle();
  EXPECT_THAT(actions_.cancelled(), ElementsAre("b1"));
  // Its answer comes too late to change anything.
  actions_.EndAssemble(AssembleOutcome());
  EXPECT_EQ(Get().state(), v1::Build::CANCELLED);
}

TEST_F(EngineBuildTest, WatchersSeeEachLineOnce) {
  ScriptedWorker worker("w", "amd64", "s1");
  ASSERT_TRUE(Submit().ok());
  Answer<v1::WatchBuildResponse> first;
  engine_->WatchBuild(WatchRequest(0, absl::Seconds(20)), first.Done());
  const v1::WatchBuildResponse seen = *first.Get();
  ASSERT_GT(seen.events_size(), 0);
  EXPECT_EQ(seen.events(0).sequence(), 1);

  Answer<v1::WatchBuildResponse> second;
  engine_->WatchBuild(
      WatchRequest(seen.build().last_sequence(), absl::Seconds(20)),
      second.Done());
  Get();
  EXPECT_FALSE(second.HasCome());
  Sync(worker);
  worker.FinishAll(release_.resolved);
  Sync(worker);
  EXPECT_EQ(second.Get()->events(0).sequence(),
            seen.build().last_sequence() + 1);

  Answer<v1::WatchBuildResponse> third;
  engine_->WatchBuild(WatchRequest(1000, absl::Seconds(20)), third.Done());
  Advance(absl::Seconds(20));
  EXPECT_THAT(third.Get()->events(), SizeIs(0));
}

TEST_F(EngineBuildTest, StoppingAnswersWhoIsParked) {
  ScriptedWorker worker("w", "amd64", "s1");
  auto parked = worker.Begin(*engine_);
  engine_->Stop();
  EXPECT_EQ(parked.Get().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Submit().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(EngineBuildTest, BuildsAreListedInPages) {
  constexpr int kBuilds = 7;
  for (int i = 1; i <= kBuilds; ++i) {
    ASSERT_TRUE(Submit("b" + std::to_string(i)).ok());
    ASSERT_TRUE(Cancel("b" + std::to_string(i)).ok());
  }
  const auto list = [&](int page_size, const std::string& token) {
    v1::ListBuildsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    Answer<v1::ListBuildsResponse> answer;
    engine_->ListBuilds(request, answer.Done());
    return answer.Get();
  };
  std::vector<std::string> seen;
  std::string token;
  do {
    const auto page = list(3, token);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->builds_size(), 3);
    for (const v1::Build& build : page->builds()) {
      seen.push_back(build.build_id());
    }
    token = page->next_page_token();
    // A build that is submitted meanwhile is not on a later page.
    if (seen.size() == 3) {
      ASSERT_TRUE(Submit("later").ok());
    }
  } while (!token.empty());
  EXPECT_THAT(seen, ElementsAre("b7", "b6", "b5", "b4", "b3", "b2", "b1"));

  // A client that knows no pages gets the newest.
  EXPECT_EQ(list(0, "")->builds(0).build_id(), "later");
  EXPECT_EQ(list(-1, "").status().code(), absl::StatusCode::kInvalidArgument);
  for (const char* bad : {"b7", "-1", "0", "1 2"}) {
    EXPECT_EQ(list(0, bad).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(EngineBuildTest, ALongLogIsToldInPortions) {
  // Each item has a failure that is as long as one may be.
  const std::string long_text(4000, 'x');
  for (int i = 0; i < 3000; ++i) {
    release_.AddFile("https://dl.example.com/" + std::to_string(i), {"amd64"});
  }
  ASSERT_TRUE(Submit().ok());
  ScriptedWorker worker("w", "amd64", "s1", /*slots=*/256);
  while (Get().state() == v1::Build::RUNNING) {
    Sync(worker);
    for (const auto& [id, lease] : std::map(worker.held)) {
      v1::Failure& failure = *worker.AddResult(lease).mutable_failure();
      failure.set_kind(v1::Failure::PERMANENT);
      failure.set_item(lease.task().name());
      failure.set_reason(long_text);
    }
    Sync(worker);
  }
  int64_t seen = 0;
  int portions = 0;
  v1::WatchBuildResponse response;
  do {
    Answer<v1::WatchBuildResponse> answer;
    engine_->WatchBuild(WatchRequest(seen, absl::ZeroDuration()),
                        answer.Done());
    response = *answer.Get();
    ASSERT_THAT(response.events(), Not(SizeIs(0)));
    EXPECT_EQ(response.events(0).sequence(), seen + 1);
    seen = response.events().rbegin()->sequence();
    EXPECT_LE(response.ByteSizeLong(), size_t{16} << 20);
    ++portions;
  } while (seen < response.build().last_sequence());
  EXPECT_GT(portions, 1);
  // The problems are counted where they are too many to be listed.
  EXPECT_THAT(response.build().failures().rbegin()->item(), HasSubstr(" more"));
}

TEST_F(EngineBuildTest, TheLargestDocumentsThatAreTakenFitIntoEveryMessage) {
  for (int i = 0; i < 8; ++i) {
    const std::string reference =
        "registry.example.com/large:" + std::to_string(i);
    release_.AddImage(reference);
    v1::Document& top = *release_.resolved.images[reference].mutable_top();
    top.mutable_content()->resize(3 << 20, ' ');
    top.mutable_content_descriptor()->set_size(3 << 20);
    top.mutable_content_descriptor()->set_digest(
        Sha256Of(top.content()).ToString());
  }
  ScriptedWorker worker("w", "amd64", "s1");
  ASSERT_TRUE(Submit().ok());
  size_t largest = 0;
  while (ComesAfter(v1::ASSEMBLE, Get().phase())) {
    ASSERT_EQ(Get().state(), v1::Build::RUNNING) << Get().DebugString();
    largest = std::max(largest, Sync(worker).ByteSizeLong());
    // One result at a time, as a worker tells of large ones.
    while (!worker.held.empty()) {
      worker.Finish(worker.held.begin()->second, release_.resolved);
      largest = std::max(largest, Sync(worker).ByteSizeLong());
    }
  }
  // Each of the two layers with manifests has 24 MiB of them.
  EXPECT_GT(largest, size_t{24} << 20);
  EXPECT_LT(largest, size_t{32} << 20);
}

}  // namespace
}  // namespace kso::coordinator
