// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/registry_actions.h"

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/base/strings.h"
#include "common/evidence/artifact.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "coordinator/core/plan/planner.h"
#include "coordinator/registry/recent_answers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/made_layer.h"
#include "tests/fakes/resolved_release.h"

namespace kso::coordinator {
namespace {

using ::kso::testing::ResolvedRelease;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

// Remembers what is pushed. Used by one action at a time, on several threads.
class RecordingStore : public oci::ImageStore {
 public:
  absl::StatusOr<bool> HasBlob(std::string_view,
                               const Digest& digest) override {
    if (!cannot_say.ok()) return cannot_say;
    return digest.ToString() != gone;
  }
  absl::Status CheckPush(std::string_view repository) override {
    absl::MutexLock lock(&mutex_);
    calls.push_back(Concat("check ", repository));
    return may_push;
  }
  absl::StatusOr<int64_t> PutBlob(std::string_view repository,
                                  const v1::Descriptor& blob,
                                  const OpenSource& open) override {
    auto source = open(0);
    if (!source.ok()) return source.status();
    auto content = ReadAll(**source, 1 << 20);
    if (!content.ok()) return content.status();
    EXPECT_EQ(Sha256Of(*content).ToString(), blob.digest());
    absl::MutexLock lock(&mutex_);
    calls.push_back(Concat("blob ", repository));
    return blob.size();
  }
  absl::Status GetBlob(std::string_view, const v1::Descriptor&, ByteSink&,
                       int64_t) override {
    return absl::UnimplementedError("not needed");
  }
  absl::StatusOr<v1::Descriptor> HeadManifest(
      std::string_view repository, std::string_view reference) override {
    absl::MutexLock lock(&mutex_);
    ++questions;
    const auto tag = tags.find(Concat(repository, ":", reference));
    const auto found = manifests.find(tag == tags.end() ? std::string(reference)
                                                        : tag->second);
    if (found == manifests.end()) return absl::NotFoundError("no manifest");
    return found->second.content_descriptor();
  }
  absl::StatusOr<v1::Document> GetManifest(std::string_view,
                                           std::string_view digest) override {
    absl::MutexLock lock(&mutex_);
    ++questions;
    if (digest == silent) return absl::UnavailableError("503");
    const auto found = manifests.find(std::string(digest));
    if (found == manifests.end()) return absl::NotFoundError("no manifest");
    return found->second;
  }
  absl::Status PutManifest(std::string_view repository,
                           const v1::Document& manifest,
                           std::string_view tag) override {
    if (!refuse.ok()) {
      absl::MutexLock lock(&mutex_);
      if (!goes_when_refused.empty()) gone = goes_when_refused;
      return refuse;
    }
    if (!takes_artifacts.ok() &&
        manifest.content().find("artifactType") != std::string::npos) {
      return takes_artifacts;
    }
    if (refused_tags.contains(std::string(tag))) {
      return absl::InvalidArgumentError("the tag is immutable");
    }
    absl::MutexLock lock(&mutex_);
    if (!tag.empty() && std::exchange(collect_at_tag, false)) {
      manifests.clear();
      return absl::NotFoundError("MANIFEST_BLOB_UNKNOWN");
    }
    if (!tag.empty()) {
      tags[Concat(repository, ":", tag)] =
          manifest.content_descriptor().digest();
    }
    manifests[manifest.content_descriptor().digest()] = manifest;
    calls.push_back(Concat(repository, ":", tag));
    return absl::OkStatus();
  }

  // The one blob that is not there.
  std::string gone;
  // The answer to the question for a blob, where it is an error.
  absl::Status cannot_say;
  // The digest of a manifest that it is too busy to give.
  std::string silent;
  absl::Status refuse;
  std::set<std::string> refused_tags;
  // The answer to a push of an artifact, and to the question for one.
  absl::Status takes_artifacts;
  absl::Status may_push;
  // The blob that is gone from the first manifest on that is refused.
  std::string goes_when_refused;
  // All manifests go when the next tag is put, which fails for it.
  bool collect_at_tag = false;
  std::vector<std::string> calls;
  // How often it was asked for a manifest or tag.
  int questions = 0;
  std::map<std::string, v1::Document> manifests;
  // Digests by "REPOSITORY:TAG".
  std::map<std::string, std::string> tags;

