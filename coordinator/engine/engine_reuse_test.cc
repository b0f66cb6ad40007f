// SPDX-License-Identifier: Apache-2.0
#include "common/bytes/digest.h"
#include "coordinator/core/base/phases.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"
#include "tests/fakes/made_layer.h"

// A build takes layers, answers and verifications over from the one before it.

namespace kso::coordinator {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class EngineReuseTest : public EngineTest {
 protected:
  EngineReuseTest() {
    release_.release.mutable_files(0)->set_digest(
        Sha256Of("the file").ToString());
  }

  // Ends what the worker holds as a real one does: with layers of their
  // members, and without the documents of images that are known.
  void FinishAll() {
    for (const auto& [id, lease] : std::map(worker_.held)) {
      const v1::Task& task = lease.task();
      done_.push_back(task.task_id());
      if (task.has_make_layer()) {
        v1::MadeLayer& made =
            *worker_.AddResult(lease).mutable_result()->mutable_made_layer();
        made = kso::testing::MadeOf(task);
        made.mutable_layer()->set_digest(Sha256Of(task.name()).ToString());
        made.mutable_made_on()->set_architecture("arm64");
        for (int i = 0; i < made.members_size(); ++i) {
          const v1::LayerMember& member = task.make_layer().members(i);
          if (!member.has_file()) continue;
          made.mutable_members(i)->set_size(member.file().size());
        }
      } else if (!task.resolve_image().known_digest().empty()) {
        v1::ResolvedImage& image = *worker_.AddResult(lease)
                                        .mutable_result()
                                        ->mutable_resolved_image();
        image.set_reference(task.resolve_image().reference());
        image.set_unchanged(true);
      } else if (task.has_verify_image()) {
        asked_ = task.verify_image();
        worker_.AddResult(lease)
            .mutable_result()
            ->mutable_verified_image()
            ->set_native(native_);
      } else {
        worker_.Finish(lease, release_.resolved);
      }
    }
  }

  // Submits a build and runs it to its end; the tasks that the worker did.
  std::vector<std::string> Build(const std::string& id, bool fresh = false) {
    done_.clear();
    v1::SubmitBuildRequest request;
    request.set_build_id(id);
    request.set_fresh(fresh);
    *request.mutable_release() = release_.release;
    Answer<v1::Build> answer;
    engine_->SubmitBuild(request, answer.Done());
    EXPECT_TRUE(answer.Get().ok());
    for (int i = 0; i < 20 && ComesAfter(v1::ASSEMBLE, Get(id).phase()); ++i) {
      Work();
    }
    if (Get(id).phase() != v1::ASSEMBLE) return done_;
    AssembleOutcome outcome;
    v1::Task verify = VerifyTask("amd64");
    verify.set_task_id(id + "/verify/amd64");
    verify.mutable_verify_image()->MergeFrom(image_);
    outcome.verify_tasks = {verify};
    const AssembleRequest assembled = actions_.EndAssemble(outcome);
    layers_ = assembled.layers.size();
    makers_.clear();
    for (const auto& [task, layer] : assembled.layers) {
      const auto maker = assembled.makers.find(task);
      makers_.push_back(
          (maker == assembled.makers.end() ? "nobody" : maker->second) +
          " on " + layer.made_on().architecture());
    }
    before_ = assembled.before;
    for (int i = 0; i < 20 && ComesAfter(v1::TAG, Get(id).phase()); ++i) {
      Work();
    }
    actions_.EndTag();
    EXPECT_EQ(Get(id).state(), v1::Build::SUCCEEDED);
    return done_;
  }

  std::vector<v1::Phase> PhasesOf(const std::string& id) {
    std::vector<v1::Phase> phases;
    const v1::Build build = Get(id);
    for (const v1::PhaseProgress& progress : build.progress()) {
      phases.push_back(progress.phase());
    }
    return phases;
  }

  void Work() {
    Sync(worker_);
    FinishAll();
    Sync(worker_);
  }

