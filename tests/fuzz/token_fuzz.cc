// SPDX-License-Identifier: Apache-2.0
// The answers of a registry and of its token service to a login.

#include <string>

#include "common/http/transport.h"
#include "common/http/url.h"
#include "common/oci/login/credentials.h"
#include "common/oci/login/token_cache.h"
#include "common/oci/registry/registry_auth.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace {

// Gives every request the same answer.
class OneAnswer : public kso::http::Transport {
 public:
  explicit OneAnswer(kso::http::Response answer) : answer_(std::move(answer)) {}

  absl::StatusOr<kso::http::Response> Perform(const kso::http::Request& request,
                                              size_t) override {
    kso::fuzz::Require(request.url.starts_with("https://"),
                       "no token is asked for over http");
    return answer_;
  }
  absl::StatusOr<kso::http::Response> Download(const kso::http::Request&,
                                               kso::ByteSink&,
                                               OnResponse) override {
    return absl::UnimplementedError("not asked for");
  }

 private:
  const kso::http::Response answer_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  http::Response refusal;
  refusal.status = 401;
  refusal.headers.emplace_back(
      "WWW-Authenticate",
      input.OneIn(2)
          ? std::string(input.Line())
          : "Bearer "
            "realm=\"https://registry.example.com/token\",service=\"r\"");
  http::Response answer;
  answer.status = input.OneIn(4) ? 400 + input.Byte() : 200;
  answer.body = std::string(input.Rest());
  OneAnswer transport(answer);
  testing::FakeClock clock;
  const oci::Credentials credentials;
  oci::RegistryAuth auth(
      {.registry = *http::Url::Parse("https://registry.example.com/v2/"),
       .realms = {},
       .cache = std::make_shared<oci::TokenCache>(&clock),
       .stop = {}},
      &transport, &clock, &credentials);
  const oci::AccessScope scope{.repository = "team/app", .push = true};
  for (int i = 0; i < 2; ++i) {
    const auto learnt = auth.Learn(refusal, scope, "");
    fuzz::RequireSaid(learnt.status(), "a refusal has a reason");
    const auto header = auth.Authorization(scope);
    fuzz::RequireSaid(header.status(), "a refusal has a reason");
    if (!header.ok()) continue;
    fuzz::Require(header->find_first_of(std::string_view("\r\n\0", 3)) ==
                      std::string::npos,
                  "a token adds no header of its own");
    clock.Advance(absl::Seconds(30));
  }
  return 0;
}
