// SPDX-License-Identifier: Apache-2.0
#include "cli/registry_connection.h"

#include "common/base/retry.h"
#include "common/base/status_macros.h"
#include "common/http/retry.h"
#include "common/oci/registry_client.h"

namespace kso::cli {

absl::StatusOr<std::unique_ptr<RegistryConnection>> RegistryConnection::Open(
    const std::string& host, bool insecure, Clock* clock) {
  auto connection = std::make_unique<RegistryConnection>();
  KSO_ASSIGN_OR_RETURN(connection->credentials_,
                       oci::Credentials::FromEnvironment());
  KSO_ASSIGN_OR_RETURN(auto transport, http::CreateCurlTransport());
  connection->transport_ = http::WithRetries(std::move(transport), clock);
  oci::RegistryOptions options;
  options.host = host;
  options.insecure = insecure;
  KSO_ASSIGN_OR_RETURN(
      connection->images_,
      oci::CreateRegistryClient(options, connection->transport_.get(), clock,
                                &connection->credentials_));
  return connection;
}

absl::Status NotTheCoordinator(const absl::Status& status) {
  if (!IsUnreachable(status)) {
    return status;
  }
  return absl::AbortedError(status.message());
}

}  // namespace kso::cli