 private:
  absl::Mutex mutex_;
};

class RegistryActionsTest : public ::testing::Test {
 protected:
  RegistryActionsTest() {
    fake_.AddImage("registry.k8s.io/pause:3.9");
    const Plan plan = MakePlan("b1", fake_.release, fake_.resolved);
    request_ = {.build_id = "b1",
                .release = fake_.release,
                .images = plan.images,
                .resolved = fake_.resolved,
                .layers = {}};
    for (const v1::Task& task : plan.tasks) {
      request_.layers[task.task_id()] = testing::MadeOf(task);
    }
    actions_ = CreateRegistryActions(open_, nullptr, 2);
  }

  std::string LayerOf(const v1::PlannedImage& image) {
    return request_.layers.at(image.layer_task_ids(0)).layer().digest();
  }

  std::vector<std::string> TagsThat(bool are_of_evidence) const {
    std::vector<std::string> tags;
    for (const auto& [name, digest] : store_->tags) {
      const std::string tag = name.substr(name.rfind(':') + 1);
      if (evidence::IsEvidenceTag(tag) == are_of_evidence) tags.push_back(name);
    }
    return tags;
  }
  std::vector<std::string> TagsOfImages() const { return TagsThat(false); }
  std::vector<std::string> TagsOfEvidence() const { return TagsThat(true); }

  absl::StatusOr<AssembleOutcome> Assemble() {
    absl::StatusOr<AssembleOutcome> outcome;
    absl::Notification done;
    actions_->Assemble(request_, [&](absl::StatusOr<AssembleOutcome> result) {
      outcome = std::move(result);
      done.Notify();
    });
    done.WaitForNotification();
    return outcome;
  }

  absl::StatusOr<TagOutcome> Tag(const std::vector<v1::ImageResult>& images) {
    absl::StatusOr<TagOutcome> outcome;
    absl::Notification done;
    actions_->Tag({.build_id = "b1",
                   .destination = fake_.release.destination(),
                   .images = images,
                   .assembly = assembly_},
                  [&](absl::StatusOr<TagOutcome> result) {
                    outcome = std::move(result);
                    done.Notify();
                  });
    done.WaitForNotification();
    return outcome;
  }

  ResolvedRelease fake_;
  AssembleRequest request_;
  // The request that Tag is told of.
  AssembleRequest assembly_;
  std::shared_ptr<RecordingStore> store_ = std::make_shared<RecordingStore>();
  absl::StatusOr<std::shared_ptr<oci::ImageStore>> open_result_ = store_;
  kso::testing::FakeClock clock_;
  std::function<void()> on_open_;
  std::stop_token stop_;
  OpenDestination open_ = [this](const v1::Destination&, std::stop_token stop) {
    stop_ = std::move(stop);
    if (on_open_) on_open_();
    return open_result_;
  };
  std::unique_ptr<BuildActions> actions_;
};

TEST_F(RegistryActionsTest, PushesByDigestThenTagsWithLatestLast) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  // Two variants, each of two configs, two manifests and an index.
  const std::string blob = "blob team/kubespray-images";
  const std::string manifest = "team/kubespray-images:";
  std::vector<std::string> wanted = {blob,     blob,     blob,     blob,
                                     manifest, manifest, manifest, manifest,
                                     manifest, manifest};
  // Of each, the evidence: three artifacts, whose config is the same, and what
  // lists them.
  for (int variant = 0; variant < 2; ++variant) {
    wanted.insert(wanted.end(), {blob, blob, blob, blob, manifest, manifest,
                                 manifest, manifest});
  }
  EXPECT_THAT(store_->calls, ElementsAreArray(wanted));
  store_->calls.clear();
  ASSERT_TRUE(Tag(outcome->images).ok());
  // The release's own come first, with those of the evidence.
  ASSERT_THAT(store_->calls, SizeIs(6));
  const std::vector<std::string> last(store_->calls.end() - 2,
                                      store_->calls.end());
  EXPECT_THAT(last, UnorderedElementsAre("team/kubespray-images:latest",
                                         "team/kubespray-images:latest-all"));
  EXPECT_THAT(store_->calls, Contains("team/kubespray-images:v0.1.0-2.25.1"));
  EXPECT_THAT(store_->calls,
              Contains("team/kubespray-images:v0.1.0-2.25.1-all"));
  EXPECT_THAT(TagsOfEvidence(), SizeIs(2));
}

TEST_F(RegistryActionsTest, WhatIsThereIsNotPutAgain) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  ASSERT_TRUE(Tag(outcome->images).ok());
  store_->calls.clear();
  ASSERT_TRUE(Assemble().ok());
  ASSERT_TRUE(Tag(outcome->images).ok());
  // The image store itself sees that the configs are there.
  EXPECT_THAT(store_->calls, Each(StartsWith("blob ")));
  // A tag that somebody moved is put back.
  const std::string moved = "team/kubespray-images:latest";
  store_->tags[moved] = outcome->images[1].index().digest();
  store_->calls.clear();
  ASSERT_TRUE(Tag(outcome->images).ok());
  EXPECT_THAT(store_->calls, ElementsAre(moved));
}

