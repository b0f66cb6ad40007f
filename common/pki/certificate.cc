// SPDX-License-Identifier: Apache-2.0
#include "common/pki/certificate.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <ctime>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/pki/openssl_handles.h"
#include "common/text/printable_text.h"

namespace kso::pki {
namespace {

constexpr size_t kMostCertificates = 1000;

absl::StatusOr<absl::Time> ToTime(const ASN1_TIME* time) {
  std::tm fields = {};
  if (ASN1_TIME_to_tm(time, &fields) != 1) {
    return CryptoError("read the time of a certificate");
  }
  return absl::FromTM(fields, absl::UTCTimeZone());
}

std::string NameText(const X509_NAME* name) {
  const UniqueBio bio = MemoryBio();
  if (bio == nullptr ||
      X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) {
    ERR_clear_error();
    return "";
  }
  return PrintableText(ContentOf(bio.get()));
}

std::string SerialText(const X509* certificate) {
  const UniqueNumber number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  if (number == nullptr) return "";
  char* const hex = BN_bn2hex(number.get());
  std::string text = hex == nullptr ? "" : hex;
  OPENSSL_free(hex);
  absl::AsciiStrToLower(&text);
  return text;
}

std::string FingerprintText(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash = {};
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), hash.data(), &size) != 1) {
    ERR_clear_error();
    return "";
  }
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), size));
}

std::string_view BytesOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

// Bytes that are no address of either family are shown as hex digits.
std::string AddressText(const ASN1_OCTET_STRING* bytes) {
  const std::string_view raw = BytesOf(bytes);
  std::array<char, INET6_ADDRSTRLEN> text = {};
  const int family = raw.size() == 4 ? AF_INET : AF_INET6;
  if ((raw.size() != 4 && raw.size() != 16) ||
      inet_ntop(family, raw.data(), text.data(), text.size()) == nullptr) {
    return absl::BytesToHexString(ToAbsl(raw));
  }
  return text.data();
}

void AddNames(const X509* certificate, CertificateFacts& facts) {
  const UniqueGeneralNames names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    int kind = 0;
    const auto* const value =
        static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &kind));
    if (kind == GEN_URI) {
      facts.uris.push_back(PrintableText(BytesOf(value)));
    } else if (kind == GEN_DNS) {
      facts.dns_names.push_back(PrintableText(BytesOf(value)));
    } else if (kind == GEN_EMAIL) {
      facts.emails.push_back(PrintableText(BytesOf(value)));
    } else if (kind == GEN_IPADD) {
      facts.ip_addresses.push_back(AddressText(value));
    }
  }
}

int PurposeOf(CertificateUse use) {
  switch (use) {
    case CertificateUse::kServer:
      return X509_PURPOSE_SSL_SERVER;
    case CertificateUse::kClient:
      return X509_PURPOSE_SSL_CLIENT;
    case CertificateUse::kAny:
      return X509_PURPOSE_ANY;
  }
  return X509_PURPOSE_ANY;
}

}  // namespace

absl::StatusOr<Certificate> Certificate::FromPem(std::string_view pem) {
  KSO_ASSIGN_OR_RETURN(const std::vector<Certificate> all,
                       ReadCertificates(pem));
  return all.front();
}

absl::StatusOr<std::string> Certificate::ToPem() const {
  const UniqueBio bio = MemoryBio();
  if (bio == nullptr ||
      PEM_write_bio_X509(bio.get(), certificate_.get()) != 1) {
    return CryptoError("write a certificate");
  }
  return ContentOf(bio.get());
}

absl::StatusOr<CertificateFacts> Certificate::Describe() const {
  X509* const certificate = certificate_.get();
  CertificateFacts facts;
  facts.subject = NameText(X509_get_subject_name(certificate));
  facts.issuer = NameText(X509_get_issuer_name(certificate));
  facts.serial = SerialText(certificate);
  facts.fingerprint = FingerprintText(certificate);
  KSO_ASSIGN_OR_RETURN(facts.not_before,
                       ToTime(X509_get0_notBefore(certificate)));
  KSO_ASSIGN_OR_RETURN(facts.not_after,
                       ToTime(X509_get0_notAfter(certificate)));
  facts.authority = X509_check_ca(certificate) == 1;
  facts.for_servers =
      X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) == 1;
  facts.for_clients =
      X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, 0) == 1;
  facts.for_code = (X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) &&
                   (X509_get_extended_key_usage(certificate) & XKU_CODE_SIGN);
  AddNames(certificate, facts);
  ERR_clear_error();
  return facts;
}

