// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_KSOCTL_H_
#define KSO_CLI_KSOCTL_H_

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/exit_status.h"
#include "common/run/clock.h"

namespace kso::cli {

// The whole program: parses `args` (without the program's name), runs the
// command and says what went wrong on `console.err`.
ExitStatus RunKsoctl(const std::vector<std::string>& args,
                     const Console& console, Clock* clock);

}  // namespace kso::cli

#endif  // KSO_CLI_KSOCTL_H_
