// SPDX-License-Identifier: Apache-2.0
// The error bodies of registries become messages.

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/http/transport.h"
#include "common/oci/registry/registry_error.h"
#include "common/text/secrets.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"
#include "worker/task/failure.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  http::Response response;
  response.status = 400 + input.Byte();
  if (input.OneIn(4)) {
    response.headers.emplace_back("Retry-After", std::string(input.Line()));
  }
  response.body = std::string(input.Rest());
  Secrets secrets;
  secrets.AddHeader("Bearer dG9rZW4");
  const absl::Status status = oci::RegistryError(
      response, "pushing to team/kubespray-files", "registry.example.com",
      absl::FromUnixSeconds(1), secrets);
  fuzz::Require(!status.ok(), "an error is none");
  fuzz::RequireShown({status.message().data(), status.message().size()},
                     "a registry's words can be shown");
  fuzz::Require(status.message().find("dG9rZW4") == absl::string_view::npos,
                "a token that a registry echoes is hidden");
  const v1::Failure failure = worker::ToFailure(status, "an item");
  fuzz::RequireShown(failure.reason(), "a reason can be shown");
  return 0;
}
