// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_IMAGE_CONFIG_H_
#define KSO_COORDINATOR_REGISTRY_IMAGE_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/core/plan/image_choice.h"

namespace kso::coordinator {

// The parts of a finished image's config that its base does not have.
struct ImageAdditions {
  // The diffIDs of the layers on top of the base's, with a line of history for
  // each.
  std::vector<std::string> diff_ids;
  std::vector<std::string> history;
  // "8080/tcp".
  std::string port;
  // Label org.opencontainers.image.title.
  std::string title;
  // Volumes that the base declares at, above or below this path are dropped,
  // since they would hide the files of the layers. "/var/lib/registry".
  std::string served_directory;
};

// The base's config (OCI image spec, config.md) with `additions`. All other
// fields stay, above all the entrypoint and the command. It is as old as the
// base, or without a date where the base has none: no clock is asked, so the
// same arguments give the same bytes. INVALID_ARGUMENT when the base's config
// does not fit its manifest or platform.
absl::StatusOr<std::string> ExtendConfig(const ChosenManifest& base,
                                         const ImageAdditions& additions);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_IMAGE_CONFIG_H_
