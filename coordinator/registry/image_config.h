// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_IMAGE_CONFIG_H_
#define KSO_COORDINATOR_REGISTRY_IMAGE_CONFIG_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/core/plan/image_choice.h"

namespace kso::coordinator {

// What a finished image has beyond its base.
struct ImageAdditions {
  // Uncompressed digests of the layers on top of the base's, with a line of
  // history for each.
  std::vector<std::string> diff_ids;
  std::vector<std::string> history;
  // "8080/tcp".
  std::string port;
  // Label org.opencontainers.image.title.
  std::string title;
  // Declared volumes at, above or below this path hide what the layers bring:
  // they are dropped. "/var/lib/registry".
  std::string served_directory;
};

// The base's config (OCI image spec, config.md) with `additions`. Everything
// else of it stays, entrypoint and command above all. The same arguments give
// the same bytes. INVALID_ARGUMENT when the base's config does not fit its
// manifest or platform.
absl::StatusOr<std::string> ExtendConfig(const ChosenManifest& base,
                                         const ImageAdditions& additions);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_IMAGE_CONFIG_H_
