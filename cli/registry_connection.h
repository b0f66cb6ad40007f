// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_REGISTRY_CONNECTION_H_
#define KSO_CLI_REGISTRY_CONNECTION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/http/transport.h"
#include "common/oci/credentials.h"
#include "common/oci/image_store.h"

namespace kso::cli {

// A registry, with the logins of this machine. May be used from any thread.
class RegistryConnection {
 public:
  struct Options {
    // "HOST[:PORT]".
    std::string host;
    // Plain HTTP, which loopback hosts always get.
    bool insecure = false;
    // Images are pushed there.
    bool pushes = false;
  };

  static absl::StatusOr<std::unique_ptr<RegistryConnection>> Open(
      const Options& options, Clock* clock);

  oci::ImageStore& images() { return *images_; }

 private:
  oci::Credentials credentials_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<oci::ImageStore> images_;
};

// The error of a registry as ksoctl returns it: UNAVAILABLE and
// DEADLINE_EXCEEDED become ABORTED, because to ksoctl's caller they mean that
// the coordinator cannot be reached.
absl::Status NotTheCoordinator(const absl::Status& status);

}  // namespace kso::cli

#endif  // KSO_CLI_REGISTRY_CONNECTION_H_
