// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/keyless.h"

#include <ctime>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/bytes/digest.h"
#include "common/files/small_file.h"
#include "common/pki/signer.h"
#include "common/text/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/fakes/shell.h"
#include "tests/fakes/temp_directory.h"

namespace kso::evidence {
namespace {

using ::testing::HasSubstr;

constexpr char kIdentity[] =
    "https://github.com/ours/tool/.github/workflows/release.yml@refs/tags/v1";
constexpr char kIssuer[] = "https://token.actions.githubusercontent.com";

// An authority, a log, and a signature by an identity; made by openssl.
class KeylessTest : public ::testing::Test {
 protected:
  KeylessTest() {
    Run("openssl req -x509 " + NewKey("root") +
        " -subj /CN=root -days 2 -addext "
        "basicConstraints=critical,CA:TRUE -out root.crt");
    Run("openssl req " + NewKey("log") +
        " -subj /CN=log -out log.csr && openssl pkey -in log.key -pubout -out "
        "log.pub");
    trust_.set_identity("https://github.com/ours/tool/*");
    trust_.set_issuer(kIssuer);
    trust_.set_roots(Read("root.crt"));
    trust_.set_log_key(Read("log.pub"));
    signature_.payload = "the payload";
    signature_.signature = absl::Base64Escape("the signature");
    Certify("URI:" + std::string(kIdentity), "codeSigning");
    Log();
  }

  static std::string NewKey(const std::string& name) {
    return "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " +
           name + ".key";
  }
  void Run(const std::string& command) const {
    testing::Shell("cd " + directory_.string() + " && { " + command +
                   "; } 2>log.txt");
  }
  std::string Read(const std::string& name) const {
    return *ReadSmallFile(directory_.string() + "/" + name, 1 << 16);
  }

  // Gives the identity a certificate.
  void Certify(const std::string& name, const std::string& use) {
    Run("openssl req -new " + NewKey("leaf") +
        " -subj / -out leaf.csr && printf "
        "'subjectAltName=critical," +
        name + "\\nextendedKeyUsage=" + use +
        "\\n1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:" + kIssuer +
        "\\n' >leaf.ext && openssl x509 -req -in leaf.csr -CA root.crt -CAkey "
        "root.key -set_serial 7 -days 1 -extfile leaf.ext -out leaf.crt");
    signature_.certificate = Read("leaf.crt");
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
    const nlohmann::json payload = {{"body", absl::Base64Escape(body.dump())},
                                    {"integratedTime", time},
                                    {"logIndex", 7},
                                    {"logID", "abc"}};
    const auto log =
        *pki::CreateKeySigner(directory_.string() + "/log.key", "");
    const nlohmann::json bundle = {
        {"SignedEntryTimestamp",
         absl::Base64Escape(*log->Sign(payload.dump()))},
        {"Payload", payload}};
    signature_.bundle = bundle.dump();
  }

  // Why there is no key; empty when there is one.
  std::string Refusal() const {
    const auto key = KeyOfIdentity(signature_, trust_);
    if (!key.ok()) return std::string(key.status().message());
    EXPECT_TRUE(absl::StartsWith(*key, "-----BEGIN PUBLIC KEY"));
    return "";
  }

  testing::TempDirectory directory_;
  KeylessSignature signature_;
  v1::SignatureTrust trust_;
};

TEST_F(KeylessTest, TheKeyOfANamedIdentityIsFound) {
  EXPECT_EQ(Refusal(), "");
  // An e-mail address is one, too.
  trust_.set_identity("*@example.com");
  EXPECT_THAT(Refusal(),
              HasSubstr(absl::StrCat("another identity, ", kIdentity)));
  Certify("email:me@example.com", "codeSigning");
  Log();
  EXPECT_EQ(Refusal(), "");
}

TEST_F(KeylessTest, AnotherIssuerIsRefused) {
  trust_.set_issuer("https://accounts.example.com");
  EXPECT_THAT(Refusal(), HasSubstr(absl::StrCat("another issuer, ", kIssuer)));
}

TEST_F(KeylessTest, AnotherRootIsRefused) {
  Run("openssl req -x509 " + NewKey("other") +
      " -subj /CN=other -days 2 -out other.crt");
  trust_.set_roots(Read("other.crt"));
  EXPECT_THAT(Refusal(), HasSubstr("was not valid when it signed"));
}

TEST_F(KeylessTest, ACertificateCountsAtTheTimeOfTheLog) {
  Log(std::time(nullptr) + 3 * 24 * 3600);
  EXPECT_THAT(Refusal(), HasSubstr("expired"));
  Log(std::time(nullptr) - 3 * 24 * 3600);
  EXPECT_THAT(Refusal(), HasSubstr("not yet valid"));
}

TEST_F(KeylessTest, ACertificateForAnotherUseIsRefused) {
  Certify("URI:" + std::string(kIdentity), "clientAuth");
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
  trust_.set_log_key(Read("log.pub"));
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
