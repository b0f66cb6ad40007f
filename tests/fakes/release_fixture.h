// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_RELEASE_FIXTURE_H_
#define KSO_TESTS_FAKES_RELEASE_FIXTURE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/bytes/byte_stream.h"
#include "common/evidence/artifact.h"
#include "common/oci/documents.h"
#include "common/oci/media_types.h"
#include "common/site.h"
#include "gtest/gtest.h"
#include "kso/v1/types.pb.h"
#include "tests/fakes/memory_registry.h"

namespace kso::testing {

// Releases in a registry in memory, as a build leaves them there.
class ReleaseFixture : public ::testing::Test {
 protected:
  static std::string FilesRepository() {
    return absl::StrCat("team/", std::string(site::kFilesImage));
  }
  static std::string ImagesRepository() {
    return absl::StrCat("team/", std::string(site::kImagesImage));
  }

  v1::Descriptor PutBlob(const std::string& repository, std::string content,
                         std::string_view media_type) {
    const v1::Document blob = oci::MakeDocument(media_type, std::move(content));
    EXPECT_TRUE(registry_
                    .PutBlob(repository, blob.content_descriptor(),
                             [&blob](int64_t offset) {
                               return SourceOfString(blob.content(), offset);
                             })
                    .ok());
    return blob.content_descriptor();
  }

  v1::Descriptor PutManifest(const std::string& repository,
                             const oci::DocumentJson& json,
                             std::string_view media_type,
                             const std::string& tag) {
    const v1::Document document = oci::MakeDocument(media_type, json.dump());
    const absl::Status put = registry_.PutManifest(repository, document, tag);
    EXPECT_TRUE(put.ok()) << put;
    return document.content_descriptor();
  }

  // An image of one platform whose layers have these contents.
  v1::Descriptor PutPlatform(const std::string& repository,
                             const std::vector<std::string>& layers) {
    oci::DocumentJson list = oci::DocumentJson::array();
    for (const std::string& layer : layers) {
      list.push_back(
          oci::DescriptorJson(PutBlob(repository, layer, oci::kOciLayerGzip)));
    }
    const v1::Descriptor config = PutBlob(
        repository, absl::StrCat("{\"layers\":\"", layers.back(), "\"}"),
        oci::kOciConfig);
    v1::Descriptor manifest =
        PutManifest(repository,
                    {{"schemaVersion", 2},
                     {"mediaType", oci::kOciManifest},
                     {"config", oci::DescriptorJson(config)},
                     {"layers", std::move(list)}},
                    oci::kOciManifest, "");
    manifest.mutable_platform()->set_os("linux");
    manifest.mutable_platform()->set_architecture("amd64");
    return manifest;
  }

  v1::Descriptor PutIndex(const std::string& repository,
                          const std::string& release,
                          const v1::Descriptor& manifest,
                          const std::string& tag) {
    return PutManifest(repository,
                       {{"schemaVersion", 2},
                        {"mediaType", oci::kOciIndex},
                        {"manifests", oci::DocumentJson::array(
                                          {oci::DescriptorJson(manifest)})},
                        {"annotations", {{"release", release}}}},
                       oci::kOciIndex, tag);
  }

  // Evidence of an image, under the tag of its referrers.
  void PutEvidence(const std::string& repository, const v1::Descriptor& index,
                   bool with_tag = true) {
    const evidence::Artifact artifact = evidence::MakeArtifact(
        index, evidence::kSpdxType, absl::StrCat("sbom of ", index.digest()));
    for (const v1::Document* blob : {&artifact.config, &artifact.content}) {
      PutBlob(repository, blob->content(),
              blob->content_descriptor().media_type());
    }
    EXPECT_TRUE(registry_.PutManifest(repository, artifact.manifest, "").ok());
    if (!with_tag) return;
    EXPECT_TRUE(registry_
                    .PutManifest(repository,
                                 evidence::MakeReferrersIndex({artifact}),
                                 evidence::ReferrersTag(index.digest()))
                    .ok());
  }

  // A release: kubespray-files, and kubespray-images in both variants, with a
  // layer that all releases share and layers of its own.
  void PutRelease(const std::string& name) {
    const v1::Descriptor files =
        PutPlatform(FilesRepository(), {"shared files", "files of " + name});
    const v1::Descriptor files_index =
        PutIndex(FilesRepository(), name, files, name);
    PutEvidence(FilesRepository(), files_index);
    const v1::Descriptor images =
        PutPlatform(ImagesRepository(), {"shared images"});
    PutIndex(ImagesRepository(), name, images, name);
    const v1::Descriptor all =
        PutPlatform(ImagesRepository(), {"shared images", "images of " + name});
    PutIndex(ImagesRepository(), name, all, name + "-all");
  }

  MemoryRegistry registry_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_RELEASE_FIXTURE_H_
