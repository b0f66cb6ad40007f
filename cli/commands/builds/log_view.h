// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_BUILDS_LOG_VIEW_H_
#define KSO_CLI_COMMANDS_BUILDS_LOG_VIEW_H_

#include <map>
#include <ostream>
#include <string>
#include <utility>

#include "cli/commands/builds/log_filter.h"
#include "cli/render/progress.h"

namespace kso::cli {

// Prints the events of a build that a filter shows, one a line, as text or as
// JSON lines. Where the filter wants one task, each new step that its worker
// reports is a line too. Not thread safe.
class LogView : public ProgressView {
 public:
  // `out` must outlive it.
  LogView(std::ostream* out, LogFilter filter, bool json_lines)
      : out_(*out), filter_(std::move(filter)), json_lines_(json_lines) {}

  void Update(const v1::WatchBuildResponse& response) override;
  void Notice(const std::string& text) override;

 private:
  void ShowSteps(const v1::Build& build);

  std::ostream& out_;
  const LogFilter filter_;
  const bool json_lines_;
  // The last step that was shown, by the task's id.
  std::map<std::string, std::string> steps_;
};

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_BUILDS_LOG_VIEW_H_
