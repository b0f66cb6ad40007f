// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_REGISTRY_CONNECTION_H_
#define KSO_CLI_REGISTRY_CONNECTION_H_

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "common/http/transport.h"
#include "common/oci/image_store.h"
#include "common/oci/login/credentials.h"
#include "common/run/clock.h"

namespace kso::cli {

// The flags of the commands that speak to one registry.
struct RegistryArguments {
  // Plain HTTP, which loopback hosts always get, unless `https` is set.
  bool plain_http = false;
  bool https = false;
  std::vector<std::string> token_realms = {};
  std::vector<std::string> private_redirects = {};

  // Declares the flags; the arguments must live until they are parsed.
  void DeclareTo(Arguments& arguments);
};

// A registry, with the logins of this machine. May be used from any thread.
class RegistryConnection {
 public:
  struct Options {
    // "HOST[:PORT]".
    std::string host;
    // Plain HTTP, because the user's own release says so; no login goes over it
    // then. Not the coordinator's word.
    bool insecure = false;
    // Images are pushed there.
    bool pushes = false;
    RegistryArguments arguments = {};
    // Hears warnings, such as of a login that could not be looked up. May be
    // null.
    std::ostream* warnings = nullptr;
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
