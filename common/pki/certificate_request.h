// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_PKI_CERTIFICATE_REQUEST_H_
#define KSO_COMMON_PKI_CERTIFICATE_REQUEST_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/pki/keys.h"

namespace kso::pki {

// A request to have a certificate signed (PKCS #10, RFC 2986). It tells the
// authority a key and a name, and proves that its maker has the private half of
// the key. Everything else in it, such as extensions that it asks for, is the
// authority's to decide and is not read.
struct CertificateRequest {
  PublicKey key;
  // The common name of the subject, which passes access::CheckIdentityName.
  std::string name;
};

// A request in PEM. INVALID_ARGUMENT for what is no name of an identity.
absl::StatusOr<std::string> MakeCertificateRequest(const PrivateKey& key,
                                                   std::string_view name);

// Reads and checks a request from outside: its size, its signature, that its
// key is one of P-256, and that it has exactly one name. INVALID_ARGUMENT says
// what is wrong.
absl::StatusOr<CertificateRequest> ReadCertificateRequest(std::string_view pem);

}  // namespace kso::pki

#endif  // KSO_COMMON_PKI_CERTIFICATE_REQUEST_H_
