// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STATUS_STATUS_SERVER_H_
#define KSO_COORDINATOR_STATUS_STATUS_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "coordinator/engine/engine.h"

namespace kso::coordinator {

// Shows the farm to people and scripts over HTTP, read only:
//
//   GET /                  a page that follows the farm
//   GET /api/status.json   {"version", "builds": [Build], "workers":
//                          [WorkerStatus], "hosts": [HostStatus]} of
//                          proto/kso/v1 as protobuf's JSON
//   GET /healthz           "ok" while the engine answers, else 503
//
// The destructor stops it. Thread safe.
class StatusServer {
 public:
  virtual ~StatusServer() = default;
  // The address on which it listens, "HOST:PORT", with the real port.
  virtual std::string address() const = 0;
};

// Listens on "HOST:PORT"; port 0 picks a free one. INVALID_ARGUMENT for another
// form, UNAVAILABLE when it cannot listen there. `engine` must outlive it, and
// be stopped before it is destroyed.
absl::StatusOr<std::unique_ptr<StatusServer>> StartStatusServer(
    const std::string& address, Engine* engine);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STATUS_STATUS_SERVER_H_
