// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RENDER_WORKERS_TEXT_H_
#define KSO_CLI_RENDER_WORKERS_TEXT_H_

#include <string>

#include "absl/time/time.h"
#include "kso/v1/admin.pb.h"

namespace kso::cli {

// Each worker on a line, and what it does on lines below.
std::string WorkersText(const v1::ListWorkersResponse& workers, absl::Time now);

}  // namespace kso::cli

#endif  // KSO_CLI_RENDER_WORKERS_TEXT_H_
