// SPDX-License-Identifier: Apache-2.0
// The WWW-Authenticate headers of a registry, and the realms in them.

#include "common/http/url.h"
#include "common/oci/login/auth_challenge.h"
#include "common/oci/login/token_realm.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  static const http::Url registry =
      *http::Url::Parse("https://registry.example.com/v2/");
  fuzz::Input input(data, size);
  for (const oci::AuthChallenge& challenge :
       oci::ParseAuthChallenges(input.Rest())) {
    fuzz::Require(!challenge.scheme.empty(), "a challenge has a scheme");
    const auto realm = challenge.parameters.find("realm");
    if (realm == challenge.parameters.end()) continue;
    const auto url = http::Url::Parse(realm->second);
    if (!url.ok()) continue;
    const absl::Status allowed = oci::CheckTokenRealm(registry, *url, {});
    fuzz::RequireSaid(allowed, "a refusal has a reason");
    fuzz::Require(!allowed.ok() || url->is_https(),
                  "no token is asked for over http when the registry is https");
  }
  return 0;
}
