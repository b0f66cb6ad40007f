// SPDX-License-Identifier: Apache-2.0
// Any bytes as tokens of pipelines, as key sets, and as the file that allows
// them.

#include <string>

#include "absl/status/status.h"
#include "common/access/role.h"
#include "common/pki/jws_signature.h"
#include "coordinator/access/oidc_config.h"
#include "coordinator/access/oidc_keys.h"
#include "coordinator/access/oidc_token.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace {

using namespace kso;               // NOLINT(google-build-using-namespace)
using namespace kso::coordinator;  // NOLINT(google-build-using-namespace)

void ReadToken(std::string_view text) {
  const auto token = ParseOidcToken(text);
  if (!token.ok()) {
    fuzz::Require(absl::IsUnauthenticated(token.status()),
                  "a token of no use proves nothing");
    fuzz::RequireSaid(token.status(), "a refusal has a reason");
    return;
  }
  fuzz::Require(
      LooksLikeOidcToken(text) || text.size() < 3 || text.substr(0, 3) != "eyJ",
      "what is read looks like a token");
  fuzz::Require(token->claims.is_object() && !token->key_id.empty(),
                "a token has claims and a key's id");
  fuzz::Require(
      text.substr(0, token->signed_bytes.size()) == token->signed_bytes &&
          token->signed_bytes.size() < text.size(),
      "the text is signed up to the last dot");
}

void ReadConfig(std::string_view text) {
  const auto config = ParseOidcConfig(text);
  if (!config.ok()) {
    fuzz::RequireSaid(config.status(), "a refusal has a reason");
    return;
  }
  for (const OidcIssuer& issuer : config->issuers) {
    fuzz::Require(!issuer.audience.empty(), "an issuer has an audience");
    fuzz::Require(issuer.jwks_url.empty() != issuer.jwks_file.empty(),
                  "an issuer has keys in one place");
    for (const OidcRule& rule : issuer.rules) {
      fuzz::Require(!rule.claims.empty(), "a rule asks for something");
      fuzz::Require(rule.role == access::Role::kSubmit ||
                        rule.role == access::Role::kView,
                    "a pipeline does not operate the farm");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const std::string_view text = input.Rest();
  ReadToken(text);
  ReadConfig(text);
  const auto keys = ParseKeySet(text);
  if (keys.ok()) {
    for (const auto& [id, key] : *keys) {
      fuzz::Require(!id.empty(), "a key has an id");
      fuzz::Require(!pki::VerifyJws(key, text, "no signature"),
                    "no key has signed what is no signature");
    }
  }
  const auto bytes = DecodeBase64Url(text);
  fuzz::Require(!bytes.ok() || bytes->size() <= text.size(),
                "decoding makes nothing longer");
  return 0;
}
