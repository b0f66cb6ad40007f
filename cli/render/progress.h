// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RENDER_PROGRESS_H_
#define KSO_CLI_RENDER_PROGRESS_H_

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "cli/render/progress_lines.h"
#include "common/run/clock.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {

// Shows how a build goes on while it is watched. Not thread safe.
class ProgressView {
 public:
  virtual ~ProgressView() = default;

  // The build as it is now, and the events since the last call.
  virtual void Update(const v1::WatchBuildResponse& response) = 0;

  // A line about the watching itself.
  virtual void Notice(const std::string& text) = 0;

  // The watching is over: takes away what was only for the meantime.
  virtual void End() {}
};

// A line for each event; when there is none, one for each new reason to wait.
// `out` must outlive it.
std::unique_ptr<ProgressView> CreatePlainProgress(std::ostream* out);

// Shows nothing.
std::unique_ptr<ProgressView> CreateNoProgress();

// Events and notices as JSON lines. `out` must outlive it.
std::unique_ptr<ProgressView> CreateJsonProgress(std::ostream* out);

// For a terminal: the build as a block (progress_lines.h) that is drawn anew in
// place; warnings and errors stay above it.
struct TerminalOptions {
  // Tells the terminal's size, which may change.
  std::function<ScreenSize()> size;
  bool color = false;
  absl::TimeZone zone = absl::LocalTimeZone();
};
// `out` and `clock` must outlive it.
std::unique_ptr<ProgressView> CreateTerminalProgress(std::ostream* out,
                                                     const Clock* clock,
                                                     TerminalOptions options);

// The same as `view`, but of a build that is only a plan: warnings that its
// text ends with (plan_text.h) are left out, and others that come with them are
// shown at the end.
std::unique_ptr<ProgressView> CreatePlanProgress(
    std::unique_ptr<ProgressView> view);

}  // namespace kso::cli

#endif  // KSO_CLI_RENDER_PROGRESS_H_
