// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_METRICS_METRICS_SERVER_H_
#define KSO_COMMON_METRICS_METRICS_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/metrics/exposition.h"

namespace kso::metrics {

// Serves a program's metrics at http://ADDRESS/metrics, on threads of its own,
// for as long as it lives.
class MetricsServer {
 public:
  virtual ~MetricsServer() = default;
};

// `address` is "HOST:PORT". UNAVAILABLE when it cannot be listened on.
absl::StatusOr<std::unique_ptr<MetricsServer>> CreateMetricsServer(
    const std::string& address, Sources sources);

}  // namespace kso::metrics

#endif  // KSO_COMMON_METRICS_METRICS_SERVER_H_
