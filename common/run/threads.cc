// SPDX-License-Identifier: Apache-2.0
#include "common/run/threads.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "common/base/status_notes.h"
#include "common/base/strings.h"

namespace kso {

absl::StatusOr<std::thread> StartThread(absl::AnyInvocable<void()> body) {
  try {
    return std::thread(std::move(body));
  } catch (const std::system_error& error) {
    return Exhausted(
        Resource::kMemory,
        Concat("this machine starts no more threads (", error.what(),
               "); raise the limit on processes of this user or container "
               "(ulimit -u, pids.max)"));
  }
}

std::thread StartThreadOrExit(std::string_view what,
                              absl::AnyInvocable<void()> body) {
  absl::StatusOr<std::thread> thread = StartThread(std::move(body));
  if (thread.ok()) return *std::move(thread);
  const std::string text =
      Concat("cannot start ", what, ": ", thread.status().message(), "\n");
  std::fputs(text.c_str(), stderr);
  std::_Exit(EXIT_FAILURE);
}

}  // namespace kso
