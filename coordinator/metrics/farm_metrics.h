// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_METRICS_FARM_METRICS_H_
#define KSO_COORDINATOR_METRICS_FARM_METRICS_H_

#include <vector>

#include "kso/v1/farm.pb.h"
#include "prometheus/metric_family.h"

namespace kso::coordinator {

// The farm at this moment as gauges: what waits and since when, workers, slots,
// and the quotas of hosts. A task for which any worker will do waits for the
// platform "any". Pure.
std::vector<prometheus::MetricFamily> FarmMetrics(const v1::FarmStatus& farm);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_METRICS_FARM_METRICS_H_
