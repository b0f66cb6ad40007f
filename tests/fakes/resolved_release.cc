// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/resolved_release.h"

#include <nlohmann/json.hpp>

#include "common/bytes/digest.h"
#include "common/oci/documents.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"

namespace kso::testing {
namespace {

using oci::MakeDocument;
using Json = nlohmann::ordered_json;

Json DescriptorJson(std::string_view type, const std::string& digest,
                    int64_t size) {
  return {{"mediaType", type}, {"digest", digest}, {"size", size}};
}

constexpr char kFilesBase[] = "docker.io/library/nginx:1.25.2-alpine";
constexpr char kImagesBase[] = "docker.io/library/registry:3";

}  // namespace

ResolvedRelease::ResolvedRelease() {
  release.set_name("v0.1.0-2.25.1");
  for (const char* platform : {"linux/amd64", "linux/arm64"}) {
    *release.add_platforms() = *oci::ParsePlatform(platform);
  }
  release.set_files_base(kFilesBase);
  release.set_images_base(kImagesBase);
  release.mutable_destination()->set_kind(v1::Destination::REGISTRY);
  release.mutable_destination()->set_location("registry.example.com/team");
  SetImage(kFilesBase, {.docker = true,
                        .config_fields = R"("config":{"Cmd":["nginx"],)"
                                         R"("Volumes":{"/var/cache":{}}})"});
  SetImage(kImagesBase,
           {.config_fields = R"("config":{"Entrypoint":["/entrypoint.sh"],)"
                             R"("Volumes":{"/var/lib/registry":{}}})"});
}

v1::FileRequest& ResolvedRelease::AddFile(
    const std::string& url, const std::vector<std::string>& architectures,
    int64_t size) {
  v1::FileRequest& request = *release.add_files();
  request.set_url(url);
  request.set_location("files.list:" + std::to_string(release.files_size()));
  request.mutable_architectures()->Assign(architectures.begin(),
                                          architectures.end());
  v1::ResolvedFile& file = resolved.files[url];
  file.set_url(url);
  file.set_size(size);
  return request;
}

void ResolvedRelease::AddImage(const std::string& reference,
                               const ImageShape& shape) {
  v1::ImageRequest& request = *release.add_images();
  request.set_reference(reference);
  request.set_location("images.list:" + std::to_string(release.images_size()));
  SetImage(reference, shape);
}

void ResolvedRelease::SetImage(const std::string& reference,
                               const ImageShape& shape) {
  v1::ResolvedImage image;
  image.set_reference(reference);
  Json index = {
      {"schemaVersion", 2},
      {"mediaType", shape.docker ? oci::kDockerManifestList : oci::kOciIndex},
      {"manifests", Json::array()}};
  for (const std::string& name : shape.platforms) {
    const v1::Platform platform = *oci::ParsePlatform(name);
    Json layers = Json::array();
    Json diff_ids = Json::array();
    const auto add_layer = [&](const std::string& content, int64_t size) {
      layers.push_back(DescriptorJson(
          shape.docker ? oci::kDockerLayerGzip : oci::kOciLayerGzip,
          AddBlob(content), size > 0 ? size : content.size()));
      diff_ids.push_back(Sha256Of("unpacked " + content).ToString());
    };
    if (!shape.shared_layer.empty())
      add_layer(shape.shared_layer, shape.shared_layer_size);
    for (size_t i = 0; i < shape.layers.size(); ++i) {
      add_layer(reference + " " + name + " " + std::to_string(i),
                shape.layers[i]);
    }
    Json config_json = Json::parse("{" + shape.config_fields + "}");
    config_json["os"] = platform.os();
    config_json["architecture"] = platform.architecture();
    if (!platform.variant().empty()) {
      config_json["variant"] = platform.variant();
    }
    config_json["rootfs"] = {{"type", "layers"}, {"diff_ids", diff_ids}};
    const v1::Document config =
        MakeDocument(shape.docker ? oci::kDockerConfig : oci::kOciConfig,
                     config_json.dump());
    AddBlob(config.content());

    const std::string_view type =
        shape.docker ? oci::kDockerManifest : oci::kOciManifest;
    v1::Document manifest = MakeDocument(
        type, Json({{"schemaVersion", 2},
                    {"mediaType", type},
                    {"config",
                     DescriptorJson(config.content_descriptor().media_type(),
                                    config.content_descriptor().digest(),
                                    config.content_descriptor().size())},
                    {"layers", layers}})
                  .dump());
    Json entry = DescriptorJson(type, manifest.content_descriptor().digest(),
                                manifest.content_descriptor().size());
    entry["platform"] = {{"os", platform.os()},
                         {"architecture", platform.architecture()}};
    index["manifests"].push_back(entry);
    *manifest.mutable_content_descriptor()->mutable_platform() = platform;
    *image.add_manifests() = manifest;
    *image.add_configs() = config;
    if (shape.bare) break;
  }
  if (shape.bare) {
    *image.mutable_top() = image.manifests(0);
  } else {
    const std::string_view type =
        shape.docker ? oci::kDockerManifestList : oci::kOciIndex;
    *image.mutable_top() = MakeDocument(type, index.dump());
    if (shape.nested) {
      *image.add_indexes() = image.top();
      const v1::Descriptor& inner = image.top().content_descriptor();
      index["manifests"] =
          Json::array({DescriptorJson(type, inner.digest(), inner.size())});
      *image.mutable_top() = MakeDocument(type, index.dump());
    }
  }
  resolved.images[reference] = image;
}

std::string ResolvedRelease::AddBlob(const std::string& content) {
  std::string digest = Sha256Of(content).ToString();
  blobs[digest] = content;
  return digest;
}

}  // namespace kso::testing
