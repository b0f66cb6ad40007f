// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/assembly.h"

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes/digest.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "coordinator/core/plan/planner.h"
#include "coordinator/core/plan/registry_tree.h"
#include "coordinator/registry/documents.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/made_layer.h"
#include "tests/fakes/resolved_release.h"
#include "tests/fakes/tar_layers.h"

namespace kso::coordinator {
namespace {

using ::kso::testing::MadeOf;
using ::kso::testing::ResolvedRelease;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

ResolvedRelease Fake() {
  ResolvedRelease fake;
  fake.AddFile("https://dl.k8s.io/v1/kubelet", {"amd64"});
  fake.AddImage("registry.k8s.io/pause:3.9");
  fake.AddImage("docker.io/amazon/x:1", {.platforms = {"linux/amd64"}});
  fake.release.mutable_missing_platform()->set_allow_by_default(true);
  return fake;
}

AssembleRequest RequestOf(const ResolvedRelease& fake) {
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  EXPECT_THAT(plan.failures, ::testing::IsEmpty());
  AssembleRequest request = {.build_id = "b1",
                             .release = fake.release,
                             .images = plan.images,
                             .resolved = fake.resolved,
                             .layers = {}};
  for (const v1::Task& task : plan.tasks) {
    if (task.has_make_layer()) request.layers[task.task_id()] = MadeOf(task);
  }
  return request;
}

const v1::Task& TaskOf(const Assembly& assembly, std::string_view id) {
  for (const v1::Task& task : assembly.outcome.verify_tasks) {
    if (task.task_id() == id) return task;
  }
  ADD_FAILURE() << "no task " << id;
  return v1::Task::default_instance();
}

TEST(AssembleImagesTest, MakesThreeIndexesOfTwoPlatforms) {
  const auto assembly = AssembleImages(RequestOf(Fake()));
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  const auto& images = assembly->outcome.images;
  ASSERT_THAT(images, SizeIs(3));
  EXPECT_EQ(images[0].repository(),
            "registry.example.com/team/kubespray-files");
  EXPECT_THAT(images[0].tags(), ElementsAre("v0.1.0-2.25.1", "latest"));
  EXPECT_EQ(images[1].name(), "kubespray-images");
  EXPECT_THAT(images[1].tags(), ElementsAre("v0.1.0-2.25.1", "latest"));
  EXPECT_EQ(images[2].name(), "kubespray-images");
  EXPECT_THAT(images[2].tags(), ElementsAre("v0.1.0-2.25.1-all", "latest-all"));
  for (const v1::ImageResult& image : images) {
    ASSERT_EQ(image.manifests_size(), 2);
    EXPECT_EQ(image.manifests(0).platform().architecture(), "amd64");
    EXPECT_EQ(image.manifests(1).platform().architecture(), "arm64");
  }
}

TEST(AssembleImagesTest, PushesChildrenBeforeWhatNamesThem) {
  const AssembleRequest request = RequestOf(Fake());
  const auto assembly = AssembleImages(request);
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  std::set<std::string> there;
  for (const auto& [id, made] : request.layers) {
    there.insert(made.layer().digest());
  }
  for (const auto& base :
       {request.release.files_base(), request.release.images_base()}) {
    for (const auto& document : request.resolved.images.at(base).manifests()) {
      const auto manifest = oci::ParseManifest(
          document.content(), document.content_descriptor().media_type());
      for (const auto& layer : manifest->layers) {
        there.insert(layer.digest());
      }
    }
  }
  for (const DocumentPush& push : assembly->pushes) {
    const auto& content = push.document.content();
    const auto& descriptor = push.document.content_descriptor();
    EXPECT_EQ(Sha256Of(content).ToString(), descriptor.digest());
    EXPECT_EQ(push.is_blob, descriptor.media_type() == oci::kOciConfig ||
                                descriptor.media_type() == oci::kOciLayerGzip);
    if (descriptor.media_type() == oci::kOciManifest) {
      const auto manifest = oci::ParseManifest(content, oci::kOciManifest);
      ASSERT_TRUE(manifest.ok()) << manifest.status();
      EXPECT_EQ(there.count(manifest->config.digest()), 1u);
      for (const auto& layer : manifest->layers) {
        EXPECT_EQ(there.count(layer.digest()), 1u);
        EXPECT_EQ(layer.media_type(), oci::kOciLayerGzip);
      }
    } else if (descriptor.media_type() == oci::kOciIndex) {
      const auto index = oci::ParseIndex(content, oci::kOciIndex);
      ASSERT_TRUE(index.ok()) << index.status();
      EXPECT_THAT(index->manifests, SizeIs(2));
      for (const auto& manifest : index->manifests) {
        EXPECT_EQ(there.count(manifest.digest()), 1u);
      }
    }
    there.insert(descriptor.digest());
  }
  EXPECT_EQ(assembly->pushes.back().document.content_descriptor().digest(),
            assembly->outcome.images.back().index().digest());
}

TEST(AssembleImagesTest, ConfigsFitTheirManifests) {
  const auto assembly = AssembleImages(RequestOf(Fake()));
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  std::map<std::string, std::string> configs;
  for (const DocumentPush& push : assembly->pushes) {
    const auto& descriptor = push.document.content_descriptor();
    if (push.is_blob) {
      configs[descriptor.digest()] = push.document.content();
    }
    if (descriptor.media_type() != oci::kOciManifest) continue;
    const auto manifest =
        oci::ParseManifest(push.document.content(), oci::kOciManifest);
    const auto config =
        oci::ParseImageConfig(configs.at(manifest->config.digest()));
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->diff_ids.size(), manifest->layers.size());
    EXPECT_EQ(config->platform.architecture(),
              descriptor.platform().architecture());
    EXPECT_THAT(configs.at(manifest->config.digest()),
                ::testing::Not(HasSubstr("/var/lib/registry\"")));
  }
}

TEST(AssembleImagesTest, OneImageOfABuildIsAskedForAllThatOthersHaveToo) {
  const auto assembly = AssembleImages(RequestOf(Fake()));
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  std::map<std::string, std::string> anywhere;
  std::map<std::string, std::string> on_its_platform;
  for (const v1::Task& task : assembly->outcome.verify_tasks) {
    const v1::VerifyImage& work = task.verify_image();
    anywhere[task.name()] = work.compared_in();
    on_its_platform[task.name()] = work.compared_on_platform_in();
  }
  const std::string all_amd64 = "kubespray-images-all linux/amd64";
  EXPECT_THAT(
      anywhere,
      ElementsAre(Pair("verify kubespray-files linux/amd64", ""),
                  Pair("verify kubespray-files linux/arm64",
                       "kubespray-files linux/amd64"),
                  Pair("verify kubespray-images linux/amd64", all_amd64),
                  Pair("verify kubespray-images linux/arm64", all_amd64),
                  Pair("verify " + all_amd64, ""),
                  Pair("verify kubespray-images-all linux/arm64", all_amd64)));
  EXPECT_THAT(
      on_its_platform,
      ElementsAre(Pair("verify kubespray-files linux/amd64", ""),
                  Pair("verify kubespray-files linux/arm64", ""),
                  Pair("verify kubespray-images linux/amd64", all_amd64),
                  Pair("verify kubespray-images linux/arm64",
                       "kubespray-images-all linux/arm64"),
                  Pair("verify " + all_amd64, ""),
                  Pair("verify kubespray-images-all linux/arm64", "")));
}

TEST(AssembleImagesTest, OnOnePlatformTheVariantsHaveTheSameContent) {
  ResolvedRelease fake = Fake();
  fake.release.mutable_platforms()->DeleteSubrange(1, 1);
  const auto assembly = AssembleImages(RequestOf(fake));
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  EXPECT_EQ(TaskOf(*assembly, "b1/verify/kubespray-images/linux-amd64")
                .verify_image()
                .compared_in(),
            "");
  EXPECT_EQ(TaskOf(*assembly, "b1/verify/kubespray-images-all/linux-amd64")
                .verify_image()
                .compared_in(),
            "kubespray-images linux/amd64");
}

TEST(AssembleImagesTest, VerifiesEverythingThatEachImageServes) {
  const auto assembly = AssembleImages(RequestOf(Fake()));
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  EXPECT_THAT(assembly->outcome.verify_tasks, SizeIs(6));
  const v1::Task& files =
      TaskOf(*assembly, "b1/verify/kubespray-files/linux-arm64");
  EXPECT_TRUE(files.must_execute());
  EXPECT_EQ(files.platform().architecture(), "arm64");
  EXPECT_EQ(files.verify_image().manifest().digest(),
            assembly->outcome.images[0].manifests(1).digest());
  std::vector<std::string> paths;
  std::vector<std::string> digests;
  for (const v1::MadeMember& file : files.verify_image().files().files()) {
    paths.push_back(file.path());
    digests.push_back(file.digest());
  }
  EXPECT_THAT(paths, ElementsAre("k8s/SHA256SUMS", "k8s/dl.k8s.io/v1/kubelet",
                                 "k8s/index.html", "k8s/index.json",
                                 "k8s/offline.yml"));
  // The layers of the base are told apart from those that serve the file.
  EXPECT_FALSE(files.verify_image().base().empty());
  std::vector<std::string> served;
  for (const v1::LayerContent& layer : files.verify_image().layers()) {
    EXPECT_TRUE(Digest::Parse(layer.digest()).ok());
    served.insert(served.end(), layer.served_digests().begin(),
                  layer.served_digests().end());
  }
  EXPECT_THAT(served, ::testing::UnorderedElementsAreArray(digests));

  const auto& arm64 =
      TaskOf(*assembly, "b1/verify/kubespray-images/linux-arm64")
          .verify_image();
  ASSERT_EQ(arm64.images().images_size(), 1);
  EXPECT_EQ(arm64.images().images(0).repository(), "k8s/pause");
  EXPECT_EQ(arm64.images().images(0).tag(), "3.9");
  EXPECT_EQ(arm64.images().images(0).manifests_size(), 1);

  const auto& all =
      TaskOf(*assembly, "b1/verify/kubespray-images-all/linux-arm64")
          .verify_image();
  EXPECT_EQ(all.variant(), "kubespray-images-all");
  EXPECT_EQ(all.image(), "kubespray-images");
  ASSERT_EQ(all.images().images_size(), 2);
  EXPECT_EQ(all.images().images(1).manifests_size(), 2);
}

TEST(AssembleImagesTest, VerifiesWhatTheReleaseStatesWhoeverPackedIt) {
  ResolvedRelease fake = Fake();
  const std::string sha256 = Sha256Of("stated").ToString();
  const std::string sha512 = "sha512:" + std::string(128, 'a');
  fake.AddFile("https://dl.k8s.io/v2/kubeadm", {"amd64"}).set_digest(sha256);
  fake.AddFile("https://dl.k8s.io/v2/kubectl", {"amd64"}).set_digest(sha512);
  fake.AddFile("https://dl.k8s.io/v2/crictl", {"amd64"}).set_digest(sha256);
  fake.release.add_waivers()->set_url("https://dl.k8s.io/v2/crictl");
  AssembleRequest request = RequestOf(fake);
  const std::string packed = Sha256Of("packed").ToString();
  for (auto& [task, layer] : request.layers) {
    for (v1::MadeMember& member : *layer.mutable_members()) {
      if (!member.path().starts_with("opt/k8s/k8s/dl.k8s.io/v2/")) continue;
      member.set_digest(packed);
      if (!member.sha512().empty()) {
        member.set_sha512("sha512:" + std::string(128, 'b'));
      }
    }
  }
  const auto assembly = AssembleImages(request);
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  const v1::Task& task =
      TaskOf(*assembly, "b1/verify/kubespray-files/linux-amd64");
  std::map<std::string, v1::MadeMember> files;
  for (const v1::MadeMember& file : task.verify_image().files().files()) {
    files[file.path()] = file;
    EXPECT_FALSE(file.has_content()) << file.path();
  }
  EXPECT_EQ(files["k8s/dl.k8s.io/v2/kubeadm"].digest(), sha256);
  EXPECT_EQ(files["k8s/dl.k8s.io/v2/kubectl"].sha512(), sha512);
  EXPECT_EQ(files["k8s/dl.k8s.io/v2/crictl"].digest(), packed);
}

TEST(AssembleImagesTest, VerifiesThatKubesprayIsLedToEverything) {
  const AssembleRequest request = RequestOf(Fake());
  const auto assembly = AssembleImages(request);
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  const v1::Task& task =
      TaskOf(*assembly, "b1/verify/kubespray-files/linux-amd64");
  const v1::ExpectedFiles& files = task.verify_image().files();
  ASSERT_EQ(files.urls_size(), 1);
  EXPECT_EQ(files.urls(0).name(), "https://dl.k8s.io/v1/kubelet");
  EXPECT_EQ(files.urls(0).served(), "k8s/dl.k8s.io/v1/kubelet");
  ASSERT_EQ(files.images_size(), 2);
  EXPECT_EQ(files.images(1).name(), "registry.k8s.io/pause");
  EXPECT_EQ(files.images(1).served(), "k8s/pause");
  // A worker is chosen by what it has to fetch.
  int64_t weight = 0;
  for (const auto& [id, layer] : request.layers) {
    if (id.starts_with("b1/layer/files-")) weight += layer.layer().size();
  }
  EXPECT_EQ(task.weight(), weight);
}

TEST(AssembleImagesTest, ALayerOfTheBaseOfAnUnknownTypeIsRefused) {
  v1::Descriptor layer;
  layer.set_media_type(std::string(oci::kDockerLayerGzip));
  ASSERT_TRUE(AsOciLayer(layer).ok());
  EXPECT_EQ(AsOciLayer(layer)->media_type(), oci::kOciLayerGzip);
  layer.set_media_type("application/x-strange");
  EXPECT_TRUE(absl::IsInvalidArgument(AsOciLayer(layer).status()));
}

TEST(AssembleImagesTest, AsksForWhatLeadsToAnImage) {
  ResolvedRelease fake = Fake();
  fake.AddImage("quay.io/a/nested:1", {.nested = true});
  const auto assembly = AssembleImages(RequestOf(fake));
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  const auto& images =
      TaskOf(*assembly, "b1/verify/kubespray-images/linux-arm64")
          .verify_image()
          .images();
  ASSERT_EQ(images.images_size(), 2);
  const v1::ExpectedImage& nested = images.images(0);
  EXPECT_EQ(nested.repository(), "k8s/a/nested");
  ASSERT_EQ(nested.indexes_size(), 1);
  EXPECT_EQ(nested.indexes(0).digest(),
            fake.resolved.images["quay.io/a/nested:1"]
                .indexes(0)
                .content_descriptor()
                .digest());
  EXPECT_EQ(images.images(1).indexes_size(), 0);
}

// The texts of the layer that tells what the release has, by their names.
std::map<std::string, std::string> TextsOf(const Assembly& assembly) {
  std::map<std::string, std::string> texts;
  for (const DocumentPush& push : assembly.pushes) {
    const auto& descriptor = push.document.content_descriptor();
    if (descriptor.media_type() != oci::kOciLayerGzip) continue;
    EXPECT_EQ(push.image, "kubespray-files");
    texts = kso::testing::FilesOfTar(push.document.content());
  }
  return texts;
}

TEST(AssembleImagesTest, TheLastLayerTellsWhatTheReleaseHas) {
  ResolvedRelease fake = Fake();
  fake.release.mutable_files(0)->set_digest(Sha256Of("kubelet").ToString());
  const auto assembly = AssembleImages(RequestOf(fake));
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  std::map<std::string, std::string> texts = TextsOf(*assembly);
  const std::string& sums = texts["opt/k8s/k8s/SHA256SUMS"];
  EXPECT_THAT(
      sums, HasSubstr(Sha256Of("kubelet").hex() + "  dl.k8s.io/v1/kubelet\n"));
  for (const char* name : {"offline.yml", "index.json", "index.html"}) {
    const std::string& text = texts[std::string("opt/k8s/k8s/") + name];
    EXPECT_THAT(sums, HasSubstr(Sha256Of(text).hex() + "  " + name + "\n"));
  }
  EXPECT_THAT(texts["opt/k8s/k8s/offline.yml"],
              HasSubstr("dl_k8s_io_url: \"{{ files_repo }}/dl.k8s.io\""));
  EXPECT_THAT(texts["opt/k8s/k8s/index.json"],
              HasSubstr("\"reference\": \"registry.k8s.io/pause:3.9\""));
  EXPECT_THAT(texts["opt/k8s/k8s/index.html"],
              HasSubstr("docker.io/amazon/x:1 lacks linux/arm64"));
}

TEST(AssembleImagesTest, TheOrderOfTheListsIsOfNoConsequence) {
  ResolvedRelease fake = Fake();
  fake.AddFile("https://github.com/a/b", {"arm64"});
  const auto first = AssembleImages(RequestOf(fake));
  fake.release.mutable_files()->SwapElements(0, 1);
  fake.release.mutable_images()->SwapElements(0, 1);
  fake.release.mutable_files(0)->set_location("elsewhere:7");
  const auto second = AssembleImages(RequestOf(fake));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(TextsOf(*first), TextsOf(*second));
}

TEST(AssembleImagesTest, WithoutFilesThereIsNothingToTellItWith) {
  ResolvedRelease fake;
  fake.AddImage("registry.k8s.io/pause:3.9");
  fake.release.clear_files_base();
  const auto assembly = AssembleImages(RequestOf(fake));
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  EXPECT_THAT(TextsOf(*assembly), SizeIs(0));
}

// A layer of an earlier release may have more than this one wants.
class ServedInPartTest : public ::testing::Test {
 protected:
  // The first layer of the image's first platform.
  v1::MadeLayer& LayerOf(const std::string& image) {
    for (const v1::PlannedImage& planned : request_.images) {
      if (planned.image() != image) continue;
      return request_.layers.at(planned.layer_task_ids(0));
    }
    ADD_FAILURE() << "no image " << image;
    return request_.layers.begin()->second;
  }

