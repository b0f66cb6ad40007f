// SPDX-License-Identifier: Apache-2.0
#include "cli/releases/removal_plan.h"

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/releases/inventory.h"
#include "cli/releases/layout_place.h"
#include "cli/releases/registry_place.h"
#include "cli/releases/release_place.h"
#include "cli/releases/removal_check.h"
#include "common/evidence/cosign.h"
#include "common/oci/destination.h"
#include "common/oci/layout_index.h"
#include "common/oci/layout_writer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/release_fixture.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kDestination[] = "docker://registry.example.com/team";

class RemovalPlanTest : public kso::testing::ReleaseFixture {
 protected:
  RemovalPlanTest()
      : place_(CreateRegistryPlace(&registry_,
                                   *oci::ParseDestination(kDestination))) {}

  absl::StatusOr<RemovalPlan> Plan(const std::vector<std::string>& names) {
    const absl::StatusOr<Inventory> inventory = TakeInventory(*place_);
    if (!inventory.ok()) return inventory.status();
    return PlanRemoval(*inventory, names, kDestination);
  }

  // Removes releases, and checks that nothing else was lost.
  void Remove(const std::vector<std::string>& names) {
    const auto plan = Plan(names);
    ASSERT_TRUE(plan.ok()) << plan.status();
    ASSERT_TRUE(place_->Remove(plan->removal).ok());
    const auto missing = MissingParts(*place_, *plan);
    ASSERT_TRUE(missing.ok()) << missing.status();
    EXPECT_THAT(*missing, IsEmpty());
  }

  std::set<std::string> Names() {
    std::set<std::string> names;
    for (const auto& [name, release] : ReleasesIn(*TakeInventory(*place_))) {
      names.insert(name);
    }
    return names;
  }

  std::unique_ptr<ReleasePlace> place_;
};

TEST_F(RemovalPlanTest, ReleasesAreListedWithWhatOnlyTheyHave) {
  PutRelease("v1");
  PutRelease("v2");
  const auto releases = ReleasesIn(*TakeInventory(*place_));
  ASSERT_EQ(releases.size(), 2u);
  const PlacedRelease& release = releases.at("v1");
  std::set<std::string> tags;
  for (const Tag& tag : release.tags) tags.insert(tag.ToString());
  EXPECT_THAT(tags, ElementsAre("kubespray-files:v1", "kubespray-images:v1",
                                "kubespray-images:v1-all"));
  EXPECT_EQ(release.evidence.size(), 1u);
  EXPECT_THAT(release.platforms, ElementsAre("linux/amd64"));
  EXPECT_GT(release.own_bytes, 0);
  EXPECT_LT(release.own_bytes, release.bytes);
}

TEST_F(RemovalPlanTest, AReleaseMayBeNamedAsIfItWereAVariant) {
  PutRelease("v1");
  PutRelease("v1-all");
  EXPECT_THAT(Names(), ElementsAre("v1", "v1-all"));
  const auto releases = ReleasesIn(*TakeInventory(*place_));
  EXPECT_EQ(releases.at("v1-all").tags.size(), 3u);
}

