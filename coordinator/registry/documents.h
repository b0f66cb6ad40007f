// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_DOCUMENTS_H_
#define KSO_COORDINATOR_REGISTRY_DOCUMENTS_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kso/v1/types.pb.h"

namespace kso::coordinator {

// Documents that the farm writes (OCI image spec 1.0). The same arguments give
// the same bytes.

// A platform manifest.
v1::Document MakeManifest(const v1::Descriptor& config,
                          const std::vector<v1::Descriptor>& layers);

// An index of platform manifests, whose descriptors have platforms. `version`
// is its annotation org.opencontainers.image.version (OCI image spec,
// annotations.md): releases with the same content have the same manifests.
v1::Document MakeIndex(const std::vector<v1::Descriptor>& manifests,
                       std::string_view version);

// A base's layer as an OCI manifest names it: the same blob under OCI's name of
// its type. INVALID_ARGUMENT for a type that has none.
absl::StatusOr<v1::Descriptor> AsOciLayer(const v1::Descriptor& layer);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_DOCUMENTS_H_
