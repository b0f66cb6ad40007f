// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_IMAGE_PROCESS_H_
#define KSO_WORKER_SANDBOX_IMAGE_PROCESS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace kso::worker {

// The process that an image's config describes (OCI image spec, config.md).
struct ImageProcess {
  // Entrypoint, then command; never empty.
  std::vector<std::string> arguments;
  // "NAME=VALUE", with a PATH.
  std::vector<std::string> environment;
  // Absolute.
  std::string directory;
  // As image_user.h reads it; empty for root.
  std::string user;
  // Absolute paths.
  std::vector<std::string> volumes;
};

// FAILED_PRECONDITION when the config is not of that shape, names nothing to
// run, or has over 16 volumes.
absl::StatusOr<ImageProcess> ParseImageProcess(std::string_view config);

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_IMAGE_PROCESS_H_
