// SPDX-License-Identifier: Apache-2.0
#include "worker/task/task_log.h"

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/base/strings.h"
#include "common/log/program_log.h"
#include "common/text/printable_text.h"

namespace kso::worker {

absl::StatusOr<v1::TaskResult> TaskLog::Execute(const v1::Task& task,
                                                TaskControl& control) {
  // A task's id begins with its build's: "BUILD/layer/...".
  const std::string_view id = task.task_id();
  const LogFields fields = {.build = id.substr(0, id.find('/')), .task = id};
  const std::string name = PrintableText(task.name());
  LogLine(spdlog::level::info, Concat("begun: ", name), fields);
  const absl::Time begun = clock_->Now();
  absl::StatusOr<v1::TaskResult> result = next_->Execute(task, control);
  const std::string took = absl::FormatDuration(
      absl::Trunc(clock_->Now() - begun, absl::Milliseconds(1)));
  if (result.ok()) {
    LogLine(spdlog::level::info, Concat("done in ", took, ": ", name), fields);
  } else {
    // The message holds words of hosts and images.
    LogLine(spdlog::level::warn,
            PrintableText(Concat("failed after ", took, ": ", name, ": ",
                                 ToStd(result.status().message()))),
            fields);
  }
  return result;
}

}  // namespace kso::worker