TEST_F(RegistryActionsTest, OfImagesThatAreThereEachManifestAndTagIsAskedOnce) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  ASSERT_TRUE(Tag(outcome->images).ok());
  store_->questions = 0;
  actions_ =
      CreateRegistryActions(WithRecentAnswers(open_, &clock_), nullptr, 2);
  ASSERT_TRUE(Assemble().ok());
  ASSERT_TRUE(Tag(outcome->images).ok());
  // Two variants, each of two manifests, an index and two tags, and of three
  // artifacts, their index and its tag.
  EXPECT_EQ(store_->questions, 20);
}

TEST_F(RegistryActionsTest, SaysWhatWasRefusedAndWhatToDo) {
  store_->refuse = absl::PermissionDeniedError("denied");
  const auto outcome = Assemble();
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kPermissionDenied);
  const std::string message(outcome.status().message());
  EXPECT_THAT(message, HasSubstr("kubespray-images"));
  EXPECT_THAT(message, HasSubstr("denied"));
  EXPECT_THAT(message, HasSubstr("log in"));
}

TEST_F(RegistryActionsTest, SaysWhenTheDestinationCannotBeOpened) {
  open_result_ = absl::UnavailableError("no route");
  const auto outcome = Assemble();
  ASSERT_FALSE(outcome.ok());
  EXPECT_THAT(std::string(outcome.status().message()),
              HasSubstr("docker://registry.example.com/team"));
}

TEST_F(RegistryActionsTest, NoTagIsMadeOfAnIndexThatIsGone) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok());
  store_->manifests.clear();
  store_->calls.clear();
  const auto tagged = Tag(outcome->images);
  ASSERT_TRUE(tagged.ok()) << tagged.status();
  EXPECT_THAT(tagged->missing, Contains(outcome->images[0].index().digest()));
  EXPECT_THAT(store_->calls, ElementsAre());
}

TEST_F(RegistryActionsTest, ManifestsThatWereCollectedAreBackBeforeTheTags) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok());
  assembly_ = request_;
  const size_t all = store_->manifests.size();
  for (const bool index_only : {false, true}) {
    // A registry has collected what has no tag, children and all, or in part.
    if (index_only) {
      store_->manifests.erase(outcome->images[0].index().digest());
    } else {
      store_->manifests.clear();
    }
    store_->tags.clear();
    store_->calls.clear();
    const auto tagged = Tag(outcome->images);
    ASSERT_TRUE(tagged.ok()) << tagged.status();
    EXPECT_THAT(tagged->missing, ElementsAre());
    EXPECT_EQ(store_->manifests.size(), all);
    EXPECT_THAT(TagsOfImages(), SizeIs(4));
    EXPECT_THAT(store_->calls.back(), HasSubstr("latest"));
  }
}

TEST_F(RegistryActionsTest, AManifestThatGoesWhileTheTagIsPutIsPushedAgain) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok());
  assembly_ = request_;
  store_->collect_at_tag = true;
  const auto tagged = Tag(outcome->images);
  ASSERT_TRUE(tagged.ok()) << tagged.status();
  EXPECT_THAT(tagged->missing, ElementsAre());
  EXPECT_THAT(TagsOfImages(), SizeIs(4));
}

