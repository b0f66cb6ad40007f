// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/destinations.h"

#include <memory>
#include <utility>

#include "common/base/status_macros.h"
#include "common/blob/blob_image_store.h"
#include "common/oci/destination.h"
#include "common/oci/registry_client.h"

namespace kso::coordinator {

OpenDestination CreateDestinationOpener(http::Transport* transport,
                                        Clock* clock,
                                        const oci::Credentials* credentials,
                                        BlobStore* blobs,
                                        std::function<bool()> stopping,
                                        oci::TokenOptions tokens) {
  return
      [=](const v1::Destination& destination, std::function<bool()> cancelled)
          -> absl::StatusOr<std::shared_ptr<oci::ImageStore>> {
        if (destination.kind() != v1::Destination::REGISTRY) {
          return std::shared_ptr<oci::ImageStore>(CreateBlobImageStore(blobs));
        }
        oci::RegistryOptions options;
        options.host = oci::DestinationHost(destination);
        options.insecure = destination.insecure();
        options.cancelled = [stopping, cancelled = std::move(cancelled)] {
          return stopping() || cancelled();
        };
        options.tokens = tokens;
        KSO_ASSIGN_OR_RETURN(
            std::unique_ptr<oci::ImageStore> store,
            oci::CreateRegistryClient(options, transport, clock, credentials));
        return std::shared_ptr<oci::ImageStore>(std::move(store));
      };
}

}  // namespace kso::coordinator
