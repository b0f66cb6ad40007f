// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RENDER_BUILD_METRICS_H_
#define KSO_CLI_RENDER_BUILD_METRICS_H_

#include <string>

#include "kso/v1/build.pb.h"

namespace kso::cli {

// A build that has ended as metrics in Prometheus's text format, for the
// textfile collector of node_exporter: ksoctl ends before anybody could scrape
// it.
std::string BuildMetrics(const v1::Build& build);

}  // namespace kso::cli

#endif  // KSO_CLI_RENDER_BUILD_METRICS_H_
