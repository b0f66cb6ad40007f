// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <iostream>

#include "cli/ksoctl.h"
#include "cli/render/tint.h"
#include "common/rpc/channel.h"
#include "common/rpc/tls_files.h"
#include "common/run/clock.h"
#include "common/run/lock_checks.h"
#include "common/run/process_secrets.h"

int main(int argc, char** argv) {
  kso::KeepMemoryPrivate();
  kso::TurnOffLockChecks();
  kso::rpc::ReconnectSoon();
  kso::rpc::RequireTls13();
  // gRPC's own lines about a connection say what the error says again.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  // Without this, a reader that goes away (`ksoctl logs | head`) would kill the
  // program instead of failing the write.
  signal(SIGPIPE, SIG_IGN);
  const kso::cli::Console console{&std::cout,
                                  &std::cerr,
                                  isatty(STDOUT_FILENO) == 1,
                                  isatty(STDERR_FILENO) == 1,
                                  kso::cli::WantsColor(),
                                  &std::cin,
                                  isatty(STDIN_FILENO) == 1};
  return static_cast<int>(kso::cli::RunKsoctl({argv + 1, argv + argc}, console,
                                              kso::Clock::Real()));
}
