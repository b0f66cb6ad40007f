// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/destinations.h"

#include <memory>
#include <utility>

#include "common/base/status_macros.h"
#include "common/blob/blob_image_store.h"
#include "common/oci/registry/registry_connector.h"
#include "common/run/cancellation.h"

namespace kso::coordinator {
namespace {

// A destination, and what ends its transfers.
struct OpenedDestination {
  OpenedDestination(const std::stop_token& one, const std::stop_token& other)
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
                                        oci::SharedRegistryOptions shared) {
  const oci::RegistryConnector registries(transport, clock, credentials,
                                          std::move(shared));
  return [=](const v1::Destination& destination, std::stop_token stop)
             -> absl::StatusOr<std::shared_ptr<oci::ImageStore>> {
    const auto opened = std::make_shared<OpenedDestination>(stopping, stop);
    KSO_ASSIGN_OR_RETURN(
        opened->store,
        registries.OpenDestination(destination, opened->stop.token(), [blobs] {
          return CreateBlobImageStore(blobs);
        }));
    return std::shared_ptr<oci::ImageStore>(opened, opened->store.get());
  };
}

}  // namespace kso::coordinator
