// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_USAGE_ERROR_H_
#define KSO_CLI_USAGE_ERROR_H_

#include <string>

#include "CLI/CLI.hpp"
#include "cli/command_shape.h"

namespace kso::cli {

// The command that was on the way when the parser gave up.
const CLI::App* InnermostOf(const CLI::App* app);

// The shape of a command that only reads it.
CommandShape ShapeOf(const CLI::App& app);

// The word that stands where a command should and is none; empty where there is
// none such.
std::string UnknownCommand(const CLI::App& app);

// These say what is wrong with a command line, and where help is, to the person
// who wrote it. `app` is the program.
std::string NoSuchCommand(const CLI::App& app, const std::string& word);
std::string UsageErrorInWords(const CLI::App& app,
                              const CLI::ParseError& error);

}  // namespace kso::cli

#endif  // KSO_CLI_USAGE_ERROR_H_