TEST_F(RegistryActionsTest, ALayerThatIsGoneWithItsManifestIsStillSaid) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok());
  assembly_ = request_;
  store_->manifests.clear();
  store_->gone = LayerOf(request_.images[0]);
  const auto tagged = Tag(outcome->images);
  ASSERT_TRUE(tagged.ok()) << tagged.status();
  EXPECT_THAT(tagged->missing, Contains(store_->gone));
  EXPECT_TRUE(store_->tags.empty());
}

TEST_F(RegistryActionsTest, ALatestThatMayNotMoveIsANote) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok());
  store_->refused_tags = {"latest", "latest-all"};
  const auto tagged = Tag(outcome->images);
  ASSERT_TRUE(tagged.ok()) << tagged.status();
  EXPECT_THAT(tagged->notes,
              UnorderedElementsAre(
                  AllOf(HasSubstr("kubespray-images:latest "),
                        HasSubstr("immutable"), HasSubstr("destinationLatest")),
                  HasSubstr("kubespray-images:latest-all ")));
  EXPECT_THAT(TagsOfImages(), SizeIs(2)) << "the release's own tags";
}

TEST_F(RegistryActionsTest, EvidenceIsTaggedByTheDigestOfItsImage) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok());
  ASSERT_TRUE(Tag(outcome->images).ok());
  for (const v1::ImageResult& image : outcome->images) {
    const std::string tag =
        Concat("team/kubespray-images:",
               evidence::ReferrersTag(image.index().digest()));
    EXPECT_EQ(store_->tags[tag], image.referrers().digest());
  }
}

TEST_F(RegistryActionsTest, ARegistryWithoutArtifactsGetsTheImages) {
  store_->takes_artifacts = absl::InvalidArgumentError("takes no artifacts");
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  for (const v1::ImageResult& image : outcome->images) {
    EXPECT_FALSE(image.has_referrers());
    EXPECT_THAT(image.evidence_problem(), HasSubstr("artifacts"));
  }
  ASSERT_TRUE(Tag(outcome->images).ok());
  EXPECT_THAT(TagsOfImages(), SizeIs(4));
  EXPECT_THAT(TagsOfEvidence(), IsEmpty());
}

TEST_F(RegistryActionsTest, EvidenceThatARegistryIsTooBusyForIsAnError) {
  store_->takes_artifacts = absl::UnavailableError("503");
  EXPECT_TRUE(absl::IsUnavailable(Assemble().status()));
}

TEST_F(RegistryActionsTest, AnEvidenceTagThatIsRefusedIsANote) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok());
  store_->refused_tags = {
      evidence::ReferrersTag(outcome->images[0].index().digest())};
  const auto tagged = Tag(outcome->images);
  ASSERT_TRUE(tagged.ok()) << tagged.status();
  EXPECT_THAT(tagged->notes, ElementsAre(HasSubstr("the evidence")));
  EXPECT_THAT(TagsOfImages(), SizeIs(4));
}

TEST_F(RegistryActionsTest, ATagOfTheReleaseThatIsAnotherImageIsAnError) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok());
  store_->refused_tags = {"v0.1.0-2.25.1"};
  EXPECT_TRUE(absl::IsInvalidArgument(Tag(outcome->images).status()));
}

TEST_F(RegistryActionsTest, WithoutLatestOnlyTheReleasesOwnTagsAreMade) {
  request_.release.set_no_latest(true);
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok());
  ASSERT_TRUE(Tag(outcome->images).ok());
  EXPECT_THAT(TagsOfImages(), SizeIs(2));
  EXPECT_THAT(TagsOfImages(), Each(HasSubstr(":v0.1.0")));
}

TEST_F(RegistryActionsTest, NoTagIsMadeWhileALayerIsGone) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok());
  store_->gone = LayerOf(request_.images[0]);
  store_->calls.clear();
  const auto tagged = Tag(outcome->images);
  ASSERT_TRUE(tagged.ok()) << tagged.status();
  EXPECT_THAT(tagged->missing, Contains(store_->gone));
  EXPECT_THAT(store_->calls, ElementsAre());
}

