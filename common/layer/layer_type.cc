// SPDX-License-Identifier: Apache-2.0
#include "common/layer/layer_type.h"

#include "common/base/strings.h"
#include "common/oci/media_types.h"

namespace kso {

bool IsLayerType(std::string_view media_type) {
  return media_type == oci::kOciLayerGzip || media_type == oci::kOciLayerZstd ||
         media_type == oci::kOciLayerTar;
}

std::string LayerTypes() {
  return Concat(oci::kOciLayerGzip, ", ", oci::kOciLayerZstd, " or ",
                oci::kOciLayerTar);
}

}  // namespace kso
