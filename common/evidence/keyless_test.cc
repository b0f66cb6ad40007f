// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/keyless.h"

#include <ctime>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/text/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/fakes/identity_authority.h"

namespace kso::evidence {
namespace {

using ::testing::HasSubstr;
using testing::IdentityAuthority;

constexpr char kIdentity[] =
    "https://github.com/ours/tool/.github/workflows/release.yml@refs/tags/v1";

class KeylessTest : public ::testing::Test {
 protected:
  KeylessTest() {
    trust_.set_identity("https://github.com/ours/tool/*");
    trust_.set_issuer(IdentityAuthority::kIssuer);
    trust_.set_roots(authority_.roots());
    trust_.set_log_key(authority_.log_key());
    signature_.payload = "the payload";
    signature_.signature = absl::Base64Escape("the signature");
    signature_.certificate = authority_.Certify(Concat("URI:", kIdentity));
    Log();
  }

  // Enters the signature in the log.
  void Log(int64_t time = std::time(nullptr) + 5) {
    const nlohmann::json body = {
        {"apiVersion", "0.0.1"},
        {"kind", "hashedrekord"},
        {"spec",
         {{"data",
           {{"hash",
             {{"algorithm", "sha256"},
              {"value", Sha256Of(signature_.payload).hex()}}}}},
          {"signature",
           {{"content", signature_.signature},
            {"publicKey",
             {{"content", absl::Base64Escape(signature_.certificate)}}}}}}}};
    const IdentityAuthority::Entry entry =
        authority_.Enter(body, time, /*log_id=*/"abc");
    const nlohmann::json bundle = {{"SignedEntryTimestamp", entry.signature},
                                   {"Payload", entry.payload}};
    signature_.bundle = bundle.dump();
  }

  // Why there is no key; empty when there is one.
  std::string Refusal() const {
    const auto key = KeyOfIdentity(signature_, trust_);
    if (!key.ok()) return std::string(key.status().message());
    EXPECT_TRUE(absl::StartsWith(*key, "-----BEGIN PUBLIC KEY"));
    return "";
  }

  IdentityAuthority authority_;
  KeylessSignature signature_;
  v1::SignatureTrust trust_;
};

TEST_F(KeylessTest, TheKeyOfANamedIdentityIsFound) {
  EXPECT_EQ(Refusal(), "");
  // An e-mail address is one, too.
  trust_.set_identity("*@example.com");
  EXPECT_THAT(Refusal(), HasSubstr(Concat("another identity, ", kIdentity)));
  signature_.certificate = authority_.Certify("email:me@example.com");
  Log();
  EXPECT_EQ(Refusal(), "");
}

TEST_F(KeylessTest, AnotherIssuerIsRefused) {
  trust_.set_issuer("https://accounts.example.com");
  EXPECT_THAT(Refusal(), HasSubstr(Concat("another issuer, ",
                                          IdentityAuthority::kIssuer)));
}

TEST_F(KeylessTest, AnotherRootIsRefused) {
  trust_.set_roots(authority_.other_roots());
  EXPECT_THAT(Refusal(), HasSubstr("was not valid when it signed"));
}

TEST_F(KeylessTest, ACertificateCountsAtTheTimeOfTheLog) {
  Log(std::time(nullptr) + 3 * 24 * 3600);
  EXPECT_THAT(Refusal(), HasSubstr("expired"));
  Log(std::time(nullptr) - 3 * 24 * 3600);
  EXPECT_THAT(Refusal(), HasSubstr("not yet valid"));
}

TEST_F(KeylessTest, ACertificateForAnotherUseIsRefused) {
  signature_.certificate =
      authority_.Certify(Concat("URI:", kIdentity), "clientAuth");
  Log();
  EXPECT_EQ(Refusal(), "its certificate is not for signing");
}

TEST_F(KeylessTest, WithoutTheLogsWordThereIsNoKey) {
  const KeylessSignature good = signature_;
  signature_.bundle.clear();
  EXPECT_THAT(Refusal(), HasSubstr("no entry of a transparency log"));
  signature_ = good;
  signature_.payload = "another";
  EXPECT_THAT(Refusal(), HasSubstr("about another signature"));
  signature_ = good;
  signature_.signature = absl::Base64Escape("another");
  EXPECT_THAT(Refusal(), HasSubstr("about another signature"));
  signature_ = good;
  trust_.set_log_key(authority_.log_key());
  Json bundle = *ParseJson(signature_.bundle);
  bundle["Payload"]["integratedTime"] = 1;
  signature_.bundle = bundle.dump();
  EXPECT_THAT(Refusal(), HasSubstr("not signed by the log's key"));
  for (const char* odd : {"[]", "{}", "x", "{\"Payload\":{}}"}) {
    signature_.bundle = odd;
    EXPECT_NE(Refusal(), "") << odd;
  }
}

}  // namespace
}  // namespace kso::evidence
