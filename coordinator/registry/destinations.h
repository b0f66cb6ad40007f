// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_DESTINATIONS_H_
#define KSO_COORDINATOR_REGISTRY_DESTINATIONS_H_

#include <stop_token>

#include "common/blob/blob_store.h"
#include "common/http/transport.h"
#include "common/oci/login/credentials.h"
#include "common/oci/registry/registry_options.h"
#include "common/run/clock.h"
#include "coordinator/registry/registry_actions.h"

namespace kso::coordinator {

// Opens registries over `transport`, and `blobs` for every other destination.
// Transfers also end soon after a stop is requested of `stopping`. All pointers
// must outlive what it opens.
OpenDestination CreateDestinationOpener(http::Transport* transport,
                                        Clock* clock,
                                        const oci::Credentials* credentials,
                                        BlobStore* blobs,
                                        std::stop_token stopping,
                                        oci::SharedRegistryOptions shared = {});

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_DESTINATIONS_H_
