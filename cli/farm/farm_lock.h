// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_FARM_FARM_LOCK_H_
#define KSO_CLI_FARM_FARM_LOCK_H_

#include <filesystem>

#include "absl/status/statusor.h"
#include "common/base/file_io.h"

namespace kso::cli {

// Held until it goes out of scope.
using FarmLock = FileDescriptor;

// FAILED_PRECONDITION when another ksoctl works on the farm of that directory.
absl::StatusOr<FarmLock> LockFarm(const std::filesystem::path& state_dir);

}  // namespace kso::cli

#endif  // KSO_CLI_FARM_FARM_LOCK_H_
