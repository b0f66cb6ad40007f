// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_PROGRAM_H_
#define KSO_TESTS_UPSTREAM_PROGRAM_H_

#include <CLI/CLI.hpp>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace kso::upstream {

// The frame of a program that stands in for a server until it is told to stop.

// Lets SIGTERM and SIGINT wait for ServeUntilStopped. To be called before any
// thread starts, so that none of them takes the signals.
void BlockStopSignals();

// Writes `ready`, by which others find the server, to `ready_file` unless that
// is empty, and says it. Ends the process with success at a stop signal;
// returns only an error.
absl::Status ServeUntilStopped(const std::string& program,
                               const std::string& ready_file,
                               const std::string& ready);

// Parses the command line of `app` and runs `run`, whose error is said. Returns
// the exit status.
int RunProgram(const std::string& program, CLI::App& app, int argc, char** argv,
               absl::FunctionRef<absl::Status()> run);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_PROGRAM_H_
