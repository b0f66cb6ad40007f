// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/layer_plan.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/oci/platform.h"
#include "coordinator/core/base/task_factory.h"
#include "coordinator/core/memory/memo.h"
#include "coordinator/core/plan/image_choice.h"
#include "coordinator/core/plan/plan.h"
#include "coordinator/core/plan/plan_history.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/resolved_release.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::LayerMember File(int64_t size) {
  v1::LayerMember member;
  member.set_path("file");
  member.mutable_file()->set_size(size);
  return member;
}
v1::LayerMember Content(const std::string& content) {
  v1::LayerMember member;
  member.set_path("content");
  member.set_content(content);
  return member;
}

class LayerPlanTest : public ::testing::Test {
 protected:
  v1::Task Layer(std::vector<v1::LayerMember> members) const {
    return factory_.NewLayer("layer/1", "kubespray-files", "kubelet",
                             std::move(members));
  }
  // The summary's line of a layer of these members, which nobody has.
  v1::PlannedLayer LineOf(std::vector<v1::LayerMember> members) const {
    Plan plan;
    AddLayer(Layer(std::move(members)), PlanHistory(), plan);
    return plan.summary.layers(0);
  }

  kso::testing::ResolvedRelease fake_;
  TaskFactory factory_{"b1", fake_.release};
  Plan plan_;
};

TEST_F(LayerPlanTest, ATitleHasThreeNamesAndSaysHowManyMoreThereAre) {
  EXPECT_EQ(LayerTitle({}, ""), "");
  EXPECT_EQ(LayerTitle({"a"}, ""), "a");
  EXPECT_EQ(LayerTitle({"a", "b", "c"}, ""), "a b c");
  EXPECT_EQ(LayerTitle({"a", "b", "c", "d"}, ""), "a b c and 1 more");
  EXPECT_EQ(LayerTitle({"a", "b", "c", "d", "e"}, "amd64, arm64"),
            "a b c and 2 more (amd64, arm64)");
}

TEST_F(LayerPlanTest, ALayerThatNobodyHasIsToBeMade) {
  EXPECT_EQ(
      AddLayer(Layer({File(100), Content("12345")}), PlanHistory(), plan_),
      "b1/layer/1");
  ASSERT_THAT(plan_.tasks, SizeIs(1));
  EXPECT_EQ(plan_.tasks[0].task_id(), "b1/layer/1");
  EXPECT_EQ(plan_.tasks[0].make_layer().members_size(), 2);
  EXPECT_THAT(plan_.reused, IsEmpty());
  EXPECT_THAT(plan_.questions, IsEmpty());
  ASSERT_EQ(plan_.summary.layers_size(), 1);
  const v1::PlannedLayer& line = plan_.summary.layers(0);
  EXPECT_EQ(line.name(), "kubelet");
  EXPECT_EQ(line.image(), "kubespray-files");
  EXPECT_EQ(line.members(), 2);
  EXPECT_EQ(line.size(), 105);
  // The farm's own files come from no host.
  EXPECT_EQ(line.bytes_to_fetch(), 100);
  EXPECT_FALSE(line.reused());
}

TEST_F(LayerPlanTest, ALayerIsOfUnknownSizeWhereOneOfItsFilesIs) {
  EXPECT_EQ(LineOf({}).size(), 0);
  EXPECT_EQ(LineOf({}).bytes_to_fetch(), 0);
  EXPECT_EQ(LineOf({File(0), File(1)}).size(), 1);
  EXPECT_EQ(LineOf({File(0), File(1)}).bytes_to_fetch(), 1);
  EXPECT_EQ(LineOf({File(5), File(-1), File(7)}).size(), -1);
  EXPECT_EQ(LineOf({File(5), File(-1), File(7)}).bytes_to_fetch(), -1);
}

