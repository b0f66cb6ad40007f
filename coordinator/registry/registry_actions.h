// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_REGISTRY_ACTIONS_H_
#define KSO_COORDINATOR_REGISTRY_REGISTRY_ACTIONS_H_

#include <functional>
#include <memory>
#include <stop_token>

#include "absl/functional/any_invocable.h"
#include "common/oci/image_store.h"
#include "coordinator/engine/build_actions.h"
#include "coordinator/store/work_mark.h"

namespace kso::coordinator {

// Opens the destination of a build: a registry, or the farm's own blob store.
// Transfers end soon after a stop is requested.
using OpenDestination =
    std::function<absl::StatusOr<std::shared_ptr<oci::ImageStore>>(
        const v1::Destination& destination, std::stop_token stop)>;

// Runs a function soon, on another thread or in another turn.
using Schedule = std::function<void(absl::AnyInvocable<void()>)>;

// Deletes the blobs that are not `needed` from the farm's own store. May take
// long.
using SweepBlobs = std::function<void(const BlobsInFarm& needed)>;

// The actions that run at the same time.
inline constexpr int kActionThreads = 4;

// BuildActions over an ImageStore. Repository paths under the image store are
// the destination's path and the image's name: "team/kubespray-files", and the
// name alone for destinations that are not registries. It must outlive what it
// has scheduled. Without `sweep` blobs are kept for ever.
std::unique_ptr<BuildActions> CreateRegistryActions(OpenDestination open,
                                                    Schedule schedule,
                                                    SweepBlobs sweep = {});

// The same on `threads` threads of its own. The destructor waits for actions
// that run. Builds are marked in `mark`, which may be null, while their images
// are computed.
std::unique_ptr<BuildActions> CreateRegistryActions(
    OpenDestination open, SweepBlobs sweep = {}, int threads = kActionThreads,
    WorkMark* mark = nullptr);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_REGISTRY_ACTIONS_H_
