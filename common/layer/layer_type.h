// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_LAYER_LAYER_TYPE_H_
#define KSO_COMMON_LAYER_LAYER_TYPE_H_

#include <string>
#include <string_view>

namespace kso {

// Whether layers are made as that media type: kOciLayerGzip, kOciLayerZstd and
// kOciLayerTar of media_types.h.
bool IsLayerType(std::string_view media_type);

// Those that are, for people.
std::string LayerTypes();

}  // namespace kso

#endif  // KSO_COMMON_LAYER_LAYER_TYPE_H_
