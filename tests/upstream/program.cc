// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/program.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "tests/upstream/write_file.h"

namespace kso::upstream {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void BlockStopSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

absl::Status ServeUntilStopped(const std::string& program,
                               const std::string& ready_file,
                               const std::string& ready) {
  if (!ready_file.empty()) {
    const absl::Status written = WriteFileAtomically(ready_file, ready + "\n");
    if (!written.ok()) return written;
  }
  std::fprintf(stderr, "%s: serving at %s\n", program.c_str(), ready.c_str());
  const sigset_t signals = StopSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  // Idle connections would hold an orderly stop up for seconds.
  std::_Exit(EXIT_SUCCESS);
}

int RunProgram(const std::string& program, CLI::App& app, int argc, char** argv,
               absl::FunctionRef<absl::Status()> run) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : 2;
  }
  const absl::Status status = run();
  std::fprintf(stderr, "%s: %s\n", program.c_str(),
               std::string(status.message()).c_str());
  return EXIT_FAILURE;
}

}  // namespace kso::upstream
