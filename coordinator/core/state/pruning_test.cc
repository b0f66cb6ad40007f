// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/pruning.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/core_fixture.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PruningTest : public ::testing::Test {
 protected:
  // A day after the one before.
  void AddEnded(const std::string& id, const std::string& name) {
    test_.time += absl::Hours(24);
    v1::Release release;
    release.set_name(name);
    test_.AddBuild(id, {}, v1::LAYERS, release);
    test_.Cancel(id);
  }

  PruningChoice Choose(int keep_builds, int keep_days) {
    return ChooseForPruning(
        test_.state, {keep_builds, absl::Hours(24 * keep_days)}, test_.time);
  }

  TestState test_;
};

TEST_F(PruningTest, ByCountTheOldestGo) {
  for (const char* id : {"c", "a", "d", "b"}) AddEnded(id, "r");
  EXPECT_THAT(Choose(4, 100).builds, IsEmpty());
  EXPECT_THAT(Choose(2, 100).builds, ElementsAre("c", "a"));
}

TEST_F(PruningTest, RunningBuildsAreKept) {
  AddEnded("a", "r");
  test_.AddBuild("b", {}, v1::LAYERS);
  EXPECT_THAT(Choose(0, 0).builds, ElementsAre("a"));
  EXPECT_THAT(Choose(-1, 0).builds, ElementsAre("a"));
}

TEST_F(PruningTest, OfBuildsThatEndedAtOnceTheFirstGoes) {
  for (const char* id : {"z", "a", "m"}) {
    test_.AddBuild(id, {}, v1::LAYERS);
  }
  for (const char* id : {"a", "z", "m"}) test_.Cancel(id);
  EXPECT_THAT(Choose(1, 100).builds, ElementsAre("z", "a"));
}

TEST_F(PruningTest, ByAgeAllButTheNewestOfEachName) {
  AddEnded("a", "1.0");
  AddEnded("b", "2.0");
  AddEnded("c", "2.0");
  AddEnded("d", "2.0");
  const PruningChoice choice = Choose(100, 2);
  EXPECT_THAT(choice.builds, ElementsAre("b"));
  // c ended yesterday.
  EXPECT_EQ(choice.next, test_.time + absl::Hours(24));
}

TEST_F(PruningTest, OnlyTheFarmsOwnBlobStoreCounts) {
  const auto add = [this](const std::string& id, v1::Destination::Kind kind) {
    v1::Release release;
    release.mutable_destination()->set_kind(kind);
    test_.AddBuild(id, {MakeTask(id + "/1")}, v1::LAYERS, release);
    test_.Grant(id + "/1", "w");
    v1::TaskResult result;
    result.mutable_made_layer()->mutable_layer()->set_digest("layer of " + id);
    test_.Finish(id + "/1", result);
  };
  add("a", v1::Destination::REGISTRY);
  add("b", v1::Destination::OCI_LAYOUT);
  EXPECT_THAT(FindBlobsInFarm(test_.state).blobs, ElementsAre("layer of b"));
  EXPECT_THAT(FindBlobsInFarm(test_.state).indexes, IsEmpty());
}

TEST_F(PruningTest, AnImageIsKeptWithItsEvidenceAndTheLayersOfItsBase) {
  v1::Release release;
  release.mutable_destination()->set_kind(v1::Destination::OCI_ARCHIVE);
  v1::Task copy;
  copy.set_task_id("b/copy");
  for (const char* digest : {"base 2", "base 1"}) {
    copy.mutable_copy_blobs()->add_blobs()->mutable_blob()->set_digest(digest);
  }
  test_.AddBuild("b", {copy, MakeTask("b/running")}, v1::LAYERS, release);
  test_.Grant("b/copy", "w");
  test_.Finish("b/copy", {});
  v1::JournalRecord record;
  record.mutable_images_assembled()->set_build_id("b");
  for (const bool evidence : {true, false}) {
    v1::ImageResult& image = *record.mutable_images_assembled()->add_images();
    image.mutable_index()->set_digest(evidence ? "with" : "without");
    if (evidence) image.mutable_referrers()->set_digest("evidence");
  }
  test_.Apply(record);
  const BlobsInFarm found = FindBlobsInFarm(test_.state);
  EXPECT_THAT(found.blobs, ElementsAre("base 1", "base 2"));
  std::vector<std::string> indexes;
  for (const v1::Descriptor& index : found.indexes) {
    indexes.push_back(index.digest());
  }
  EXPECT_THAT(indexes, ElementsAre("with", "evidence", "without"));
}

}  // namespace
}  // namespace kso::coordinator
