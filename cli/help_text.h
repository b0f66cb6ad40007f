// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_HELP_TEXT_H_
#define KSO_CLI_HELP_TEXT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cli/command_shape.h"

namespace kso::cli {

// The way from the program to a command, both included.
using CommandPath = std::vector<const CommandShape*>;

// "-f, --file FILE".
std::string TermOf(const OptionShape& option);

// "ksoctl submit -f FILE [OPTION...]".
std::string UsageOf(const CommandPath& path);

// The help of the last command of `path`, in at most 80 columns. `footer` ends
// that of the program.
std::string HelpText(const CommandPath& path, absl::string_view footer);

}  // namespace kso::cli

#endif  // KSO_CLI_HELP_TEXT_H_
