// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RENDER_PROGRESS_LINES_H_
#define KSO_CLI_RENDER_PROGRESS_LINES_H_

#include <vector>

#include "absl/time/time.h"
#include "cli/render/progress_model.h"
#include "cli/render/tint.h"

namespace kso::cli {

// The terminal's size, in characters.
struct ScreenSize {
  int columns = 80;
  int rows = 24;
};

// A build that runs, as a block of a terminal: its phases with bars, the bytes
// and the time that is left, the slowest host, and each worker with its tasks.
// A pure function of what it is given. No line is longer than the screen is
// wide, less one column, and there are fewer lines than rows: what does not fit
// is counted.
std::vector<TintedLine> ProgressLines(const ProgressModel& model,
                                      ScreenSize size, absl::Time now,
                                      absl::TimeZone zone);

}  // namespace kso::cli

#endif  // KSO_CLI_RENDER_PROGRESS_LINES_H_
