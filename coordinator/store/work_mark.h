// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_WORK_MARK_H_
#define KSO_COORDINATOR_STORE_WORK_MARK_H_

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::coordinator {

// Tells the next process which build this one was deciding on when it ended, so
// that a build that ends the process is not decided on for ever. It survives
// the end of the process in any way, and not that of the machine. One caller at
// a time.
class WorkMark {
 public:
  virtual ~WorkMark() = default;

  // The build that the process before was deciding on when it ended; empty
  // where there was none.
  virtual const std::string& interrupted() const = 0;

  // The decision on a build begins, and has ended. Both are cheap enough for
  // every decision.
  virtual void Begin(std::string_view build_id) = 0;
  virtual void End() = 0;
};

// Keeps the mark in <directory>/deciding, which the process maps into its
// memory: the system writes what stands there, however the process ends.
absl::StatusOr<std::unique_ptr<WorkMark>> OpenWorkMark(
    const std::filesystem::path& directory);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_WORK_MARK_H_
