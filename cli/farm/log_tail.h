// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_FARM_LOG_TAIL_H_
#define KSO_CLI_FARM_LOG_TAIL_H_

#include <filesystem>
#include <string>

namespace kso::cli {

// The last lines of a log, without control characters, each indented and ended.
std::string LogTail(const std::filesystem::path& log, int lines);

}  // namespace kso::cli

#endif  // KSO_CLI_FARM_LOG_TAIL_H_
