// SPDX-License-Identifier: Apache-2.0
#include "worker/disk/disk_room.h"

#include "absl/status/statusor.h"
#include "common/base/strings.h"
#include "common/files/free_space.h"
#include "common/text/text.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

// A release of Kubespray as a whole has less.
constexpr int64_t kSensibleBytes = int64_t{64} << 30;

}  // namespace

absl::Status MakeRoomForClaim(DiskBlobStore& cache,
                              const std::filesystem::path& directory,
                              int64_t bytes) {
  if (bytes >= kSensibleBytes) {
    const absl::StatusOr<int64_t> disk = DiskBytes(directory);
    if (disk.ok() && bytes > *disk) {
      return About(absl::FailedPreconditionError(Concat(
                       "it is said to have ", FormatBytes(bytes),
                       ", more than the whole disk of this worker's cache, of ",
                       FormatBytes(*disk))),
                   "", "",
                   "see what the host says of its size; if that is right, give "
                   "the workers a larger --cache-dir");
    }
  }
  return WorkerTrouble(cache.MakeRoom(bytes));
}

}  // namespace kso::worker
