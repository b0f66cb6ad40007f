// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_KSOCTL_H_
#define KSO_CLI_KSOCTL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/command_shape.h"
#include "cli/context.h"
#include "cli/exit_status.h"
#include "common/run/clock.h"

namespace kso::cli {

// The whole program: parses `args` (without the program's name), runs the
// command and says what went wrong on `console.err`.
ExitStatus RunKsoctl(const std::vector<std::string>& args,
                     const Console& console, Clock* clock);

// The program as its commands declare it.
CommandShape ProgramShape();

// Parses `args` and does nothing else; INVALID_ARGUMENT says what is wrong.
absl::Status CheckCommandLine(const std::vector<std::string>& args);

}  // namespace kso::cli

#endif  // KSO_CLI_KSOCTL_H_
