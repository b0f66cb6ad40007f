// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/documents.h"

#include "common/base/strings.h"
#include "common/layer/formats.h"
#include "common/oci/documents.h"
#include "common/oci/media_types.h"

namespace kso::coordinator {
namespace {

using Json = oci::DocumentJson;

Json DescriptorList(const std::vector<v1::Descriptor>& descriptors) {
  Json list = Json::array();
  for (const v1::Descriptor& descriptor : descriptors) {
    list.push_back(oci::DescriptorJson(descriptor));
  }
  return list;
}

}  // namespace

v1::Document MakeManifest(const v1::Descriptor& config,
                          const std::vector<v1::Descriptor>& layers) {
  const Json json = {{"schemaVersion", 2},
                     {"mediaType", oci::kOciManifest},
                     {"config", oci::DescriptorJson(config)},
                     {"layers", DescriptorList(layers)}};
  return oci::MakeDocument(oci::kOciManifest, json.dump());
}

v1::Document MakeIndex(const std::vector<v1::Descriptor>& manifests,
                       std::string_view version) {
  const Json json = {
      {"schemaVersion", 2},
      {"mediaType", oci::kOciIndex},
      {"manifests", DescriptorList(manifests)},
      {"annotations", {{"org.opencontainers.image.version", version}}}};
  return oci::MakeDocument(oci::kOciIndex, json.dump());
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
