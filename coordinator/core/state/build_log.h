// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_BUILD_LOG_H_
#define KSO_COORDINATOR_CORE_STATE_BUILD_LOG_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"
#include "coordinator/core/state/build_entry.h"

namespace kso::coordinator {

// The lines of a build's log, in words. State calls it while it applies
// records, so the lines depend on nothing but these.

// Appends a line to the build's log, with the next number. `task` may be null.
void AddEvent(BuildEntry& build, absl::Time time, v1::Event::Level level,
              const TaskEntry* task, std::string_view worker, std::string text);

// "layer kubespray-files: kubelet amd64: done (12.0 MiB pushed, 1.2 s)", where
// `how` is "1.2 s".
std::string DoneInWords(const v1::Task& task, const v1::TaskResult& result,
                        absl::string_view how);

// "resolved 44 files and 59 images", once all tasks of RESOLVE are done.
std::string ResolvedInWords(const BuildEntry& build);

// "12 files known by checksum ...": files that need not be resolved.
std::string KnownFilesInWords(int64_t count);

std::string SubmittedInWords(const BuildEntry& build);
std::string PlanInWords(const v1::PlanSummary& plan);
std::string EndInWords(const BuildEntry& build);
v1::Event::Level EndLevel(const BuildEntry& build);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_BUILD_LOG_H_
