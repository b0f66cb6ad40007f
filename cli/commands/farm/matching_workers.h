// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_FARM_MATCHING_WORKERS_H_
#define KSO_CLI_COMMANDS_FARM_MATCHING_WORKERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kso/v1/admin.pb.h"

namespace kso::cli {

// The names of the workers that some pattern matches, each once, in the order
// of the list. '*' in a pattern stands for any run of characters. NOT_FOUND
// names a pattern that matches none, before anything is done to the others.
absl::StatusOr<std::vector<std::string>> MatchingWorkers(
    const v1::ListWorkersResponse& workers,
    const std::vector<std::string>& patterns);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_FARM_MATCHING_WORKERS_H_
