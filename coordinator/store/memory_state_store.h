// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_MEMORY_STATE_STORE_H_
#define KSO_COORDINATOR_STORE_MEMORY_STATE_STORE_H_

#include <memory>

#include "coordinator/store/state_store.h"

namespace kso::coordinator {

// A store that keeps the journal in memory: for tests, and for farms whose
// state may be forgotten. May be called from any thread.
std::unique_ptr<StateStore> CreateMemoryStateStore();

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_MEMORY_STATE_STORE_H_
