// SPDX-License-Identifier: Apache-2.0
#include "cli/farm/farm_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace kso::cli {

absl::StatusOr<FarmLock> LockFarm(const std::filesystem::path& state_dir) {
  KSO_ASSIGN_OR_RETURN(
      FileDescriptor file,
      OpenFile(state_dir / "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("another ksoctl is starting or stopping the farm in ",
                     state_dir.string(), "; wait until it is done"));
  }
  return file;
}

}  // namespace kso::cli
