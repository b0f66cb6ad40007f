// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/documents.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/layer/formats.h"
#include "common/oci/media_types.h"

namespace kso::coordinator {
namespace {

// Keeps the order of the specification, which is how people read them.
using Json = nlohmann::ordered_json;

Json DescriptorJson(const v1::Descriptor& descriptor) {
  Json json = {{"mediaType", descriptor.media_type()},
               {"digest", descriptor.digest()},
               {"size", descriptor.size()}};
  if (descriptor.has_platform()) {
    const v1::Platform& platform = descriptor.platform();
    json["platform"] = {{"architecture", platform.architecture()},
                        {"os", platform.os()}};
    if (!platform.variant().empty()) {
      json["platform"]["variant"] = platform.variant();
    }
  }
  return json;
}

Json DescriptorList(const std::vector<v1::Descriptor>& descriptors) {
  Json list = Json::array();
  for (const v1::Descriptor& descriptor : descriptors) {
    list.push_back(DescriptorJson(descriptor));
  }
  return list;
}

}  // namespace

v1::Document MakeDocument(std::string_view media_type, std::string content) {
  v1::Document document;
  v1::Descriptor& descriptor = *document.mutable_content_descriptor();
  descriptor.set_media_type(std::string(media_type));
  descriptor.set_digest(Sha256Of(content).ToString());
  descriptor.set_size(static_cast<int64_t>(content.size()));
  document.set_content(std::move(content));
  return document;
}

v1::Document MakeManifest(const v1::Descriptor& config,
                          const std::vector<v1::Descriptor>& layers) {
  const Json json = {{"schemaVersion", 2},
                     {"mediaType", oci::kOciManifest},
                     {"config", DescriptorJson(config)},
                     {"layers", DescriptorList(layers)}};
  return MakeDocument(oci::kOciManifest, json.dump());
}

v1::Document MakeIndex(const std::vector<v1::Descriptor>& manifests,
                       std::string_view version) {
  const Json json = {
      {"schemaVersion", 2},
      {"mediaType", oci::kOciIndex},
      {"manifests", DescriptorList(manifests)},
      {"annotations", {{"org.opencontainers.image.version", version}}}};
  return MakeDocument(oci::kOciIndex, json.dump());
}

absl::StatusOr<v1::Descriptor> AsOciLayer(const v1::Descriptor& layer) {
  const LayerFormat* format = FindLayerFormat(layer.media_type());
  if (format == nullptr) {
    return absl::InvalidArgumentError(
        Concat("it has a layer of the type \"", layer.media_type(),
               "\", which is not known: take another base image"));
  }
  v1::Descriptor converted = layer;
  converted.set_media_type(std::string(format->media_type));
  return converted;
}

}  // namespace kso::coordinator
