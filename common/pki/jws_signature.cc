// SPDX-License-Identifier: Apache-2.0
#include "common/pki/jws_signature.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <string>
#include <utility>

#include "common/pki/openssl_handles.h"

namespace kso::pki {
namespace {

constexpr int kFewestRsaBits = 2048;
constexpr int kMostRsaBits = 8192;
constexpr size_t kP256Bytes = 32;

using UniqueParamBuilder =
    std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>>;
using UniqueParams = std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>>;
using UniqueEcdsaSignature =
    std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

UniqueNumber Number(std::string_view big_endian) {
  return UniqueNumber(BN_bin2bn(Bytes(big_endian),
                                static_cast<int>(big_endian.size()), nullptr));
}

absl::Status BadKey(const char* reason) {
  ERR_clear_error();
  return absl::InvalidArgumentError(reason);
}

// Null when OpenSSL does not take the parameters for a key of `kind`.
UniqueKey KeyFromParams(const char* kind, OSSL_PARAM_BLD* builder) {
  const UniqueParams params(OSSL_PARAM_BLD_to_param(builder));
  const UniqueKeyContext context(
      EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr ||
      EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY,
                        params.get()) != 1) {
    return nullptr;
  }
  return UniqueKey(key);
}

PublicKey Shared(UniqueKey key) {
  return PublicKey(std::shared_ptr<EVP_PKEY>(std::move(key)));
}

// The form in which OpenSSL takes a signature of ECDSA: DER. Empty when it
// cannot be made.
std::string DerSignature(std::string_view r_and_s) {
  const UniqueEcdsaSignature signature(ECDSA_SIG_new());
  UniqueNumber r = Number(r_and_s.substr(0, kP256Bytes));
  UniqueNumber s = Number(r_and_s.substr(kP256Bytes));
  if (signature == nullptr || r == nullptr || s == nullptr ||
      ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
    return "";
  }
  [[maybe_unused]] const BIGNUM* const r_of_signature = r.release();
  [[maybe_unused]] const BIGNUM* const s_of_signature = s.release();
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  std::string bytes;
  if (size > 0) {
    bytes.assign(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  }
  OPENSSL_free(der);
  return bytes;
}

}  // namespace

absl::StatusOr<JwsKey> MakeRs256Key(std::string_view modulus,
                                    std::string_view exponent) {
  if (modulus.size() > kMostRsaBits / 8 || exponent.size() > 8) {
    return BadKey("the RSA key is too large");
  }
  const UniqueNumber n = Number(modulus);
  const UniqueNumber e = Number(exponent);
  if (n == nullptr || e == nullptr) return BadKey("out of memory");
  if (BN_num_bits(n.get()) < kFewestRsaBits) {
    return BadKey("the RSA key has fewer than 2048 bits");
  }
  if (BN_is_odd(e.get()) != 1 || BN_is_one(e.get()) == 1) {
    return BadKey("the RSA key has a bad exponent");
  }
  const UniqueParamBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) !=
          1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) !=
          1) {
    return BadKey("out of memory");
  }
  UniqueKey key = KeyFromParams("RSA", builder.get());
  if (key == nullptr) return BadKey("not a key of RSA");
  return JwsKey{JwsAlgorithm::kRs256, Shared(std::move(key))};
}

absl::StatusOr<JwsKey> MakeEs256Key(std::string_view x, std::string_view y) {
  if (x.size() != kP256Bytes || y.size() != kP256Bytes) {
    return BadKey("a coordinate of P-256 has 32 bytes");
  }
  // SEC 1, section 2.3.3: 4 stands for a point that is not compressed.
  std::string point = "\x04";
  point.append(x).append(y);
  const UniqueParamBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                      SN_X9_62_prime256v1, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                       point.data(), point.size()) != 1) {
    return BadKey("out of memory");
  }
  UniqueKey key = KeyFromParams("EC", builder.get());
  if (key == nullptr) return BadKey("not a point of P-256");
  PublicKey made = Shared(std::move(key));
  if (!made.IsP256()) return BadKey("not a point of P-256");
  return JwsKey{JwsAlgorithm::kEs256, std::move(made)};
}

bool VerifyJws(const JwsKey& key, std::string_view signed_bytes,
               std::string_view signature) {
  std::string der;
  if (key.algorithm == JwsAlgorithm::kEs256) {
    if (signature.size() != 2 * kP256Bytes) return false;
    der = DerSignature(signature);
    signature = der;
  }
  const UniqueDigestContext context(EVP_MD_CTX_new());
  // PKCS #1 v1.5 is what OpenSSL takes for RSA where nothing else is asked for.
  const bool verified =
      context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr,
                           key.key.get()) == 1 &&
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(),
                       Bytes(signed_bytes), signed_bytes.size()) == 1;
  ERR_clear_error();
  return verified;
}

}  // namespace kso::pki
