// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file of logins.

#include <string>

#include "absl/strings/match.h"
#include "common/http/netrc.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  constexpr char kSecret[] = "C4naryC4nary";
  fuzz::Input input(data, size);
  std::string content(input.Line());
  content += "\nmachine a.example.com login u password ";
  content += kSecret;
  content += "\n";
  content += input.Rest();
  const auto netrc = http::Netrc::Parse(content);
  if (!netrc.ok()) {
    fuzz::RequireSaid(netrc.status(), "a refusal has a reason");
    fuzz::Require(!absl::StrContains(netrc.status().message(), kSecret),
                  "no secret is in a message");
    return 0;
  }
  fuzz::Require(!netrc->AuthorizationFor("").has_value(),
                "no login is for every host");
  const auto authorization = netrc->AuthorizationFor("a.example.com");
  fuzz::Require(!authorization || authorization->starts_with("Basic "),
                "a login is one of RFC 7617");
  fuzz::Require(!authorization ||
                    authorization->find_first_of("\r\n") == std::string::npos,
                "a login is one header");
  return 0;
}