TEST_F(RegistryActionsTest, NoTagIsMadeWhileAPartOfAnIndexIsGone) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok());
  const std::map<std::string, v1::Document> whole = store_->manifests;
  int manifests = 0;
  for (const auto& [digest, document] : whole) {
    const std::string& type = document.content_descriptor().media_type();
    if (oci::IsIndexType(type)) continue;
    ++manifests;
    // Only this platform's manifest has been deleted.
    store_->manifests.erase(digest);
    store_->calls.clear();
    auto tagged = Tag(outcome->images);
    ASSERT_TRUE(tagged.ok()) << tagged.status();
    EXPECT_THAT(tagged->missing, Contains(digest));
    EXPECT_THAT(store_->calls, ElementsAre());
    store_->manifests = whole;
    // Only its config.
    const auto manifest = oci::ParseManifest(document.content(), type);
    ASSERT_TRUE(manifest.ok());
    store_->gone = manifest->config.digest();
    tagged = Tag(outcome->images);
    ASSERT_TRUE(tagged.ok()) << tagged.status();
    EXPECT_THAT(tagged->missing, Contains(store_->gone));
    EXPECT_THAT(store_->calls, ElementsAre());
    store_->gone.clear();
  }
  // Two platforms of two variants, and three artifacts about each.
  EXPECT_EQ(manifests, 10);
}

TEST_F(RegistryActionsTest,
       NoTagIsMadeWhileTheDestinationCannotSayWhatIsThere) {
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok());
  store_->calls.clear();
  store_->cannot_say = absl::UnavailableError("503");
  auto tagged = Tag(outcome->images);
  EXPECT_EQ(tagged.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(tagged.status().message()), HasSubstr("503"));
  EXPECT_THAT(store_->calls, ElementsAre());
  // The same of a manifest, whichever it is.
  store_->cannot_say = absl::OkStatus();
  for (const auto& [digest, document] : store_->manifests) {
    store_->silent = digest;
    EXPECT_EQ(Tag(outcome->images).status().code(),
              absl::StatusCode::kUnavailable);
    EXPECT_THAT(store_->calls, ElementsAre());
  }
}

