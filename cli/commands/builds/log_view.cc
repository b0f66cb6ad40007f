// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/builds/log_view.h"

#include "absl/strings/str_cat.h"
#include "cli/json_output.h"
#include "cli/render/build_text.h"
#include "cli/render/text.h"

namespace kso::cli {

void LogView::Update(const v1::WatchBuildResponse& response) {
  for (const v1::Event& event : response.events()) {
    if (!filter_.Shows(event)) continue;
    out_ << (json_lines_ ? JsonLines(event) : EventLine(event));
  }
  if (!filter_.task.empty()) ShowSteps(response.build());
  out_.flush();
}

void LogView::ShowSteps(const v1::Build& build) {
  for (const v1::ActiveTask& task : build.active()) {
    if (task.activity().empty() || !filter_.Shows(task)) continue;
    std::string& shown = steps_[task.task_id()];
    if (shown == task.activity()) continue;
    shown = task.activity();
    if (json_lines_) {
      out_ << JsonLines(task);
      continue;
    }
    out_ << FormatClock(task.reported()) << "  " << Printable(task.worker())
         << ": " << Printable(task.name()) << ": " << Printable(task.activity())
         << (task.host().empty()
                 ? ""
                 : absl::StrCat(" (", Printable(task.host()), ")"))
         << "\n";
  }
}

void LogView::Notice(const std::string& text) {
  out_ << (json_lines_ ? JsonNotice(text) : absl::StrCat(Printable(text), "\n"))
       << std::flush;
}

}  // namespace kso::cli
