// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_METRICS_EXPOSITION_H_
#define KSO_COMMON_METRICS_EXPOSITION_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "prometheus/collectable.h"

namespace kso::metrics {

// The metrics of a program, in the order in which they are shown.
using Sources = std::vector<std::shared_ptr<prometheus::Collectable>>;

// The media type of MetricsText.
inline constexpr std::string_view kMetricsContentType =
    "text/plain; version=0.0.4; charset=utf-8";

// All metrics of `sources` at this moment, in Prometheus's text format 0.0.4
// (prometheus.io/docs/instrumenting/exposition_formats). Thread safe.
std::string MetricsText(const Sources& sources);

}  // namespace kso::metrics

#endif  // KSO_COMMON_METRICS_EXPOSITION_H_
