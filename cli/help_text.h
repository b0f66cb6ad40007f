// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_HELP_TEXT_H_
#define KSO_CLI_HELP_TEXT_H_

#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace kso::cli {

// "ksoctl workers drain".
std::string CommandPath(const CLI::App& command);

// The help of a command, or of the program, in at most 80 columns.
std::string HelpText(const CLI::App& command);

}  // namespace kso::cli

#endif  // KSO_CLI_HELP_TEXT_H_
