// SPDX-License-Identifier: Apache-2.0
#include "cli/registry_connection.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/http/retry.h"
#include "common/oci/registry/registry_connector.h"
#include "common/oci/registry/registry_flags.h"
#include "common/run/retry.h"

namespace kso::cli {

void RegistryArguments::DeclareTo(Arguments& arguments) {
  arguments.Flag("--plain-http", &plain_http,
                 "Speak plain HTTP to the registry (always so on loopback).");
  arguments.Flag("--https", &https,
                 "Speak HTTPS to the registry, also on loopback.");
  arguments.Repeated("--token-realm", &token_realms, "REGISTRY=HOST",
                     absl::StrCat(oci::kTokenRealmHelp, "."));
  arguments.Repeated("--allow-private-redirect", &private_redirects,
                     "HOST[:PORT]",
                     absl::StrCat(oci::kPrivateRedirectHelp, "."));
}

absl::StatusOr<std::unique_ptr<RegistryConnection>> RegistryConnection::Open(
    const Options& options, Clock* clock) {
  auto connection = std::make_unique<RegistryConnection>();
  KSO_ASSIGN_OR_RETURN(connection->credentials_,
                       oci::Credentials::FromEnvironment(
                           [out = options.warnings](const std::string& text) {
                             if (out != nullptr) {
                               *out << "warning: " << text << std::endl;
                             }
                           }));
  const RegistryArguments& arguments = options.arguments;
  const std::vector<std::string> host = {options.host};
  const oci::RegistryFlags flags = {
      .token_realms = arguments.token_realms,
      .plain_http = arguments.plain_http ? host : std::vector<std::string>(),
      .https = arguments.https ? host : std::vector<std::string>(),
      .private_redirects = arguments.private_redirects,
      // The user has said so of this very registry.
      .plain_http_logins =
          arguments.plain_http ? host : std::vector<std::string>()};
  KSO_ASSIGN_OR_RETURN(oci::SharedRegistryOptions registry_options,
                       oci::RegistryOptionsOf(flags));
  http::TransportOptions transport_options;
  KSO_RETURN_IF_ERROR(oci::AddRegistryFlags(flags, transport_options));
  KSO_ASSIGN_OR_RETURN(auto transport,
                       http::CreateCurlTransport(transport_options));
  connection->transport_ = http::WithRetries(std::move(transport), clock);
  const oci::RegistryConnector registries(connection->transport_.get(), clock,
                                          &connection->credentials_,
                                          std::move(registry_options));
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