TEST_F(RemovalPlanTest, OnlyWhatNobodyElseHasGoes) {
  PutRelease("v1");
  PutRelease("v2");
  const auto plan = Plan({"v1"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  // Its three tags, and that of its evidence.
  EXPECT_EQ(plan->removal.tags.size(), 4u);
  // Three indexes, two manifests of its own and those of its evidence: the
  // manifest of the plain kubespray-images is the other release's, too.
  EXPECT_EQ(plan->removal.documents.size(), 7u);
  EXPECT_EQ(plan->freed.count(Sha256Of("files of v1").ToString()), 1u);
  EXPECT_EQ(plan->freed.count(Sha256Of("shared files").ToString()), 0u);
  ASSERT_EQ(plan->kept.size(), 1u);
  EXPECT_EQ(plan->kept[0].name, "v2");
  EXPECT_GT(plan->kept[0].shared, 0);
  EXPECT_EQ(plan->kept[0].documents + plan->kept[0].blobs,
            static_cast<int>(plan->kept_parts.size()));
}

TEST_F(RemovalPlanTest, NothingThatGoesIsBelowATagThatStays) {
  for (const char* name : {"v1", "v2", "v3"}) PutRelease(name);
  const auto plan = Plan({"v1", "v3"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  for (const PartKey& key : plan->removal.documents) {
    EXPECT_FALSE(plan->kept_parts.contains(key)) << key.digest;
  }
  for (const auto& [digest, descriptor] : plan->freed) {
    EXPECT_FALSE(plan->removal.kept_digests.contains(digest)) << digest;
  }
}

TEST_F(RemovalPlanTest, IndexesGoBeforeWhatTheyReferTo) {
  PutRelease("v1");
  const auto plan = Plan({"v1"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  const Inventory inventory = *TakeInventory(*place_);
  std::set<PartKey> gone;
  for (const PartKey& key : plan->removal.documents) {
    for (const std::string& child : inventory.parts.at(key).children) {
      EXPECT_FALSE(gone.contains({key.image, child}));
    }
    gone.insert(key);
  }
}

TEST_F(RemovalPlanTest, WhatIsRemovedIsGoneAndTheRestIsThere) {
  for (const char* name : {"v1", "v2", "v3"}) PutRelease(name);
  Remove({"v2"});
  EXPECT_THAT(Names(), ElementsAre("v1", "v3"));
  Remove({"v1", "v3"});
  EXPECT_THAT(Names(), IsEmpty());
  EXPECT_THAT(registry_.Tags(), IsEmpty());
}

TEST_F(RemovalPlanTest, SignaturesGoWithWhatTheySign) {
  PutRelease("v1");
  PutRelease("v2");
  const auto index = registry_.HeadManifest(FilesRepository(), "v1");
  ASSERT_TRUE(index.ok());
  const v1::Descriptor signature =
      PutPlatform(FilesRepository(), {"signature"});
  PutIndex(FilesRepository(), "signature", signature,
           evidence::SignatureTag(index->digest()));
  Remove({"v1"});
  for (const std::string& tag : registry_.Tags()) {
    EXPECT_THAT(tag, ::testing::Not(HasSubstr(".sig")));
  }
}

TEST_F(RemovalPlanTest, EvidenceWithoutATagGoesToo) {
  registry_.KnowReferrers();
  PutRelease("v1");
  PutRelease("v2");
  const auto index = registry_.HeadManifest(ImagesRepository(), "v1");
  PutEvidence(ImagesRepository(), *index, /*with_tag=*/false);
  const auto plan = Plan({"v1"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->removal.documents.size(), 8u);
}

TEST_F(RemovalPlanTest, ATagThatStaysKeepsItsImage) {
  PutRelease("v1");
  const auto index = registry_.GetManifest(FilesRepository(), "v1");
  ASSERT_TRUE(index.ok());
  registry_.Retag(FilesRepository(), "latest", *index);
  const auto plan = Plan({"v1"});
  EXPECT_TRUE(absl::IsFailedPrecondition(plan.status())) << plan.status();
  EXPECT_THAT(plan.status().message(),
              HasSubstr("is the same image as kubespray-files:latest"));
  Remove({"v1", "latest"});
  EXPECT_THAT(registry_.Tags(), IsEmpty());
}

TEST_F(RemovalPlanTest, ForeignTagsStayWithWhatTheyNeed) {
  PutRelease("v1");
  PutRelease("v2");
  const auto index = registry_.GetManifest(FilesRepository(), "v1");
  registry_.Retag(FilesRepository(), "blessed-by-qa", *index);
  EXPECT_TRUE(absl::IsFailedPrecondition(Plan({"v1"}).status()));
  // A tag of one platform's manifest.
  const auto manifest =
      TakeInventory(*place_)
          ->parts.at({"kubespray-files", index->content_descriptor().digest()})
          .children.front();
  registry_.Retag(FilesRepository(), "blessed-by-qa",
                  *registry_.GetManifest(FilesRepository(), manifest));
  Remove({"v1"});
  EXPECT_TRUE(registry_.GetManifest(FilesRepository(), manifest).ok());
}

TEST_F(RemovalPlanTest, WhatIsNotThereIsNamed) {
  PutRelease("v1");
  const absl::Status status = Plan({"v1", "v9"}).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(status.message(), HasSubstr("\"v9\""));
}

TEST_F(RemovalPlanTest, NothingGoesWhileAReleaseThatStaysCannotBeRead) {
  PutRelease("v1");
  PutRelease("v2");
  const Inventory inventory = *TakeInventory(*place_);
  const auto index = registry_.HeadManifest(FilesRepository(), "v2");
  const std::string child =
      inventory.parts.at({"kubespray-files", index->digest()}).children.front();
  ASSERT_TRUE(registry_.DeleteManifest(FilesRepository(), child).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Plan({"v1"}).status()));
  // The damaged one itself can go.
  Remove({"v2"});
  EXPECT_THAT(Names(), ElementsAre("v1"));
}

TEST_F(RemovalPlanTest, ThePlansIdFollowsFromWhatIsThere) {
  PutRelease("v1");
  PutRelease("v2");
  const std::string id = Plan({"v1"})->id;
  EXPECT_EQ(Plan({"v1"})->id, id);
  EXPECT_NE(Plan({"v2"})->id, id);
  PutRelease("v3");
  EXPECT_NE(Plan({"v1"})->id, id);
}

TEST_F(RemovalPlanTest, ARegistryThatDeletesNothingSaysSo) {
  PutRelease("v1");
  registry_.RefuseDeletions();
  const auto plan = Plan({"v1"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  const absl::Status status = place_->Remove(plan->removal);
  EXPECT_TRUE(absl::IsUnimplemented(status));
  EXPECT_THAT(status.message(), HasSubstr("storage.delete.enabled"));
  EXPECT_THAT(Names(), ElementsAre("v1"));
}

TEST_F(RemovalPlanTest, APartThatWasLostIsFound) {
  PutRelease("v1");
  PutRelease("v2");
  const auto plan = Plan({"v1"});
  ASSERT_TRUE(plan.ok()) << plan.status();
  registry_.RemoveBlob(Sha256Of("files of v2"));
  const auto missing = MissingParts(*place_, *plan);
  ASSERT_TRUE(missing.ok()) << missing.status();
  ASSERT_EQ(missing->size(), 1u);
  EXPECT_EQ(missing->begin()->digest, Sha256Of("files of v2").ToString());
}

// The same releases in a directory.
class LayoutRemovalTest : public RemovalPlanTest {
 protected:
  void Bring() {
    std::vector<oci::LayoutImage> images;
    for (const std::string& tag : registry_.Tags()) {
      const size_t colon = tag.rfind(':');
      const std::string repository = tag.substr(0, colon);
      oci::LayoutImage image;
      image.index = *registry_.HeadManifest(repository, tag.substr(colon + 1));
      image.ref_names = {tag.substr(std::string("team/").size())};
      image.repository = repository;
      images.push_back(std::move(image));
    }
    const absl::Status written =
        oci::WriteOciLayout(registry_, images, directory_.path());
    ASSERT_TRUE(written.ok()) << written;
    auto opened = OpenLayoutPlace(directory_.path());
    ASSERT_TRUE(opened.ok()) << opened.status();
    place_ = *std::move(opened);
  }

  bool HasBlob(const std::string& content) const {
    return std::filesystem::exists(directory_.path() /
                                   oci::LayoutBlobPath(Sha256Of(content)));
  }

  kso::testing::TempDirectory directory_;
};

TEST_F(LayoutRemovalTest, BlobsWithoutUserAreDeleted) {
  PutRelease("v1");
  PutRelease("v2");
  Bring();
  EXPECT_THAT(Names(), ElementsAre("v1", "v2"));
  ASSERT_TRUE(HasBlob("files of v1"));
  Remove({"v1"});
  EXPECT_THAT(Names(), ElementsAre("v2"));
  EXPECT_FALSE(HasBlob("files of v1"));
  EXPECT_TRUE(HasBlob("files of v2"));
  EXPECT_TRUE(HasBlob("shared files"));
}

TEST_F(LayoutRemovalTest, WhileItIsLookedAtNobodyElseWrites) {
  PutRelease("v1");
  Bring();
  EXPECT_TRUE(
      absl::IsFailedPrecondition(OpenLayoutPlace(directory_.path()).status()));
}

TEST_F(LayoutRemovalTest, AnEmptyDirectoryIsNoLayout) {
  EXPECT_TRUE(
      absl::IsFailedPrecondition(OpenLayoutPlace(directory_.path()).status()));
}

}  // namespace
}  // namespace kso::cli
