// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_THREADED_ENGINE_H_
#define KSO_COORDINATOR_ENGINE_THREADED_ENGINE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/run/clock.h"
#include "coordinator/engine/build_actions.h"
#include "coordinator/engine/engine.h"
#include "coordinator/engine/engine_options.h"
#include "coordinator/store/state_store.h"

namespace kso::coordinator {

// Replays the journal and starts an EngineCore on a thread of its own, which
// runs its turns by `clock`. All pointers must outlive the engine. Fails with
// what the store says of a journal that cannot be read.
absl::StatusOr<std::unique_ptr<Engine>> CreateThreadedEngine(
    const EngineOptions& options, Clock* clock, StateStore* store,
    BuildActions* actions);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_THREADED_ENGINE_H_
