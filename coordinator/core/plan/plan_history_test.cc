// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/plan_history.h"

#include <algorithm>
#include <map>

#include "common/bytes/digest.h"
#include "common/site.h"
#include "coordinator/core/base/layer_key.h"
#include "coordinator/core/base/task_factory.h"
#include "coordinator/core/plan/known_files.h"
#include "coordinator/core/plan/planner.h"
#include "coordinator/core/plan/resolve_tasks.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/resolved_release.h"

// Tests of what a plan takes over from the build before it.

namespace kso::coordinator {
namespace {

using ::kso::testing::ResolvedRelease;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PlanHistoryTest : public ::testing::Test {
 protected:
  PlanHistoryTest() {
    fake_.AddImage("registry.k8s.io/pause:3.9");
    fake_.AddImage("quay.io/coreos/etcd:v3.5.16");
    for (const char* name : {"kubelet", "etcd", "runc"}) {
      AddFile(std::string("https://host/") + name + "/v1/file");
    }
  }

  void AddFile(const std::string& url) {
    fake_.AddFile(url, {"amd64"}, 1000).set_digest(Sha256Of(url).ToString());
  }

  Plan MakePlanAfter() const {
    return MakePlan("b2", fake_.release, fake_.resolved,
                    PlanHistory(&memo_, fake_.release.destination(), present_));
  }

  // Does all that the plan says, and remembers it.
  void Build(const Plan& plan) {
    std::map<std::string, std::string> digests;
    for (const v1::Task& task : plan.tasks) {
      for (const v1::BlobSource& blob : task.copy_blobs().blobs()) {
        present_.insert(
            BlobName(task.copy_blobs().image(), blob.blob().digest()));
      }
      if (!task.has_make_layer()) continue;
      if (const auto reused = plan.reused.find(task.task_id());
          reused != plan.reused.end()) {
        digests[task.task_id()] =
            reused->second.result().made_layer().layer().digest();
        continue;
      }
      digests[task.task_id()] = Make(task);
    }
    v1::JournalRecord record;
    v1::ReleaseRemembered& release = *record.mutable_release_remembered();
    release.set_destination("docker://registry.example.com/team");
    release.set_space(BlobSpaceOf(fake_.release.destination()));
    release.set_name("before");
    release.set_build_id("b1");
    for (const v1::PlannedImage& image : plan.images) {
      v1::RememberedGroup& group = *release.add_groups();
      group.set_name(LayerGroupOf(image));
      for (int i = 0; i + 1 < image.layer_task_ids_size(); ++i) {
        group.add_layers(digests[image.layer_task_ids(i)]);
      }
      if (image.image() == site::kFilesImage && release.groups_size() > 1) {
        release.mutable_groups()->RemoveLast();
      }
    }
    memo_.Apply(record);
  }

  std::string Make(const v1::Task& task) {
    const LayerRecipe recipe = *RecipeOf(task);
    v1::JournalRecord record;
    v1::LayerRemembered& layer = *record.mutable_layer_remembered();
    layer.set_space(BlobSpaceOf(fake_.release.destination()));
    layer.set_key(recipe.key);
    layer.set_times_of_content(task.make_layer().times_of_content());
    v1::MadeLayer& made = *layer.mutable_layer();
    made.mutable_layer()->set_digest(Sha256Of(recipe.key).ToString());
    made.mutable_layer()->set_size(100);
    made.mutable_layer()->set_media_type(task.make_layer().media_type());
    for (int i = 0; i < task.make_layer().members_size(); ++i) {
      const v1::LayerMember& member = task.make_layer().members(i);
      v1::MadeMember& entry = *made.add_members();
      entry.set_path(member.path());
      entry.set_size(MemberSize(member));
      layer.add_identities(recipe.identities[i]);
    }
    memo_.Apply(record);
    present_.insert(BlobName(task.make_layer().image(), made.layer().digest()));
    return made.layer().digest();
  }

  static std::vector<std::string> ToDo(const Plan& plan) {
    std::vector<std::string> names;
    for (const v1::Task& task : plan.tasks) {
      if (!plan.reused.contains(task.task_id())) names.push_back(task.name());
    }
    return names;
  }

  ResolvedRelease fake_;
  Memo memo_;
  std::set<std::string> present_;
};

TEST_F(PlanHistoryTest, NothingIsDoneTwice) {
  Build(MakePlanAfter());
  const Plan plan = MakePlanAfter();
  EXPECT_THAT(ToDo(plan), IsEmpty());
  EXPECT_EQ(plan.summary.bytes_to_fetch(), 0);
  EXPECT_EQ(plan.summary.bytes_to_push(), 0);
  EXPECT_EQ(plan.summary.layers_reused(), plan.summary.layer_count());
  EXPECT_GT(plan.summary.bytes_reused(), 0);
  EXPECT_EQ(plan.summary.worker_disk_bytes(), 0);
  EXPECT_EQ(plan.summary.previous_release(), "before");
  for (const v1::PlannedItem& item : plan.summary.items()) {
    EXPECT_EQ(item.bytes_to_fetch(), 0) << item.name();
  }
}

// Earlier versions gave all files one time, of which nginx made one ETag for
// contents of one size.
TEST_F(PlanHistoryTest, LayersOfFilesWithOneTimeForAllAreMadeAnew) {
  Plan before = MakePlanAfter();
  for (v1::Task& task : before.tasks) {
    if (task.has_make_layer()) {
      task.mutable_make_layer()->clear_times_of_content();
    }
  }
  Build(before);
  const Plan plan = MakePlanAfter();
  for (const v1::Task& task : plan.tasks) {
    if (!task.has_make_layer()) continue;
    const v1::MakeLayer& layer = task.make_layer();
    const bool has_files = std::any_of(
        layer.members().begin(), layer.members().end(),
        [](const v1::LayerMember& member) { return member.has_file(); });
    EXPECT_EQ(plan.reused.contains(task.task_id()), !has_files) << task.name();
  }
}

TEST_F(PlanHistoryTest, OneFileCostsThatFile) {
  Build(MakePlanAfter());
  fake_.release.mutable_files()->RemoveLast();
  AddFile("https://host/runc/v2/file");
  const Plan plan = MakePlanAfter();
  EXPECT_EQ(plan.summary.bytes_to_fetch(), 1000);
  // The file, and all of the files image, which is run again.
  int64_t disk = 1000;
  for (const v1::PlannedLayer& layer : plan.summary.layers()) {
    if (layer.image() == site::kFilesImage) disk += layer.size();
  }
  EXPECT_EQ(plan.summary.worker_disk_bytes(), disk);
  EXPECT_THAT(ToDo(plan), ::testing::SizeIs(1));
}

TEST_F(PlanHistoryTest, WhatVanishedIsMadeAgain) {
  Build(MakePlanAfter());
  const Plan before = MakePlanAfter();
  const v1::Task* lost = nullptr;
  for (const v1::Task& task : before.tasks) {
    if (task.make_layer().name().find("kubelet") != std::string::npos ||
        task.make_layer().name().find("file") != std::string::npos) {
      lost = &task;
    }
  }
  ASSERT_NE(lost, nullptr);
  present_.erase(BlobName(site::kFilesImage, before.reused.at(lost->task_id())
                                                 .result()
                                                 .made_layer()
                                                 .layer()
                                                 .digest()));
  const Plan plan = MakePlanAfter();
  EXPECT_THAT(ToDo(plan), ::testing::SizeIs(1));
  EXPECT_GT(plan.summary.bytes_to_fetch(), 0);
}

TEST_F(PlanHistoryTest, ADestinationWithoutHistoryGetsEverything) {
  Build(MakePlanAfter());
  fake_.release.mutable_destination()->set_location("elsewhere.example.com/x");
  present_.clear();
  EXPECT_EQ(MakePlanAfter().reused.size(), 0u);
}

TEST_F(PlanHistoryTest, AFreshPlanIsTheOneFromNothing) {
  const Plan first = MakePlanAfter();
  Build(first);
  const Plan fresh = MakePlan("b2", fake_.release, fake_.resolved);
  EXPECT_THAT(fresh.reused, IsEmpty());
  EXPECT_EQ(fresh.tasks.size(), first.tasks.size());
}

TEST_F(PlanHistoryTest, AKeptLayerNeedsNothingThatIsNotWanted) {
  // Small enough to share a layer, large enough to be kept without one.
  fake_.release.clear_files();
  for (int i = 0; i < 20; ++i) {
    AddFile("https://host/one/v1/part" + std::to_string(i));
  }
  Build(MakePlanAfter());
  fake_.release.mutable_files()->RemoveLast();
  const Plan plan = MakePlanAfter();
  EXPECT_EQ(plan.summary.bytes_to_fetch(), 0);
  EXPECT_EQ(plan.summary.bytes_dead(), 1000);
  bool hidden = false;
  for (const v1::Task& task : plan.tasks) {
    for (const v1::LayerMember& member : task.make_layer().members()) {
      if (!member.has_content()) {
        EXPECT_THAT(member.path(), Not(HasSubstr("part19")));
      } else if (member.path() == "opt/k8s/k8s/host/one/v1/.wh.part19") {
        hidden = true;
      }
    }
  }
  EXPECT_TRUE(hidden);
}

TEST_F(PlanHistoryTest, AsksForAllThatItWouldReuseAndForBases) {
  const Plan nothing = MakePlan("b1", fake_.release, fake_.resolved);
  // Two layers of each base, for each of two platforms.
  EXPECT_EQ(nothing.questions.size(), 8u);
  Build(nothing);
  const Plan plan =
      MakePlan("b2", fake_.release, fake_.resolved,
               PlanHistory(&memo_, fake_.release.destination(), std::nullopt));
  EXPECT_EQ(plan.questions.size(),
            8u + static_cast<size_t>(plan.summary.layer_count()));
}

std::vector<std::string> AllOf(const Plan& plan) {
  std::vector<std::string> all = {plan.summary.SerializeAsString()};
  for (const v1::Task& task : plan.tasks) {
    all.push_back(task.SerializeAsString());
    const auto reused = plan.reused.find(task.task_id());
    if (reused == plan.reused.end()) continue;
    all.push_back(reused->second.SerializeAsString());
  }
  for (const v1::PlannedImage& image : plan.images) {
    all.push_back(image.SerializeAsString());
  }
  return all;
}

TEST_F(PlanHistoryTest, AskingMakesNoOtherPlanWhereAllIsThere) {
  Build(MakePlanAfter());
  AddFile("https://host/new/v1/file");
  Plan draft =
      MakePlan("b2", fake_.release, fake_.resolved,
               PlanHistory(&memo_, fake_.release.destination(), std::nullopt));
  EXPECT_FALSE(draft.gives_up_layers);
  EXPECT_EQ(AllOf(draft), AllOf(MakePlanAfter()));

  // The draft does not ask for files that are not wanted any more.
  fake_.release.clear_files();
  AddFile("https://host/another/v1/file");
  draft =
      MakePlan("b2", fake_.release, fake_.resolved,
               PlanHistory(&memo_, fake_.release.destination(), std::nullopt));
  EXPECT_TRUE(draft.gives_up_layers);
}

TEST_F(PlanHistoryTest, ResolveTasksSayWhatIsKnown) {
  const std::string reference = "registry.k8s.io/pause:3.9";
  std::string key;
  for (const v1::Task& task : ResolveTasks("b1", fake_.release)) {
    EXPECT_EQ(task.resolve_image().known_digest(), "");
    if (task.resolve_image().reference() == reference) key = ImageKey(task);
  }
  v1::JournalRecord record;
  record.mutable_image_remembered()->set_key(key);
  *record.mutable_image_remembered()->mutable_image() =
      fake_.resolved.images.at(reference);
  memo_.Apply(record);
  std::vector<std::string> known;
  for (const v1::Task& task : ResolveTasks("b1", fake_.release, &memo_)) {
    if (task.resolve_image().known_digest().empty()) continue;
    known.push_back(task.resolve_image().reference());
  }
  EXPECT_THAT(known, Contains(reference));
  EXPECT_EQ(known.size(), 1u);

  // It may be signed later, so its signatures are asked for anew.
  fake_.release.mutable_upstream_signatures()->set_carry(true);
  for (const v1::Task& task : ResolveTasks("b1", fake_.release)) {
    if (task.resolve_image().reference() != reference) continue;
    record.mutable_image_remembered()->set_key(ImageKey(task));
    memo_.Apply(record);
  }
  for (const v1::Task& task : ResolveTasks("b1", fake_.release, &memo_)) {
    EXPECT_EQ(task.resolve_image().known_digest(), "");
  }
}

// By URL, the sizes of the files that need not be asked for.
std::map<std::string, int64_t> Known(const Memo& memo,
                                     const v1::Release& release) {
  std::map<std::string, int64_t> sizes;
  const std::vector<v1::Task> tasks = ResolveTasks("b2", release, &memo);
  for (const auto& [id, reused] :
       KnownFiles(memo, release.destination(), tasks)) {
    const v1::ResolvedFile& file = reused.result().resolved_file();
    EXPECT_EQ(reused.build_id(), "b1");
    EXPECT_TRUE(std::any_of(tasks.begin(), tasks.end(), [&](const auto& task) {
      return task.task_id() == id && task.resolve_file().url() == file.url();
    }));
    sizes[file.url()] = file.size();
  }
  return sizes;
}

TEST_F(PlanHistoryTest, AFileOfAKnownChecksumIsNotAskedFor) {
  EXPECT_THAT(Known(memo_, fake_.release), IsEmpty());
  Build(MakePlanAfter());
  const std::map<std::string, int64_t> known = Known(memo_, fake_.release);
  EXPECT_THAT(known, ::testing::SizeIs(3));
  EXPECT_THAT(known, Contains(std::pair("https://host/runc/v1/file", 1000)));

  // Sizes without validators are enough to plan as before.
  for (const auto& [url, size] : known) {
    fake_.resolved.files[url].clear_etag();
    fake_.resolved.files[url].clear_last_modified();
  }
  EXPECT_THAT(ToDo(MakePlanAfter()), IsEmpty());
}

TEST_F(PlanHistoryTest, AFileWithoutChecksumOrOfAnotherDestinationIsAskedFor) {
  AddFile("https://host/new/v1/file");
  fake_.release.mutable_files(0)->clear_digest();
  fake_.resolved.files[fake_.release.files(0).url()].set_etag("\"v1\"");
  Build(MakePlanAfter());
  fake_.release.mutable_files(1)->set_digest(Sha256Of("changed").ToString());
  EXPECT_THAT(Known(memo_, fake_.release), ::testing::SizeIs(2));
  fake_.release.mutable_destination()->set_location("elsewhere.example.com/x");
  EXPECT_THAT(Known(memo_, fake_.release), IsEmpty());
}

}  // namespace
}  // namespace kso::coordinator
