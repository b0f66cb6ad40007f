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

// `address` is "HOST:PORT". Whoever asks has to show `token`, where it is not
// empty, as the password of any user (RFC 7617, "Basic"): 401 without it.
// UNAVAILABLE when the address cannot be listened on.
absl::StatusOr<std::unique_ptr<MetricsServer>> CreateMetricsServer(
    const std::string& address, Sources sources, const std::string& token = "");

}  // namespace kso::metrics

#endif  // KSO_COMMON_METRICS_METRICS_SERVER_H_
