// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_WORK_MARK_H_
#define KSO_COORDINATOR_STORE_WORK_MARK_H_

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::coordinator {

// Tells the next process which builds this one was computing something for when
// it ended, so that a build that ends the process is not tried for ever. It
// survives the end of the process in any way, and not that of the machine.
// Thread safe.
class WorkMark {
 public:
  virtual ~WorkMark() = default;

  // The builds that the process before was computing something for when it
  // ended.
  virtual const std::set<std::string>& interrupted() const = 0;

  // The computation begins, and has ended. Begin returns the slot that is to be
  // given to End; negative where all are taken, and there is no mark. Both are
  // cheap enough for every decision. Waits for others, as for requests, do not
  // belong in between: a process that is killed then would be held against the
  // build.
  virtual int Begin(std::string_view build_id) = 0;
  virtual void End(int slot) = 0;
};

// Marks a build while it lives. `mark` may be null, and must outlive it.
class MarkedWork {
 public:
  MarkedWork(WorkMark* mark, std::string_view build_id)
      : mark_(mark), slot_(mark == nullptr ? -1 : mark->Begin(build_id)) {}
  ~MarkedWork() {
    if (slot_ >= 0) mark_->End(slot_);
  }
  MarkedWork(const MarkedWork&) = delete;
  MarkedWork& operator=(const MarkedWork&) = delete;

 private:
  WorkMark* const mark_;
  const int slot_;
};

// Keeps the mark in <directory>/deciding, which the process maps into its
// memory: the system writes what stands there, however the process ends.
absl::StatusOr<std::unique_ptr<WorkMark>> OpenWorkMark(
    const std::filesystem::path& directory);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_WORK_MARK_H_