TEST_F(RegistryActionsTest, NothingIsPushedWhileTheLayersCannotBeAskedFor) {
  store_->cannot_say = absl::UnavailableError("503");
  EXPECT_EQ(Assemble().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(store_->calls, ElementsAre());
}

TEST_F(RegistryActionsTest, NothingIsPushedOnTopOfALayerThatIsGone) {
  store_->gone = LayerOf(request_.images[0]);
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(outcome->missing, ElementsAre(store_->gone));
  EXPECT_THAT(store_->calls, ElementsAre());
}

TEST_F(RegistryActionsTest, ALayerThatGoesWhileItsManifestIsPutIsSaid) {
  for (const absl::Status& refusal :
       {absl::InvalidArgumentError("MANIFEST_BLOB_UNKNOWN"),
        absl::NotFoundError("NAME_UNKNOWN")}) {
    store_->refuse = refusal;
    store_->goes_when_refused = LayerOf(request_.images[0]);
    const auto outcome = Assemble();
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_THAT(outcome->missing, ElementsAre(store_->gone));
    // Where all layers are there, the manifest itself is the reason.
    store_->goes_when_refused.clear();
    store_->gone.clear();
    EXPECT_EQ(Assemble().status().code(), refusal.code());
  }
}

TEST_F(RegistryActionsTest, EachRepositoryOfABuildIsAskedWhetherItTakesAPush) {
  const auto check = [&] {
    absl::Status answer;
    absl::Notification done;
    actions_->CheckRepositories(
        {.build_id = "b1",
         .destination = fake_.release.destination(),
         .images = {"kubespray-files", "kubespray-images", "kubespray-files"}},
        [&](const absl::Status& status) {
          answer = status;
          done.Notify();
        });
    done.WaitForNotification();
    return answer;
  };
  EXPECT_TRUE(check().ok());
  EXPECT_THAT(store_->calls, ElementsAre("check team/kubespray-files",
                                         "check team/kubespray-images"));
  store_->may_push = absl::NotFoundError("NAME_UNKNOWN");
  EXPECT_THAT(std::string(check().message()),
              HasSubstr("team/kubespray-files and team/kubespray-images"));
}

TEST_F(RegistryActionsTest, SaysWhyItCannotTellWhatTheDestinationHas) {
  const auto find = [&] {
    FindRequest request = {.build_id = "b1",
                           .destination = fake_.release.destination(),
                           .questions = {},
                           .mount = true};
    BlobQuestion& question = request.questions.emplace_back();
    question.image = "kubespray-images";
    question.blob.set_digest(LayerOf(request_.images[0]));
    absl::StatusOr<FindOutcome> outcome;
    absl::Notification done;
    actions_->Find(request, [&](absl::StatusOr<FindOutcome> result) {
      outcome = std::move(result);
      done.Notify();
    });
    done.WaitForNotification();
    return outcome;
  };
  EXPECT_THAT(find()->present, SizeIs(1));
  store_->cannot_say = absl::UnavailableError("503");
  EXPECT_THAT(std::string(find().status().message()),
              AllOf(HasSubstr("asking docker://registry.example.com/team "),
                    HasSubstr("see whether the destination is well")));
  // A repository that has to be made first is not said to have gone.
  store_->cannot_say = absl::OkStatus();
  store_->gone = LayerOf(request_.images[0]);
  store_->may_push = absl::NotFoundError("NAME_UNKNOWN");
  EXPECT_THAT(std::string(find().status().message()),
              AllOf(HasSubstr("make team/kubespray-images"),
                    Not(HasSubstr("is gone from the destination"))));
}

TEST_F(RegistryActionsTest, BlobsAreSweptWhereThereIsAStoreOfTheFarm) {
  actions_->Sweep({});
  absl::Notification done;
  std::vector<std::string> needed;
  actions_ = CreateRegistryActions(
      open_,
      [&](const BlobsInFarm& blobs) {
        needed.assign(blobs.blobs.begin(), blobs.blobs.end());
        done.Notify();
      },
      2);
  BlobsInFarm blobs;
  blobs.blobs = {"sha256:1"};
  actions_->Sweep(blobs);
  done.WaitForNotification();
  EXPECT_THAT(needed, ElementsAre("sha256:1"));
}

TEST_F(RegistryActionsTest, WhatIsCancelledBeforeItBeginsAsksNobody) {
  std::vector<absl::AnyInvocable<void()>> waiting;
  actions_ = CreateRegistryActions(open_, [&](absl::AnyInvocable<void()> work) {
    waiting.push_back(std::move(work));
  });
  on_open_ = [] { ADD_FAILURE() << "the destination was asked"; };
  absl::Status status;
  actions_->Assemble(request_, [&](absl::StatusOr<AssembleOutcome> outcome) {
    status = outcome.status();
  });
  // Others are none of its business.
  actions_->Cancel("nobody");
  actions_->Cancel("b1");
  ASSERT_THAT(waiting, SizeIs(1));
  waiting[0]();
  EXPECT_TRUE(absl::IsCancelled(status));
}

TEST_F(RegistryActionsTest, WhatIsCancelledPushesNothingMore) {
  on_open_ = [this] {
    EXPECT_FALSE(stop_.stop_requested());
    actions_->Cancel("b1");
    EXPECT_TRUE(stop_.stop_requested());
  };
  EXPECT_TRUE(absl::IsCancelled(Assemble().status()));
  EXPECT_THAT(store_->calls, ElementsAre());
  // A later action is another one.
  on_open_ = nullptr;
  EXPECT_TRUE(Assemble().ok());
}

// Counts what is marked.
class CountingMark : public WorkMark {
 public:
  const std::set<std::string>& interrupted() const override { return none_; }
  int Begin(std::string_view build_id) override {
    EXPECT_EQ(build_id, "b1");
    ++begun;
    return ++marked;
  }
  void End(int) override { --marked; }

  std::atomic<int> begun = 0;
  std::atomic<int> marked = 0;

 private:
  const std::set<std::string> none_;
};

TEST_F(RegistryActionsTest,
       ABuildIsMarkedWhileItsImagesAreComputedAndNotLonger) {
  CountingMark mark;
  actions_ = CreateRegistryActions(open_, nullptr, 2, &mark);
  on_open_ = [&] { EXPECT_EQ(mark.marked, 0); };
  const auto outcome = Assemble();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(mark.begun, 1);
  EXPECT_EQ(mark.marked, 0);
  actions_.reset();
}

}  // namespace
}  // namespace kso::coordinator
