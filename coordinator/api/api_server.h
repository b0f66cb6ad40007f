// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_API_SERVER_H_
#define KSO_COORDINATOR_API_API_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/tls_files.h"
#include "common/run/clock.h"
#include "coordinator/access/access_gate.h"
#include "coordinator/api/farm_api.h"
#include "coordinator/engine/engine.h"
#include "coordinator/http/limits.h"

namespace kso::coordinator {

// The settings of the HTTP server of a coordinator.
struct ApiServerOptions {
  // "HOST:PORT"; port 0 picks a free one.
  std::string listen = "127.0.0.1:0";
  // Without a certificate it speaks plain HTTP.
  rpc::TlsFiles tls{};
  // Names that it answers to besides the host that it listens on, localhost and
  // those of its certificate (host_names.h).
  std::vector<std::string> host_names{};
  FarmApi::Metrics metrics{};
  HttpLimits limits{};
  // Half of what there is in all, so that nobody keeps the others out.
  int streams_of_one = 320;
};

// Shows the farm over HTTP, and takes what may be changed: the page, the JSON
// of /api/v1 (openapi.json), /healthz, /readyz and /metrics. The destructor
// stops it. Thread safe.
class ApiServer {
 public:
  virtual ~ApiServer() = default;
  // "HOST:PORT" with the real port.
  virtual std::string address() const = 0;
  // "https://HOST:PORT/".
  virtual std::string url() const = 0;
};

// The pointers must outlive it, and `engine` be stopped before it is destroyed.
// INVALID_ARGUMENT for an address or certificate that cannot be used,
// UNAVAILABLE when it cannot listen there.
absl::StatusOr<std::unique_ptr<ApiServer>> StartApiServer(
    const ApiServerOptions& options, Engine* engine, const Doors& doors,
    Clock* clock);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_API_SERVER_H_
