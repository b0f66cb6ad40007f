// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RELEASES_LAYOUT_PLACE_H_
#define KSO_CLI_RELEASES_LAYOUT_PLACE_H_

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "cli/releases/release_place.h"

namespace kso::cli {

// A directory that is an OCI image layout (OCI image spec, image-layout.md).
// The directory is locked while this lives: no other kso writes there, and a
// plan stays true until it is carried out. FAILED_PRECONDITION when another
// process uses it, or when it is no layout; NOT_FOUND.
absl::StatusOr<std::unique_ptr<ReleasePlace>> OpenLayoutPlace(
    const std::filesystem::path& directory);

}  // namespace kso::cli

#endif  // KSO_CLI_RELEASES_LAYOUT_PLACE_H_
