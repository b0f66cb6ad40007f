// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_METRICS_PROCESS_METRICS_H_
#define KSO_COMMON_METRICS_PROCESS_METRICS_H_

#include <memory>
#include <string_view>

#include "prometheus/collectable.h"

namespace kso::metrics {

// The metrics of this process itself, with the names that Prometheus gives them
// in all languages (prometheus.io/docs/instrumenting/writing_clientlibs,
// "Process metrics"), and kso_build_info with the version of `program`. They
// are read from /proc when they are asked for; what cannot be read is left out.
// Thread safe.
std::shared_ptr<prometheus::Collectable> CreateProcessMetrics(
    std::string_view program);

}  // namespace kso::metrics

#endif  // KSO_COMMON_METRICS_PROCESS_METRICS_H_
