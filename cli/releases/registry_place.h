// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RELEASES_REGISTRY_PLACE_H_
#define KSO_CLI_RELEASES_REGISTRY_PLACE_H_

#include <memory>

#include "cli/releases/release_place.h"
#include "common/oci/image_store.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// A destination that is a registry, reached through `store`, which must outlive
// it.
std::unique_ptr<ReleasePlace> CreateRegistryPlace(
    oci::ImageStore* store, const v1::Destination& destination);

}  // namespace kso::cli

#endif  // KSO_CLI_RELEASES_REGISTRY_PLACE_H_