std::string Certificate::serial() const {
  std::string serial = SerialText(certificate_.get());
  ERR_clear_error();
  return serial;
}

absl::StatusOr<PublicKey> Certificate::public_key() const {
  UniqueKey key(X509_get_pubkey(certificate_.get()));
  if (key == nullptr) return CryptoError("read the key of a certificate");
  return PublicKey(std::shared_ptr<EVP_PKEY>(std::move(key)));
}

std::string Certificate::Extension(const std::string& oid) const {
  const UniqueObject object(OBJ_txt2obj(oid.c_str(), /*no_name=*/1));
  const int position =
      object == nullptr
          ? -1
          : X509_get_ext_by_OBJ(certificate_.get(), object.get(), -1);
  X509_EXTENSION* const extension =
      position < 0 ? nullptr : X509_get_ext(certificate_.get(), position);
  ERR_clear_error();
  if (extension == nullptr) return "";
  return std::string(BytesOf(X509_EXTENSION_get_data(extension)));
}

bool Certificate::Fits(const PrivateKey& key) const {
  const bool fits = X509_check_private_key(certificate_.get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

bool Certificate::SelfSigned() const {
  const bool self_signed =
      X509_self_signed(certificate_.get(), /*verify_signature=*/1) == 1;
  ERR_clear_error();
  return self_signed;
}

absl::StatusOr<std::vector<Certificate>> ReadCertificates(
    std::string_view pem) {
  if (pem.size() > kLargestPem) {
    return absl::InvalidArgumentError("too large to be certificates");
  }
  const UniqueBio bio = ReadingBio(pem);
  if (bio == nullptr) return CryptoError("read certificates");
  std::vector<Certificate> certificates;
  while (true) {
    UniqueX509 certificate(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) break;
    if (certificates.size() == kMostCertificates) {
      return absl::InvalidArgumentError(
          Concat("more than ", kMostCertificates, " certificates"));
    }
    certificates.emplace_back(std::shared_ptr<X509>(std::move(certificate)));
  }
  const bool at_end =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return absl::InvalidArgumentError("a damaged certificate in PEM");
  }
  if (certificates.empty()) {
    return absl::InvalidArgumentError("no certificate in PEM");
  }
  return certificates;
}

absl::Status VerifyCertificate(const std::vector<Certificate>& chain,
                               const std::vector<Certificate>& authorities,
                               CertificateUse use, absl::Time now) {
  if (chain.empty()) {
    return absl::FailedPreconditionError("there is no certificate");
  }
  const UniqueStore store(X509_STORE_new());
  const UniqueStoreContext context(X509_STORE_CTX_new());
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> others(
      sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
  bool ready = store != nullptr && context != nullptr && others != nullptr;
  for (const Certificate& authority : authorities) {
    ready = ready && X509_STORE_add_cert(store.get(), authority.get()) == 1;
  }
  for (const Certificate& certificate : chain) {
    ready = ready && sk_X509_push(others.get(), certificate.get()) > 0;
  }
  if (!ready || X509_STORE_CTX_init(context.get(), store.get(),
                                    chain.front().get(), others.get()) != 1) {
    return CryptoError("verify a certificate");
  }
  X509_STORE_CTX_set_time(context.get(), 0, absl::ToTimeT(now));
  X509_STORE_CTX_set_purpose(context.get(), PurposeOf(use));
  const bool trusted = X509_verify_cert(context.get()) == 1;
  const int error = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  if (trusted) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat("the certificate is not trusted: ",
             X509_verify_cert_error_string(error)));
}

}  // namespace kso::pki
