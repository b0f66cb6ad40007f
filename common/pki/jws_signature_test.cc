// SPDX-License-Identifier: Apache-2.0
#include "common/pki/jws_signature.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <string>
#include <utility>
#include <vector>

#include "common/pki/openssl_handles.h"
#include "gtest/gtest.h"

namespace kso::pki {
namespace {

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// A number of a key, big-endian, in `size` bytes or as few as it needs.
std::string Parameter(const UniqueKey& key, const char* name, int size = 0) {
  BIGNUM* number = nullptr;
  EXPECT_EQ(EVP_PKEY_get_bn_param(key.get(), name, &number), 1) << name;
  const UniqueNumber owned(number);
  std::string bytes(size > 0 ? size : BN_num_bytes(number), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
               static_cast<int>(bytes.size()));
  return bytes;
}

// The signature that OpenSSL makes with SHA-256.
std::string Sign(const UniqueKey& key, const std::string& text) {
  const UniqueDigestContext context(EVP_MD_CTX_new());
  size_t size = 0;
  EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr,
                               key.get()),
            1);
  EVP_DigestSign(context.get(), nullptr, &size, Bytes(text), text.size());
  std::string signature(size, '\0');
  EXPECT_EQ(EVP_DigestSign(context.get(),
                           reinterpret_cast<unsigned char*>(signature.data()),
                           &size, Bytes(text), text.size()),
            1);
  signature.resize(size);
  return signature;
}

// R and S of 32 bytes each, of a signature in DER.
std::string Plain(const std::string& der) {
  const unsigned char* at = Bytes(der);
  ECDSA_SIG* const signature =
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  std::string plain(64, '\0');
  auto* const bytes = reinterpret_cast<unsigned char*>(plain.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), bytes, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), bytes + 32, 32);
  ECDSA_SIG_free(signature);
  return plain;
}

// `text` with one bit of its byte `at` changed.
std::string Changed(std::string text, size_t at) {
  text[at] = static_cast<char>(text[at] ^ 1);
  return text;
}

class Rs256Test : public ::testing::Test {
 protected:
  const UniqueKey rsa_{EVP_RSA_gen(2048)};
  const std::string modulus_ = Parameter(rsa_, OSSL_PKEY_PARAM_RSA_N);
  const std::string exponent_ = Parameter(rsa_, OSSL_PKEY_PARAM_RSA_E);
};

TEST_F(Rs256Test, VerifiesWhatTheKeySignedAndNothingElse) {
  const auto key = MakeRs256Key(modulus_, exponent_);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->algorithm, JwsAlgorithm::kRs256);
  const std::string signature = Sign(rsa_, "header.claims");
  EXPECT_TRUE(VerifyJws(*key, "header.claims", signature));
  EXPECT_FALSE(VerifyJws(*key, "header.other", signature));
  EXPECT_FALSE(VerifyJws(*key, "header.claims", Changed(signature, 0)));
  EXPECT_FALSE(VerifyJws(*key, "header.claims", Changed(signature, 255)));
  EXPECT_FALSE(VerifyJws(*key, "header.claims", ""));
  // Zeros before a number do not change it.
  const auto padded = MakeRs256Key(std::string(1, '\0') + modulus_,
                                   std::string(5, '\0') + exponent_);
  ASSERT_TRUE(padded.ok()) << padded.status();
  EXPECT_TRUE(VerifyJws(*padded, "header.claims", signature));
}

TEST_F(Rs256Test, RefusesKeysThatAreTooSmallOrTooLarge) {
  std::string small = modulus_;
  small[0] = 0x7f;
  EXPECT_FALSE(MakeRs256Key(small, exponent_).ok());
  EXPECT_FALSE(MakeRs256Key(modulus_.substr(1), exponent_).ok());
  EXPECT_FALSE(MakeRs256Key("", exponent_).ok());
  const std::string largest = "\xff" + std::string(1022, '\x55') + "\x01";
  EXPECT_TRUE(MakeRs256Key(largest, exponent_).ok());
  const auto larger = MakeRs256Key(largest + "\x01", exponent_);
  EXPECT_EQ(larger.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(Rs256Test, RefusesExponentsThatSignNothing) {
  for (const std::string& exponent :
       {std::string("\x01"), std::string("\x02"), std::string("\x01\x00", 2),
        std::string(), std::string("\0", 1), std::string(8, '\0') + "\x03"}) {
    EXPECT_FALSE(MakeRs256Key(modulus_, exponent).ok()) << exponent.size();
  }
  EXPECT_TRUE(MakeRs256Key(modulus_, "\x03").ok());
}

class Es256Test : public ::testing::Test {
 protected:
  const UniqueKey ec_{EVP_EC_gen("P-256")};
  const std::string x_ = Parameter(ec_, OSSL_PKEY_PARAM_EC_PUB_X, 32);
  const std::string y_ = Parameter(ec_, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
};

TEST_F(Es256Test, VerifiesWhatTheKeySignedAndNothingElse) {
  const auto key = MakeEs256Key(x_, y_);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->algorithm, JwsAlgorithm::kEs256);
  const std::string der = Sign(ec_, "header.claims");
  const std::string signature = Plain(der);
  EXPECT_TRUE(VerifyJws(*key, "header.claims", signature));
  EXPECT_FALSE(VerifyJws(*key, "header.other", signature));
  EXPECT_FALSE(VerifyJws(*key, "header.claims", Changed(signature, 31)));
  EXPECT_FALSE(VerifyJws(*key, "header.claims", Changed(signature, 63)));
  // R and S are of 32 bytes each, and not in DER (RFC 7518, section 3.4).
  EXPECT_FALSE(VerifyJws(*key, "header.claims", der));
  EXPECT_FALSE(VerifyJws(*key, "header.claims", signature + '\0'));
  EXPECT_FALSE(VerifyJws(*key, "header.claims", signature.substr(0, 63)));
  EXPECT_FALSE(VerifyJws(*key, "header.claims", ""));
}

TEST_F(Es256Test, RefusesWhatIsNoPointOfTheCurve) {
  for (const auto& [x, y] :
       std::vector<std::pair<std::string, std::string>>{{x_, Changed(y_, 31)},
                                                        {Changed(x_, 31), y_},
                                                        {y_, x_},
                                                        {x_.substr(1), y_},
                                                        {x_, y_.substr(1)},
                                                        {x_ + '\0', y_},
                                                        {x_, y_ + '\0'},
                                                        {"", ""}}) {
    EXPECT_EQ(MakeEs256Key(x, y).status().code(),
              absl::StatusCode::kInvalidArgument)
        << x.size() << " " << y.size();
  }
}

TEST_F(Es256Test, AKeyOfOneKindDoesNotVerifyTheOther) {
  const UniqueKey rsa(EVP_RSA_gen(2048));
  const auto key = MakeEs256Key(x_, y_);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_FALSE(VerifyJws(*key, "header.claims", Sign(rsa, "header.claims")));
}

}  // namespace
}  // namespace kso::pki
