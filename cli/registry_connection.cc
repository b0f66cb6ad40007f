// SPDX-License-Identifier: Apache-2.0
#include "cli/registry_connection.h"

#include "common/base/retry.h"
#include "common/base/status_macros.h"
#include "common/http/retry.h"
#include "common/oci/registry_connector.h"

namespace kso::cli {

absl::StatusOr<std::unique_ptr<RegistryConnection>> RegistryConnection::Open(
    const Options& options, Clock* clock) {
  auto connection = std::make_unique<RegistryConnection>();
  KSO_ASSIGN_OR_RETURN(connection->credentials_,
                       oci::Credentials::FromEnvironment());
  KSO_ASSIGN_OR_RETURN(auto transport, http::CreateCurlTransport());
  connection->transport_ = http::WithRetries(std::move(transport), clock);
  const oci::RegistryConnector registries(connection->transport_.get(), clock,
                                          &connection->credentials_);
  KSO_ASSIGN_OR_RETURN(connection->images_,
                       registries.Open(options.host, options.insecure,
                                       /*stop=*/{}, options.pushes));
  return connection;
}

absl::Status NotTheCoordinator(const absl::Status& status) {
  if (!IsUnreachable(status)) {
    return status;
  }
  return absl::AbortedError(status.message());
}

}  // namespace kso::cli