  void AddMember(const std::string& image, const std::string& path,
                 const Digest& digest) {
    v1::MadeMember& member = *LayerOf(image).add_members();
    member.set_path(path);
    member.set_digest(digest.ToString());
  }

  std::vector<std::string> ServedInPart(const std::string& image) {
    const auto assembly = AssembleImages(request_);
    EXPECT_TRUE(assembly.ok()) << assembly.status();
    const v1::Task& task =
        TaskOf(*assembly, "b1/verify/" + image + "/linux-amd64");
    std::vector<std::string> layers;
    for (const v1::LayerContent& layer : task.verify_image().layers()) {
      if (layer.partly_served()) layers.push_back(layer.digest());
    }
    return layers;
  }

  AssembleRequest request_ = RequestOf(Fake());
};

TEST_F(ServedInPartTest, AFileThatIsNotWanted) {
  EXPECT_THAT(ServedInPart("kubespray-files"), SizeIs(0));
  AddMember("kubespray-files", "opt/k8s/k8s/dl.k8s.io/v0/kubelet",
            Sha256Of("old"));
  EXPECT_THAT(ServedInPart("kubespray-files"),
              ElementsAre(LayerOf("kubespray-files").layer().digest()));
}

TEST_F(ServedInPartTest, AFileThatALaterLayerCovers) {
  v1::MadeLayer& layer = LayerOf("kubespray-files");
  layer.mutable_members(0)->set_digest(Sha256Of("before").ToString());
  const v1::MadeMember& covered = layer.members(0);
  for (v1::PlannedImage& planned : request_.images) {
    if (planned.image() != "kubespray-files") continue;
    v1::MadeMember& covering =
        *request_.layers.at(*planned.layer_task_ids().rbegin()).add_members();
    covering.set_path(covered.path());
    covering.set_digest(Sha256Of("after").ToString());
  }
  EXPECT_THAT(ServedInPart("kubespray-files"),
              ElementsAre(layer.layer().digest()));
}

TEST_F(ServedInPartTest, ABlobThatNoImageHas) {
  EXPECT_THAT(ServedInPart("kubespray-images"), SizeIs(0));
  const Digest dead = Sha256Of("dead");
  AddMember("kubespray-images", BlobDataPath(dead), dead);
  EXPECT_THAT(ServedInPart("kubespray-images"),
              ElementsAre(LayerOf("kubespray-images").layer().digest()));
}

TEST(AssembleImagesTest, SaysWhichBlobIsInNoLayer) {
  AssembleRequest request = RequestOf(Fake());
  for (auto& [task, layer] : request.layers) {
    for (v1::MadeMember& member : *layer.mutable_members()) {
      if (member.path().ends_with("/data")) member.set_path("elsewhere");
    }
  }
  const auto assembly = AssembleImages(request);
  EXPECT_EQ(assembly.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(assembly.status().message()),
              HasSubstr("no layer of kubespray-images has sha256:"));
}

TEST(AssembleImagesTest, GivesTheSameDigestsAgain) {
  const auto first = AssembleImages(RequestOf(Fake()));
  const auto second = AssembleImages(RequestOf(Fake()));
  ASSERT_TRUE(first.ok() && second.ok());
  for (size_t i = 0; i < first->outcome.images.size(); ++i) {
    EXPECT_EQ(first->outcome.images[i].index().digest(),
              second->outcome.images[i].index().digest());
  }
}

// So that the next release need not push or verify what did not change.
TEST(AssembleImagesTest, OnlyTheIndexNamesTheRelease) {
  ResolvedRelease fake = Fake();
  const auto first = AssembleImages(RequestOf(fake));
  fake.release.set_name("v0.2.0-2.25.1");
  const auto second = AssembleImages(RequestOf(fake));
  ASSERT_TRUE(first.ok() && second.ok());
  for (size_t i = 0; i < first->outcome.images.size(); ++i) {
    const v1::ImageResult& a = first->outcome.images[i];
    const v1::ImageResult& b = second->outcome.images[i];
    EXPECT_NE(a.index().digest(), b.index().digest());
    ASSERT_EQ(a.manifests_size(), b.manifests_size());
    for (int j = 0; j < a.manifests_size(); ++j) {
      EXPECT_EQ(a.manifests(j).digest(), b.manifests(j).digest());
    }
  }
  EXPECT_THAT(
      second->pushes.back().document.content(),
      HasSubstr("\"org.opencontainers.image.version\":\"v0.2.0-2.25.1"));
}

TEST(AssembleImagesTest, NamesNoHostForOtherDestinations) {
  ResolvedRelease fake = Fake();
  fake.release.mutable_destination()->set_kind(v1::Destination::OCI_LAYOUT);
  fake.release.mutable_destination()->set_location("/home/me/out");
  const auto assembly = AssembleImages(RequestOf(fake));
  ASSERT_TRUE(assembly.ok()) << assembly.status();
  EXPECT_EQ(assembly->outcome.images[0].repository(), "kubespray-files");
}

TEST(AssembleImagesTest, SaysWhichLayerIsMissing) {
  AssembleRequest request = RequestOf(Fake());
  request.layers.erase("b1/layer/files-config");
  const auto assembly = AssembleImages(request);
  ASSERT_FALSE(assembly.ok());
  EXPECT_THAT(std::string(assembly.status().message()),
              HasSubstr("b1/layer/files-config"));
}

}  // namespace
}  // namespace kso::coordinator