  // Of the tasks, those past resolving.
  static std::vector<std::string> Made(const std::vector<std::string>& tasks) {
    std::vector<std::string> made;
    for (const std::string& id : tasks) {
      if (id.find("/resolve/") == id.npos) made.push_back(id);
    }
    return made;
  }

  ScriptedWorker worker_{"w", "amd64", "s1"};
  // The image with that manifest, whose layers follow a base.
  void MakeImage(const std::string& manifest,
                 const std::vector<std::string>& layers,
                 const std::string& base = "sha256:base") {
    image_.mutable_manifest()->set_digest(manifest);
    image_.set_base(base);
    image_.clear_layers();
    for (const std::string& layer : layers) {
      image_.add_layers()->set_digest(layer);
    }
  }
  // Builds it; the layers that the worker need not compare.
  std::vector<std::string> ComparedBefore(const std::string& build,
                                          bool fresh = false) {
    asked_.Clear();
    Build(build, fresh);
    EXPECT_EQ(asked_.layers_size(), image_.layers_size()) << "was not run";
    std::vector<std::string> compared;
    for (const v1::LayerContent& layer : asked_.layers()) {
      if (layer.compared()) compared.push_back(layer.digest());
    }
    return compared;
  }

  v1::VerifyImage image_;
  v1::VerifyImage asked_;
  bool native_ = true;
  std::vector<std::string> done_;
  size_t layers_ = 0;
  // "WORKER on ARCHITECTURE" of each layer, as evidence is told.
  std::vector<std::string> makers_;
  v1::ReleaseContents before_;
};

TEST_F(EngineReuseTest, AnUnchangedReleaseIsNotMadeAgain) {
  EXPECT_FALSE(Made(Build("b1")).empty());
  const size_t layers = layers_;
  EXPECT_THAT(Made(Build("b2")), SizeIs(0));
  EXPECT_EQ(layers_, layers);
  const v1::Build build = Get("b2");
  EXPECT_EQ(build.plan().layers_reused(), build.plan().layer_count());
  EXPECT_EQ(build.plan().previous_release(), release_.release.name());
  ASSERT_EQ(build.verifications_size(), 1);
  EXPECT_EQ(build.verifications(0).verified_in_build(), "b1");
}

// The evidence of the same release again says the same.
TEST_F(EngineReuseTest, OfALayerThatIsTakenOverItsMakerIsKnown) {
  Build("b1");
  EXPECT_THAT(makers_, SizeIs(layers_));
  EXPECT_THAT(makers_, Each("w on arm64"));
  Restart();
  worker_.request.mutable_worker()->set_name("other");
  worker_.request.set_session("s2");
  EXPECT_THAT(Made(Build("b2")), SizeIs(0));
  EXPECT_THAT(makers_, SizeIs(layers_));
  EXPECT_THAT(makers_, Each("w on arm64"));
}

TEST_F(EngineReuseTest, KnowsTheReleaseBefore) {
  const std::string first = release_.release.name();
  Build("b1");
  EXPECT_EQ(before_.release(), "");
  // The same again is no other release.
  Build("b2");
  EXPECT_EQ(before_.release(), "");
  release_.release.set_name("next");
  for (const char* build : {"b3", "b4"}) {
    Build(build);
    EXPECT_EQ(before_.release(), first) << build;
    EXPECT_EQ(before_.items_size(),
              release_.release.files_size() + release_.release.images_size());
    EXPECT_EQ(before_.items(0).digest(), Sha256Of("the file").ToString());
    Restart();
  }
  Build("b5", /*fresh=*/true);
  EXPECT_EQ(before_.release(), "");
  Build("b6");
  EXPECT_EQ(before_.release(), first);
}

TEST_F(EngineReuseTest, AFileOfAKnownChecksumIsNotAskedFor) {
  EXPECT_THAT(Build("b1"), Contains("b1/resolve/file-000"));
  EXPECT_THAT(Build("b2"), Not(Contains("b2/resolve/file-000")));
  EXPECT_THAT(Build("b3", /*fresh=*/true), Contains("b3/resolve/file-000"));
  // Not from what the fresh build was told, but from what it made.
  Restart();
  EXPECT_THAT(Build("b4"), Not(Contains("b4/resolve/file-000")));
}

TEST_F(EngineReuseTest, RetryingAsksForAllFiles) {
  Build("b1");
  actions_.FailFind(absl::PermissionDeniedError("log in first"));
  EXPECT_THAT(Build("b2"), Not(Contains("b2/resolve/file-000")));
  ASSERT_EQ(Get("b2").state(), v1::Build::FAILED);
  actions_.FailFind(absl::OkStatus());
  EXPECT_EQ(Retry("b2")->phase(), v1::RESOLVE);
  Work();
  EXPECT_THAT(done_, Contains("b2/resolve/file-000"));
}

TEST_F(EngineReuseTest, WhatWasComparedOnceIsNotComparedAgain) {
  MakeImage("sha256:1", {"sha256:a", "sha256:b"});
  EXPECT_THAT(ComparedBefore("b1"), SizeIs(0));
  MakeImage("sha256:2", {"sha256:b", "sha256:c"});
  EXPECT_THAT(ComparedBefore("b2"), ElementsAre("sha256:b"));
  Restart();
  MakeImage("sha256:3", {"sha256:a", "sha256:c", "sha256:d"});
  EXPECT_THAT(ComparedBefore("b3"), ElementsAre("sha256:a", "sha256:c"));
  EXPECT_THAT(ComparedBefore("b4", /*fresh=*/true), SizeIs(0));
  // Another program serves them.
  MakeImage("sha256:4", {"sha256:a"}, "sha256:base 2");
  EXPECT_THAT(ComparedBefore("b5"), SizeIs(0));
}

TEST_F(EngineReuseTest, WhatAnImageDoesNotServeIsComparedInTheNext) {
  MakeImage("sha256:1", {"sha256:a", "sha256:b"});
  image_.mutable_layers(0)->set_partly_served(true);
  EXPECT_THAT(ComparedBefore("b1"), SizeIs(0));
  MakeImage("sha256:2", {"sha256:a", "sha256:b"});
  EXPECT_THAT(ComparedBefore("b2"), ElementsAre("sha256:b"));
  // All of it has been compared now.
  MakeImage("sha256:3", {"sha256:a"});
  image_.mutable_layers(0)->set_partly_served(true);
  EXPECT_THAT(ComparedBefore("b3"), ElementsAre("sha256:a"));
}

// The image that was to be asked for all of it may have failed.
TEST_F(EngineReuseTest, AnImageThatLeftAllToAnotherProvesNoLayer) {
  image_.set_compared_in("other linux/arm64");
  native_ = false;
  MakeImage("sha256:1", {"sha256:a"});
  EXPECT_THAT(ComparedBefore("b1"), SizeIs(0));
  image_.set_compared_on_platform_in("other linux/amd64");
  native_ = true;
  MakeImage("sha256:2", {"sha256:a"});
  EXPECT_THAT(ComparedBefore("b2"), SizeIs(0));
  image_.clear_compared_on_platform_in();
  MakeImage("sha256:3", {"sha256:a"});
  EXPECT_THAT(ComparedBefore("b3"), SizeIs(0));
  MakeImage("sha256:4", {"sha256:a"});
  EXPECT_THAT(ComparedBefore("b4"), ElementsAre("sha256:a"));
}

TEST_F(EngineReuseTest, ARestartForgetsNothing) {
  Build("b1");
  Restart();
  EXPECT_THAT(Made(Build("b2")), SizeIs(0));
  Restart();
  EXPECT_EQ(Get("b2").verifications_size(), 1);
}

TEST_F(EngineReuseTest, AskingTheDestinationIsAPhaseThatIsSeen) {
  Build("b1");
  actions_.HoldFinds();
  ASSERT_TRUE(Submit("b2").ok());
  Work();
  EXPECT_EQ(Get("b2").phase(), v1::CHECK);
  EXPECT_THAT(PhasesOf("b2"), ElementsAre(v1::RESOLVE, v1::CHECK, v1::LAYERS,
                                          v1::ASSEMBLE, v1::VERIFY, v1::TAG));
  EXPECT_EQ(Get("b2").progress(1).running(), 1);
  // A coordinator that is started again asks once more.
  Restart();
  EXPECT_EQ(Get("b2").phase(), v1::CHECK);
  actions_.EndFind();
  EXPECT_EQ(Get("b2").phase(), v1::CHECK);
  actions_.EndFind();
  EXPECT_EQ(Get("b2").phase(), v1::ASSEMBLE);
  EXPECT_EQ(Get("b2").progress(1).done(), 1);
}

TEST_F(EngineReuseTest, APlanEndsWithThePhaseThatAsksTheDestination) {
  Build("b1");
  actions_.HoldFinds();
  ASSERT_TRUE(Submit("b2", /*plan_only=*/true).ok());
  Work();
  EXPECT_EQ(Get("b2").phase(), v1::CHECK);
  EXPECT_FALSE(actions_.EndFind().mount);
  const v1::Build plan = Get("b2");
  EXPECT_EQ(plan.state(), v1::Build::SUCCEEDED);
  EXPECT_THAT(PhasesOf("b2"), ElementsAre(v1::RESOLVE, v1::CHECK));
  for (const v1::PhaseProgress& progress : plan.progress()) {
    EXPECT_EQ(progress.done(), progress.total()) << progress.DebugString();
  }
}

TEST_F(EngineReuseTest, WhileTheDestinationIsAskedABuildCanBeCancelled) {
  Build("b1");
  actions_.HoldFinds();
  ASSERT_TRUE(Submit("b2").ok());
  Work();
  ASSERT_TRUE(Cancel("b2").ok());
  actions_.EndFind();
  EXPECT_EQ(Get("b2").state(), v1::Build::CANCELLED);
  EXPECT_THAT(actions_.cancelled(), ElementsAre("b2"));
  // By the time of a retry, the answers of upstream may be out of date.
  EXPECT_EQ(Retry("b2")->phase(), v1::RESOLVE);
  EXPECT_EQ(Get("b2").progress(0).done(), 0);
}

TEST_F(EngineReuseTest, AFreshBuildTakesNothingOver) {
  const size_t first = Build("b1").size();
  EXPECT_EQ(Build("b2", /*fresh=*/true).size(), first);
  EXPECT_TRUE(Get("b2").fresh());
  EXPECT_THAT(PhasesOf("b2"), Not(Contains(v1::CHECK)));
  EXPECT_EQ(Get("b2").verifications(0).verified_in_build(), "");
}

TEST_F(EngineReuseTest, WhatVanishedIsMadeAgain) {
  Build("b1");
  std::string lost;
  for (const std::string& id : Made(done_)) {
    if (id.find("layer/files-0") != id.npos) lost = id;
  }
  ASSERT_FALSE(lost.empty());
  actions_.LoseAll("kubespray-files");
  const std::vector<std::string> made = Made(Build("b2"));
  EXPECT_FALSE(made.empty());
  for (const std::string& id : made) {
    EXPECT_THAT(id, ::testing::AnyOf(HasSubstr("files")));
  }
}

TEST_F(EngineReuseTest, ADestinationThatCannotBeAskedFailsABuildButNoPlan) {
  Build("b1");
  actions_.FailFind(absl::PermissionDeniedError("log in first"));
  EXPECT_THAT(Made(Build("b2")), SizeIs(0));
  ASSERT_EQ(Get("b2").state(), v1::Build::FAILED);
  EXPECT_THAT(Get("b2").failures(0).reason(), HasSubstr("log in first"));
  EXPECT_EQ(Get("b2").failures(0).item(), "check");

  ASSERT_TRUE(Submit("b3", /*plan_only=*/true).ok());
  Work();
  const v1::Build plan = Get("b3");
  EXPECT_EQ(plan.state(), v1::Build::SUCCEEDED);
  EXPECT_THAT(plan.plan().destination_problem(), HasSubstr("log in first"));
  EXPECT_EQ(plan.plan().layers_reused(), 0);
}

}  // namespace
}  // namespace kso::coordinator
