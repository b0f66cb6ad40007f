// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/destinations.h"

#include <memory>
#include <utility>

#include "common/base/cancellation.h"
#include "common/base/status_macros.h"
#include "common/blob/blob_image_store.h"
#include "common/oci/destination.h"
#include "common/oci/registry_client.h"

namespace kso::coordinator {
namespace {

// A registry, and what ends its transfers.
struct OpenedRegistry {
  OpenedRegistry(const std::stop_token& one, const std::stop_token& other)
      : stop(one, other) {}

  const EitherStop stop;
  std::unique_ptr<oci::ImageStore> store;
};

}  // namespace

OpenDestination CreateDestinationOpener(http::Transport* transport,
                                        Clock* clock,
                                        const oci::Credentials* credentials,
                                        BlobStore* blobs,
                                        std::stop_token stopping,
                                        oci::TokenOptions tokens) {
  return [=](const v1::Destination& destination, std::stop_token stop)
             -> absl::StatusOr<std::shared_ptr<oci::ImageStore>> {
    if (destination.kind() != v1::Destination::REGISTRY) {
      return std::shared_ptr<oci::ImageStore>(CreateBlobImageStore(blobs));
    }
    oci::RegistryOptions options;
    options.host = oci::DestinationHost(destination);
    options.insecure = destination.insecure();
    const auto opened = std::make_shared<OpenedRegistry>(stopping, stop);
    options.stop = opened->stop.token();
    options.tokens = tokens;
    KSO_ASSIGN_OR_RETURN(
        opened->store,
        oci::CreateRegistryClient(options, transport, clock, credentials));
    return std::shared_ptr<oci::ImageStore>(opened, opened->store.get());
  };
}

}  // namespace kso::coordinator
