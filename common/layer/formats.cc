// SPDX-License-Identifier: Apache-2.0
#include "common/layer/formats.h"

#include <iterator>

#include "common/oci/media_types.h"

namespace kso {
namespace {

constexpr LayerFormat kFormats[] = {
    {oci::kOciLayerGzip, oci::kDockerLayerGzip, Compression::kGzip},
    {oci::kOciLayerZstd, "", Compression::kZstd},
    {oci::kOciLayerTar, "", Compression::kNone},
};

}  // namespace

const LayerFormat* FindLayerFormat(std::string_view media_type) {
  if (media_type.empty()) return nullptr;
  for (const LayerFormat& format : kFormats) {
    if (media_type == format.media_type ||
        media_type == format.docker_media_type) {
      return &format;
    }
  }
  return nullptr;
}

bool IsLayerType(std::string_view media_type) {
  const LayerFormat* format = FindLayerFormat(media_type);
  return format != nullptr && format->media_type == media_type;
}

std::string LayerTypes() {
  std::string types;
  for (const LayerFormat& format : kFormats) {
    const bool is_first = &format == std::begin(kFormats);
    const bool is_last = &format == std::end(kFormats) - 1;
    if (!is_first) types += is_last ? " or " : ", ";
    types += format.media_type;
  }
  return types;
}

}  // namespace kso
