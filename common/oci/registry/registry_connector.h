// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_REGISTRY_CONNECTOR_H_
#define KSO_COMMON_OCI_REGISTRY_REGISTRY_CONNECTOR_H_

#include <memory>
#include <stop_token>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/http/transport.h"
#include "common/oci/image_store.h"
#include "common/oci/login/credentials.h"
#include "common/oci/login/login_places.h"
#include "common/oci/registry/registry_options.h"
#include "common/run/clock.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// Opens the registries that a process speaks to. Those that one connector and
// its copies open share the token cache and the upload traits of `shared`. May
// be used from any thread.
class RegistryConnector {
 public:
  // All pointers must outlive what the connector opens.
  RegistryConnector(http::Transport* transport, Clock* clock,
                    const Credentials* credentials,
                    SharedRegistryOptions shared = {});

  // The registry at `host`, "HOST[:PORT]", as CreateRegistryClient says.
  // `insecure` is plain HTTP, which loopback hosts always get. Transfers, and
  // waits between them, end soon after a stop is requested.
  // `pushes` as in RegistryOptions.
  absl::StatusOr<std::unique_ptr<ImageStore>> Open(const std::string& host,
                                                   bool insecure,
                                                   std::stop_token stop = {},
                                                   bool pushes = false) const;

  // The registry of a REGISTRY destination; for every other kind, what
  // `open_farm_store` returns: such images are kept in the farm's own blob
  // store. Repositories are as DestinationRepository says.
  absl::StatusOr<std::unique_ptr<ImageStore>> OpenDestination(
      const v1::Destination& destination, std::stop_token stop,
      absl::FunctionRef<std::unique_ptr<ImageStore>()> open_farm_store) const;

  // The connector for a build whose submitter may have logins used for `places`
  // only. Tokens that other logins got are not used there.
  RegistryConnector LimitedTo(const LoginPlaces& places) const;

 private:
  class TokenCaches;

  http::Transport* transport_;
  Clock* clock_;
  const Credentials* credentials_;
  SharedRegistryOptions shared_;
  // Those of LimitedTo.
  std::shared_ptr<TokenCaches> limited_;
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_REGISTRY_CONNECTOR_H_