TEST_F(LayerPlanTest, ALayerThatIsKeptIsDone) {
  v1::LayerRemembered layer;
  layer.mutable_layer()->mutable_layer()->set_digest("sha256:aa");
  layer.add_repositories("team/other");
  layer.set_made_by("box-1");
  EXPECT_EQ(AddKeptLayer(Layer({File(100)}), layer, 130, plan_), "b1/layer/1");
  ASSERT_THAT(plan_.tasks, SizeIs(1));
  const v1::PlannedLayer& line = plan_.summary.layers(0);
  EXPECT_TRUE(line.reused());
  EXPECT_EQ(line.size(), 130);
  EXPECT_EQ(line.dead_bytes(), 30);
  EXPECT_EQ(line.bytes_to_fetch(), 0);
  ASSERT_THAT(plan_.questions, SizeIs(1));
  EXPECT_EQ(plan_.questions[0].image, "kubespray-files");
  EXPECT_EQ(plan_.questions[0].blob.digest(), "sha256:aa");
  EXPECT_THAT(plan_.questions[0].elsewhere, ElementsAre("team/other"));
  ASSERT_TRUE(plan_.reused.contains("b1/layer/1"));
  const v1::ReusedResult& reused = plan_.reused["b1/layer/1"];
  EXPECT_EQ(reused.result().made_layer().layer().digest(), "sha256:aa");
  EXPECT_EQ(reused.worker(), "box-1");

  // It may be smaller than is said of its members.
  AddKeptLayer(Layer({File(100)}), layer, 90, plan_);
  EXPECT_EQ(plan_.summary.layers(1).dead_bytes(), 0);
}

TEST_F(LayerPlanTest, ABaseIsCopiedUnlessAllOfItIsThere) {
  std::vector<v1::Failure> failures;
  const ChosenImage base = *ChooseBase(fake_.release.files_base(),
                                       fake_.release, fake_.resolved, failures);
  const ChosenManifest& manifest = base.manifests.at(1);
  const std::vector<v1::Descriptor>& layers = manifest.manifest.layers;
  ASSERT_THAT(layers, SizeIs(2));
  const Memo memo;
  // Plans the copy where the destination has the first so many layers.
  const auto plan_after = [&](size_t there) {
    std::set<std::string> present;
    for (size_t i = 0; i < there; ++i) {
      present.insert(BlobName("kubespray-files", layers[i].digest()));
    }
    Plan plan;
    AddBaseCopy(factory_, "kubespray-files", base, manifest,
                PlanHistory(&memo, fake_.release.destination(), present), plan);
    return plan;
  };
  const Plan plan = plan_after(1);
  ASSERT_THAT(plan.tasks, SizeIs(1));
  const v1::Task& task = plan.tasks[0];
  EXPECT_EQ(task.task_id(), "b1/copy/kubespray-files/linux-arm64");
  EXPECT_EQ(task.name(),
            "copy base of kubespray-files: "
            "docker.io/library/nginx:1.25.2-alpine (linux/arm64)");
  EXPECT_EQ(oci::FormatPlatform(task.platform()), "linux/arm64");
  EXPECT_EQ(task.weight(), layers[0].size() + layers[1].size());
  EXPECT_EQ(task.copy_blobs().image(), "kubespray-files");
  ASSERT_EQ(task.copy_blobs().blobs_size(), 2);
  EXPECT_EQ(task.copy_blobs().blobs(1).repository(), "docker.io/library/nginx");
  EXPECT_EQ(task.copy_blobs().blobs(1).blob().digest(), layers[1].digest());
  ASSERT_THAT(plan.questions, SizeIs(2));
  EXPECT_EQ(plan.questions[1].image, "kubespray-files");
  EXPECT_EQ(plan.questions[1].blob.digest(), layers[1].digest());
  EXPECT_THAT(plan.questions[1].elsewhere, IsEmpty());
  EXPECT_THAT(plan.reused, IsEmpty());

  EXPECT_THAT(plan_after(0).reused, IsEmpty());
  const Plan done = plan_after(2);
  ASSERT_THAT(done.reused, SizeIs(1));
  EXPECT_EQ(done.reused.begin()->first, "b1/copy/kubespray-files/linux-arm64");
  EXPECT_TRUE(done.reused.begin()->second.result().has_copied_blobs());
  EXPECT_THAT(done.tasks, SizeIs(1));
}

TEST_F(LayerPlanTest, AnImageIsAssembledFromItsLayers) {
  AddImage("kubespray-images", "-all", *oci::ParsePlatform("linux/arm64"),
           "docker.io/library/registry:3", {"b1/layer/1", "b1/layer/2"}, plan_);
  ASSERT_THAT(plan_.images, SizeIs(1));
  EXPECT_EQ(plan_.images[0].image(), "kubespray-images");
  EXPECT_EQ(plan_.images[0].tag_suffix(), "-all");
  EXPECT_EQ(oci::FormatPlatform(plan_.images[0].platform()), "linux/arm64");
  EXPECT_EQ(plan_.images[0].base(), "docker.io/library/registry:3");
  EXPECT_THAT(plan_.images[0].layer_task_ids(),
              ElementsAre("b1/layer/1", "b1/layer/2"));
}

}  // namespace
}  // namespace kso::coordinator
