// SPDX-License-Identifier: Apache-2.0
// Files of logins.

#include "common/oci/login/credentials.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  const std::string_view content = input.Rest();
  const auto credentials = oci::Credentials::FromJson(content);
  fuzz::RequireSaid(credentials.status(), "a refusal has a reason");
  // Helpers are programs, which are not run here.
  if (!credentials.ok() || content.find("cred") != content.npos ||
      content.find("\\u") != content.npos) {
    return 0;
  }
  for (const char* host :
       {"registry.example.com", "docker.io", "127.0.0.1:5"}) {
    const auto login = credentials->Find(host, "team/app");
    fuzz::RequireSaid(login.status(), "a refusal has a reason");
  }
  return 0;
}
