// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STATUS_STATUS_JSON_H_
#define KSO_COORDINATOR_STATUS_STATUS_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "coordinator/engine/engine.h"

namespace kso::coordinator {

// The state of the farm as JSON, for /api/status.json. Waits for the engine, so
// it must not be called on the engine's thread.
absl::StatusOr<std::string> StatusJson(Engine& engine);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STATUS_STATUS_JSON_H_
