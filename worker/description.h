// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_DESCRIPTION_H_
#define KSO_WORKER_DESCRIPTION_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kso/v1/worker.pb.h"
#include "worker/sandbox/fences.h"

namespace kso::worker {

// The settings from which a worker describes itself.
struct DescriptionOptions {
  // Empty: the host's name and the architecture.
  std::string name;
  // "linux/arm64", ...; empty: what the program itself is.
  std::vector<std::string> platforms;
  // 0: one for each core, at least 4.
  int slots = 0;
  std::filesystem::path cache_directory;
  // The worker runs no images.
  bool no_verify = false;
  // It runs none where a fence is missing.
  bool strict_fences = false;
  // The users of the images that it runs, as ParseIdRange reads them; empty:
  // the range of its own that IdRange names.
  std::string subuid;
};

struct Description {
  v1::WorkerInfo info;
  // How images are run; absent where they cannot be.
  std::optional<Fences> fences;
};

// The worker's properties that stay for as long as it runs. Each platform is
// tried; an error says which cannot be run, and why.
absl::StatusOr<Description> DescribeWorker(const DescriptionOptions& options);

// A worker leaves so many files (inodes) free: an image that is unpacked may
// have tens of thousands.
inline constexpr int64_t kLeastFreeFiles = 10'000;

// `info` with what changes while it runs: the free space of `directory`'s file
// system, and that the worker wants no work with less than `least_free_bytes`,
// or fewer than kLeastFreeFiles.
v1::WorkerInfo WithHealth(v1::WorkerInfo info,
                          const std::filesystem::path& directory,
                          int64_t least_free_bytes);

// Returns whether WithHealth found that the worker can be given work.
inline bool IsHealthy(const v1::WorkerInfo& info) {
  return info.unhealthy_reason().empty();
}

}  // namespace kso::worker

#endif  // KSO_WORKER_DESCRIPTION_H_
