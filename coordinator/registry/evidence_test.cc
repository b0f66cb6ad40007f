// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/evidence.h"

#include <set>
#include <string>
#include <vector>

#include "common/evidence/artifact.h"
#include "common/oci/manifest.h"
#include "common/text/json.h"
#include "coordinator/core/plan/planner.h"
#include "coordinator/registry/assembly.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/made_layer.h"
#include "tests/fakes/resolved_release.h"

namespace kso::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class EvidenceTest : public ::testing::Test {
 protected:
  EvidenceTest() {
    kso::testing::ResolvedRelease fake;
    fake.AddFile("https://dl.k8s.io/v1/kubelet", {"amd64"});
    fake.AddImage("registry.k8s.io/pause:3.9");
    const Plan plan = MakePlan("b1", fake.release, fake.resolved);
    request_.build_id = "b1";
    request_.release = fake.release;
    request_.images = plan.images;
    request_.resolved = fake.resolved;
    for (const v1::Task& task : plan.tasks) {
      if (!task.has_make_layer()) continue;
      v1::MadeLayer& made = request_.layers[task.task_id()];
      made = kso::testing::MadeOf(task);
      made.mutable_made_on()->set_os("linux");
      made.mutable_made_on()->set_architecture("amd64");
      made.set_made_natively(true);
      request_.makers[task.task_id()] = "box-1";
    }
  }

  // The provenance of an image.
  Json ProvenanceOf(const v1::ImageResult& image) const {
    for (const DocumentPush& push : EvidenceOf(request_, image, "")) {
      const v1::Document& document = push.document;
      if (document.content_descriptor().media_type() != evidence::kInTotoType) {
        continue;
      }
      const absl::StatusOr<Json> json = ParseJson(document.content());
      EXPECT_TRUE(json.ok()) << json.status();
      return json.value_or(Json());
    }
    ADD_FAILURE() << "there is no provenance";
    return Json();
  }

  // The SBOM of an image.
  std::string SbomOf(const v1::ImageResult& image) const {
    for (const DocumentPush& push : EvidenceOf(request_, image, "")) {
      if (push.document.content_descriptor().media_type() ==
          evidence::kSpdxType) {
        return push.document.content();
      }
    }
    ADD_FAILURE() << "there is no SBOM";
    return "";
  }

  // The digests of the layers in all manifests of an image.
  static std::set<std::string> LayersOf(const Assembly& assembly,
                                        const v1::ImageResult& image) {
    std::set<std::string> wanted;
    for (const v1::Descriptor& manifest : image.manifests()) {
      wanted.insert(manifest.digest());
    }
    std::set<std::string> digests;
    for (const DocumentPush& push : assembly.pushes) {
      const v1::Descriptor& pushed = push.document.content_descriptor();
      if (!wanted.contains(pushed.digest())) continue;
      const auto manifest =
          oci::ParseManifest(push.document.content(), pushed.media_type());
      EXPECT_TRUE(manifest.ok()) << manifest.status();
      if (!manifest.ok()) continue;
      for (const v1::Descriptor& layer : manifest->layers) {
        digests.insert(layer.digest());
      }
    }
    return digests;
  }

  AssembleRequest request_;
};

TEST_F(EvidenceTest, ProvenanceNamesTheMakerOfEachLayerThatTheImageHas) {
  const auto assembly = AssembleImages(request_);
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  ASSERT_THAT(assembly->outcome.images, SizeIs(3));
  std::set<std::string> named;
  for (const v1::ImageResult& image : assembly->outcome.images) {
    const std::set<std::string> layers = LayersOf(*assembly, image);
    const Json provenance = ProvenanceOf(image);
    const Json& makings = provenance["predicate"]["runDetails"]["byproducts"];
    ASSERT_FALSE(makings.empty()) << image.DebugString();
    std::vector<std::string> makers;
    for (const Json& making : makings) {
      const std::string digest =
          "sha256:" + StringOf(making["digest"], "sha256");
      EXPECT_TRUE(layers.contains(digest)) << digest;
      named.insert(digest);
      makers.push_back(StringOf(making["annotations"], "kso_worker") + " " +
                       StringOf(making["annotations"], "kso_platform"));
      EXPECT_EQ(making["annotations"]["kso_native"], true);
    }
    EXPECT_THAT(makers, Each("box-1 linux/amd64"));
    // No layer is named twice, though the platforms share some.
    EXPECT_LE(makers.size(), layers.size());
  }
  for (const auto& [task, layer] : request_.layers) {
    EXPECT_TRUE(named.contains(layer.layer().digest())) << task;
  }
}

TEST_F(EvidenceTest, NothingIsClaimedOfAMakerThatIsNotKnown) {
  request_.makers.clear();
  for (auto& [task, layer] : request_.layers) layer.clear_made_on();
  const auto assembly = AssembleImages(request_);
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  const Json provenance = ProvenanceOf(assembly->outcome.images[0]);
  for (const Json& making :
       provenance["predicate"]["runDetails"]["byproducts"]) {
    EXPECT_EQ(making["annotations"], Json::object());
  }
}

TEST_F(EvidenceTest, AnSbomNamesWhatItsOwnImageHas) {
  const std::string url = "https://dl.k8s.io/v1/kubelet";
  const std::string reference = "registry.k8s.io/pause:3.9";
  for (const std::string& name : {url, reference}) {
    request_.verdicts.emplace_back().set_name(name);
  }
  const auto assembly = AssembleImages(request_);
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  const auto& images = assembly->outcome.images;
  ASSERT_THAT(images, SizeIs(3));
  EXPECT_THAT(SbomOf(images[0]),
              AllOf(HasSubstr("kubelet"), Not(HasSubstr("registry.k8s.io"))));
  EXPECT_THAT(SbomOf(images[1]),
              AllOf(HasSubstr("registry.k8s.io"), Not(HasSubstr("kubelet"))));
}

TEST_F(EvidenceTest, NothingIsClaimedOfLayersAndBasesThatAreNotKnown) {
  const auto assembly = AssembleImages(request_);
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  const v1::ImageResult& image = assembly->outcome.images[0];
  request_.layers.clear();
  request_.resolved.images.clear();
  Json provenance = ProvenanceOf(image);
  EXPECT_TRUE(provenance["predicate"]["runDetails"]["byproducts"].empty());
}

}  // namespace
}  // namespace kso::coordinator
