// SPDX-License-Identifier: Apache-2.0
#include "common/pki/certificate_builder.h"

#include <openssl/rand.h>

#include <array>
#include <memory>
#include <utility>

namespace kso::pki {
namespace {

constexpr int kSerialBytes = 16;

// Keys that sign with a hash of their own choice take no digest here.
const EVP_MD* DigestFor(EVP_PKEY* key) {
  int nid = NID_undef;
  if (EVP_PKEY_get_default_digest_nid(key, &nid) == 2 && nid == NID_undef) {
    return nullptr;
  }
  return EVP_sha256();
}

// RFC 5280, section 4.1.2.2: positive, and at most 20 bytes.
bool SetRandomSerial(X509* certificate) {
  std::array<unsigned char, kSerialBytes> bytes = {};
  if (RAND_bytes(bytes.data(), kSerialBytes) != 1) return false;
  // A number whose first byte is not zero always has 128 bits to print.
  bytes[0] |= 0x80;
  const UniqueNumber number(BN_bin2bn(bytes.data(), kSerialBytes, nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) !=
             nullptr;
}

}  // namespace

CertificateBuilder::CertificateBuilder(std::string_view name,
                                       const PublicKey& key)
    : certificate_(X509_new()), names_(GENERAL_NAMES_new()) {
  X509* const made = certificate_.get();
  Check(made != nullptr && names_ != nullptr &&
        X509_set_version(made, X509_VERSION_3) == 1 && SetRandomSerial(made) &&
        X509_NAME_add_entry_by_NID(
            X509_get_subject_name(made), NID_commonName, MBSTRING_UTF8,
            reinterpret_cast<const unsigned char*>(name.data()),
            static_cast<int>(name.size()), -1, 0) == 1 &&
        X509_set_pubkey(made, key.get()) == 1);
}

void CertificateBuilder::Check(bool succeeded) {
  if (!succeeded && status_.ok()) status_ = CryptoError("make a certificate");
}

void CertificateBuilder::SetValidity(absl::Time not_before,
                                     absl::Time not_after) {
  if (!status_.ok()) return;
  X509* const made = certificate_.get();
  Check(ASN1_TIME_set(X509_getm_notBefore(made), absl::ToTimeT(not_before)) !=
            nullptr &&
        ASN1_TIME_set(X509_getm_notAfter(made), absl::ToTimeT(not_after)) !=
            nullptr);
}

void CertificateBuilder::AddExtension(int nid, const char* words) {
  if (!status_.ok()) return;
  const UniqueExtension extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, words));
  Check(extension != nullptr &&
        X509_add_ext(certificate_.get(), extension.get(), -1) == 1);
}

void CertificateBuilder::AddText(int kind, int type, std::string_view text) {
  if (!status_.ok()) return;
  std::unique_ptr<ASN1_STRING, FreeWith<ASN1_STRING_free>> value(
      ASN1_STRING_type_new(type));
  UniqueGeneralName name(GENERAL_NAME_new());
  if (value == nullptr || name == nullptr ||
      ASN1_STRING_set(value.get(), text.data(),
                      static_cast<int>(text.size())) != 1) {
    return Check(false);
  }
  GENERAL_NAME_set0_value(name.get(), kind, value.release());
  const bool added = sk_GENERAL_NAME_push(names_.get(), name.get()) > 0;
  if (added) {
    [[maybe_unused]] const GENERAL_NAME* const of_the_list = name.release();
  }
  Check(added);
}

void CertificateBuilder::AddUri(std::string_view uri) {
  AddText(GEN_URI, V_ASN1_IA5STRING, uri);
}

void CertificateBuilder::AddDnsName(std::string_view name) {
  AddText(GEN_DNS, V_ASN1_IA5STRING, name);
}

void CertificateBuilder::AddAddress(std::string_view address) {
  AddText(GEN_IPADD, V_ASN1_OCTET_STRING, address);
}

void CertificateBuilder::AddKeyIdentifiers(X509* issuer) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate_.get(), nullptr, nullptr, 0);
  for (const auto& [nid, words] :
       {std::pair(NID_subject_key_identifier, "hash"),
        std::pair(NID_authority_key_identifier, "keyid:always")}) {
    const UniqueExtension extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, words));
    Check(extension != nullptr &&
          X509_add_ext(certificate_.get(), extension.get(), -1) == 1);
  }
}

absl::StatusOr<Certificate> CertificateBuilder::Sign(const Certificate* issuer,
                                                     const PrivateKey& key) {
  if (!status_.ok()) return status_;
  X509* const made = certificate_.get();
  X509* const signer = issuer == nullptr ? made : issuer->get();
  Check(X509_set_issuer_name(made, X509_get_subject_name(signer)) == 1);
  AddKeyIdentifiers(signer);
  if (sk_GENERAL_NAME_num(names_.get()) > 0) {
    Check(X509_add1_ext_i2d(made, NID_subject_alt_name, names_.get(), 0,
                            X509V3_ADD_DEFAULT) == 1);
  }
  Check(X509_sign(made, key.get(), DigestFor(key.get())) > 0);
  if (!status_.ok()) return status_;
  return Certificate(std::shared_ptr<X509>(std::move(certificate_)));
}

}  // namespace kso::pki
