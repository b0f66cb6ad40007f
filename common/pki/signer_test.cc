// SPDX-License-Identifier: Apache-2.0
#include "common/pki/signer.h"

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/files/small_file.h"
#include "gtest/gtest.h"
#include "tests/fakes/shell.h"
#include "tests/fakes/temp_directory.h"

namespace kso::pki {
namespace {

using testing::Shell;

// Keys that OpenSSL's program makes, and its word on signatures.
class SignerTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const {
    return (directory_.path() / name).string();
  }

  // Makes a key of an algorithm, and its public half beside it.
  std::string MakeKey(const std::string& algorithm,
                      const std::string& more = "") const {
    const std::string key = Path("key.pem");
    Shell(absl::StrCat("openssl genpkey -algorithm ", algorithm, " ", more,
                       " -out ", key));
    Shell(absl::StrCat("openssl pkey -in ", key, " -passin pass:letmein",
                       " -pubout -out ", Path("key.pub")));
    return key;
  }

  std::string PublicKey() const {
    return *ReadSmallFile(Path("key.pub"), 1 << 16);
  }

  std::string Sign(Signer& signer, const std::string& bytes) const {
    const absl::StatusOr<std::string> signature = signer.Sign(bytes);
    EXPECT_TRUE(signature.ok()) << signature.status();
    return signature.value_or("");
  }

  const testing::TempDirectory directory_;
};

TEST_F(SignerTest, OpensslAcceptsItsSignatures) {
  const auto signer =
      CreateKeySigner(MakeKey("EC", "-pkeyopt ec_paramgen_curve:P-256"), "");
  ASSERT_TRUE(signer.ok()) << signer.status();
  const std::string signature = Sign(**signer, "release");
  ASSERT_TRUE(WriteNewFile(Path("signature"), signature, 0600).ok());
  ASSERT_TRUE(WriteNewFile(Path("bytes"), "release", 0600).ok());
  EXPECT_TRUE(absl::StrContains(
      Shell(absl::StrCat("openssl dgst -sha256 -verify ", Path("key.pub"),
                         " -signature ", Path("signature"), " ",
                         Path("bytes"))),
      "Verified OK"));
}

TEST_F(SignerTest, ASignatureIsOfItsBytesAndItsKey) {
  for (const char* algorithm :
       {"EC -pkeyopt ec_paramgen_curve:P-256",
        "EC -pkeyopt ec_paramgen_curve:P-384", "RSA", "ED25519"}) {
    const auto signer = CreateKeySigner(MakeKey(algorithm), "");
    ASSERT_TRUE(signer.ok()) << algorithm << ": " << signer.status();
    std::string signature = Sign(**signer, "release");
    EXPECT_TRUE(VerifySignature(PublicKey(), "release", signature).ok())
        << algorithm;
    EXPECT_TRUE(
        absl::IsDataLoss(VerifySignature(PublicKey(), "releasf", signature)))
        << algorithm;
    signature.back() ^= 1;
    EXPECT_FALSE(VerifySignature(PublicKey(), "release", signature).ok())
        << algorithm;
    EXPECT_FALSE(VerifySignature(PublicKey(), "release", "").ok());
    std::filesystem::remove(Path("key.pub"));
  }
}

TEST_F(SignerTest, AnotherKeyDidNotSign) {
  const auto signer = CreateKeySigner(MakeKey("ED25519"), "");
  ASSERT_TRUE(signer.ok());
  const std::string signature = Sign(**signer, "release");
  MakeKey("ED25519");
  EXPECT_TRUE(
      absl::IsDataLoss(VerifySignature(PublicKey(), "release", signature)));
}

TEST_F(SignerTest, AnEncryptedKeyAsksForItsPassphrase) {
  const std::string key = MakeKey(
      "EC", "-pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:letmein");
  EXPECT_TRUE(CreateKeySigner(key, "letmein").ok());
  for (const char* wrong : {"", "LETMEIN", "letmein2"}) {
    const auto signer = CreateKeySigner(key, wrong);
    EXPECT_TRUE(absl::IsInvalidArgument(signer.status())) << wrong;
    EXPECT_FALSE(absl::StrContains(signer.status().message(), "letmein"));
  }
}

TEST_F(SignerTest, WhatHasNoKeyIsNamed) {
  ASSERT_TRUE(WriteNewFile(Path("text"), "no key", 0600).ok());
  for (const std::string& uri :
       {Path("text"), Path("missing"), std::string("pkcs11:token=none")}) {
    const auto signer = CreateKeySigner(uri, "");
    EXPECT_TRUE(absl::IsInvalidArgument(signer.status())) << signer.status();
    EXPECT_TRUE(absl::StrContains(signer.status().message(), uri));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(VerifySignature("no key", "a", "b")));
}

TEST_F(SignerTest, AProgramMaySign) {
  MakeKey("EC", "-pkeyopt ec_paramgen_curve:P-256");
  ASSERT_TRUE(
      WriteNewFile(Path("sign"),
                   absl::StrCat("#!/bin/sh\nopenssl dgst -sha256 -sign ",
                                Path("key.pem"), " \"$1\" | base64\n"),
                   0700)
          .ok());
  const auto signer = CreateCommandSigner(Path("sign"));
  ASSERT_TRUE(signer.ok()) << signer.status();
  // Bills of materials are larger than a pipe's buffer.
  const std::string bytes(1 << 20, 'x');
  EXPECT_TRUE(VerifySignature(PublicKey(), bytes, Sign(**signer, bytes)).ok());
}

TEST_F(SignerTest, AProgramThatDoesNotSignIsAnError) {
  ASSERT_TRUE(WriteNewFile(Path("sign"), "#!/bin/sh\nexit 3\n", 0700).ok());
  const auto signer = CreateCommandSigner(Path("sign"));
  ASSERT_TRUE(signer.ok());
  const auto signature = (*signer)->Sign("bytes");
  EXPECT_TRUE(absl::IsFailedPrecondition(signature.status()));
  EXPECT_TRUE(absl::StrContains(signature.status().message(), "status 3"));
  EXPECT_FALSE(CreateCommandSigner(Path("missing")).ok());
}

}  // namespace
}  // namespace kso::pki
