// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/registry_connector.h"

#include <utility>

#include "common/oci/destination.h"
#include "common/oci/registry/registry_client.h"

namespace kso::oci {

RegistryConnector::RegistryConnector(http::Transport* transport, Clock* clock,
                                     const Credentials* credentials,
                                     SharedRegistryOptions shared)
    : transport_(transport),
      clock_(clock),
      credentials_(credentials),
      shared_(std::move(shared)) {
  if (shared_.upload_traits == nullptr) {
    shared_.upload_traits = std::make_shared<UploadTraits>();
  }
}

absl::StatusOr<std::unique_ptr<ImageStore>> RegistryConnector::Open(
    const std::string& host, bool insecure, std::stop_token stop,
    bool pushes) const {
  return CreateRegistryClient({.host = host,
                               .insecure = insecure,
                               .pushes = pushes,
                               .stop = std::move(stop),
                               .shared = shared_},
                              transport_, clock_, credentials_);
}

absl::StatusOr<std::unique_ptr<ImageStore>> RegistryConnector::OpenDestination(
    const v1::Destination& destination, std::stop_token stop,
    absl::FunctionRef<std::unique_ptr<ImageStore>()> open_farm_store) const {
  if (destination.kind() != v1::Destination::REGISTRY) return open_farm_store();
  return Open(DestinationHost(destination), destination.insecure(),
              std::move(stop), /*pushes=*/true);
}

}  // namespace kso::oci
