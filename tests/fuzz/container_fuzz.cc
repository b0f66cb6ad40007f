// SPDX-License-Identifier: Apache-2.0
// The words of an image on the process to run, and on its users, become a
// configuration that runtimes can read.

#include <string>

#include "absl/status/status.h"
#include "common/text/json.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"
#include "worker/sandbox/image_process.h"
#include "worker/sandbox/image_user.h"
#include "worker/sandbox/runtime_spec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  const std::string passwd(input.Line());
  const std::string group(input.Line());
  const std::string_view config = input.Rest();
  const auto process = worker::ParseImageProcess(config);
  fuzz::RequireSaid(process.status(), "a refusal has a reason");
  if (!process.ok()) return 0;
  fuzz::Require(!process->arguments.empty(), "there is something to run");
  fuzz::Require(process->directory.starts_with("/"), "a directory is absolute");
  for (const std::string& volume : process->volumes) {
    fuzz::Require(volume.starts_with("/"), "a volume is absolute");
  }
  const auto user = worker::ResolveImageUser(
      process->user, [&](std::string_view path) -> absl::StatusOr<std::string> {
        if (path.ends_with("passwd")) return passwd;
        if (path.ends_with("group")) return group;
        return absl::NotFoundError("no such file");
      });
  fuzz::RequireSaid(user.status(), "a refusal has a reason");
  if (!user.ok()) return 0;
  fuzz::Require(ParseJson(worker::MakeRuntimeSpec(
                              *process, *user,
                              {.network = "/a/network", .seccomp = true}),
                          {.bytes = 64 << 20})
                    .ok(),
                "a runtime can read its configuration");
  return 0;
}
