// SPDX-License-Identifier: Apache-2.0
#include "common/pki/certificate_request.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <memory>
#include <utility>

#include "common/access/identity_uri.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/pki/openssl_handles.h"

namespace kso::pki {
namespace {

// A request with a key of P-256 has some 400 bytes.
constexpr size_t kLargestRequest = size_t{16} << 10;

absl::Status BadRequest(std::string_view reason) {
  ERR_clear_error();
  return absl::InvalidArgumentError(
      Concat("the certificate request is not taken: ", reason));
}

// The only common name of the subject, as it is in the request.
absl::StatusOr<std::string> CommonName(const X509_NAME* subject) {
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return BadRequest("its subject has no common name");
  if (X509_NAME_get_index_by_NID(subject, NID_commonName, index) >= 0) {
    return BadRequest("its subject has more than one common name");
  }
  const ASN1_STRING* const value =
      X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index));
  return std::string(
      reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
      static_cast<size_t>(ASN1_STRING_length(value)));
}

}  // namespace

absl::StatusOr<std::string> MakeCertificateRequest(const PrivateKey& key,
                                                   std::string_view name) {
  KSO_RETURN_IF_ERROR(access::CheckIdentityName(name));
  const UniqueRequest request(X509_REQ_new());
  if (request == nullptr ||
      X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_NAME_add_entry_by_NID(
          X509_REQ_get_subject_name(request.get()), NID_commonName,
          MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.data()),
          static_cast<int>(name.size()), -1, 0) != 1 ||
      X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) <= 0) {
    return CryptoError("make a certificate request");
  }
  const UniqueBio bio = MemoryBio();
  if (bio == nullptr || PEM_write_bio_X509_REQ(bio.get(), request.get()) != 1) {
    return CryptoError("write a certificate request");
  }
  return ContentOf(bio.get());
}

absl::StatusOr<CertificateRequest> ReadCertificateRequest(
    std::string_view pem) {
  if (pem.size() > kLargestRequest) return BadRequest("it is too large");
  const UniqueBio bio = ReadingBio(pem);
  const UniqueRequest request(
      bio == nullptr
          ? nullptr
          : PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (request == nullptr) return BadRequest("it is none in PEM");
  UniqueKey owned(X509_REQ_get_pubkey(request.get()));
  if (owned == nullptr) return BadRequest("its key cannot be read");
  PublicKey key{std::shared_ptr<EVP_PKEY>(std::move(owned))};
  if (!key.IsP256()) return BadRequest("its key is not one of P-256");
  if (X509_REQ_verify(request.get(), key.get()) != 1) {
    return BadRequest("its signature is not by its key");
  }
  KSO_ASSIGN_OR_RETURN(std::string name,
                       CommonName(X509_REQ_get_subject_name(request.get())));
  KSO_RETURN_IF_ERROR(access::CheckIdentityName(name));
  return CertificateRequest{std::move(key), std::move(name)};
}

}  // namespace kso::pki
