// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_PKI_CERTIFICATE_H_
#define KSO_COMMON_PKI_CERTIFICATE_H_

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pki/keys.h"

namespace kso::pki {

// The contents of a certificate, for people and for checks. Texts are
// printable.
struct CertificateFacts {
  // Names as RFC 2253 writes them: "CN=box-1".
  std::string subject;
  std::string issuer;
  // Lowercase hex digits.
  std::string serial;
  // SHA-256 of the DER form, in lowercase hex digits.
  std::string fingerprint;
  absl::Time not_before;
  absl::Time not_after;
  // It may sign certificates.
  bool authority = false;
  // It may be shown by a server, and by a client.
  bool for_servers = false;
  bool for_clients = false;
  // It is made to be shown with signatures of code (RFC 5280, section
  // 4.2.1.12): it says so itself.
  bool for_code = false;
  // The subject's alternative names, by kind. An identity is the only URI
  // (common/access/identity_uri.h).
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> emails;
};

// An X.509 certificate (RFC 5280). Cheap to copy; thread safe.
class Certificate {
 public:
  explicit Certificate(std::shared_ptr<X509> certificate)
      : certificate_(std::move(certificate)) {}

  // Reads the first certificate of a PEM text.
  static absl::StatusOr<Certificate> FromPem(std::string_view pem);

  absl::StatusOr<std::string> ToPem() const;
  absl::StatusOr<CertificateFacts> Describe() const;
  // As in CertificateFacts.
  std::string serial() const;
  absl::StatusOr<PublicKey> public_key() const;
  // The content of the extension with that object identifier ("1.3.6.1.4"), in
  // DER as a rule; empty where it has none.
  std::string Extension(const std::string& oid) const;
  // Returns whether `key` is the private half of its key.
  bool Fits(const PrivateKey& key) const;
  bool SelfSigned() const;

  X509* get() const { return certificate_.get(); }

 private:
  std::shared_ptr<X509> certificate_;
};

// Reads all certificates of a PEM text, such as a certificate with those of its
// issuers, or a bundle of authorities. Text between them is passed over.
// INVALID_ARGUMENT for a damaged one, for more than 1000, and for none.
absl::StatusOr<std::vector<Certificate>> ReadCertificates(std::string_view pem);

// kAny leaves the use to the caller (CertificateFacts).
enum class CertificateUse { kServer, kClient, kAny };

// Verifies `chain`, the certificate and those of its issuers, against
// `authorities` at a time, as a peer in TLS would (without the name).
// FAILED_PRECONDITION says why it is not trusted.
absl::Status VerifyCertificate(const std::vector<Certificate>& chain,
                               const std::vector<Certificate>& authorities,
                               CertificateUse use, absl::Time now);

}  // namespace kso::pki

#endif  // KSO_COMMON_PKI_CERTIFICATE_H_
