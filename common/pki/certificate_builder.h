// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_PKI_CERTIFICATE_BUILDER_H_
#define KSO_COMMON_PKI_CERTIFICATE_BUILDER_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pki/certificate.h"
#include "common/pki/keys.h"
#include "common/pki/openssl_handles.h"

namespace kso::pki {

// A certificate in the making. The first error is kept and comes from Sign, so
// that callers say what they want without a check at each line. Not thread
// safe.
class CertificateBuilder {
 public:
  // Version 3, a random serial number, the subject "CN=`name`" and `key`.
  CertificateBuilder(std::string_view name, const PublicKey& key);

  void SetValidity(absl::Time not_before, absl::Time not_after);

  // An extension in the words of OpenSSL's x509v3_config(5). `words` is fixed
  // text of the program: it is a language, and nothing from outside may be
  // in it.
  void AddExtension(int nid, const char* words);

  // Names for the extension of alternative names. `address` has the 4 or 16
  // bytes of an IP address.
  void AddUri(std::string_view uri);
  void AddDnsName(std::string_view name);
  void AddAddress(std::string_view address);

  // Adds the key identifiers and the alternative names, and signs. `issuer` is
  // null for one that signs itself.
  absl::StatusOr<Certificate> Sign(const Certificate* issuer,
                                   const PrivateKey& key);

 private:
  void Check(bool succeeded);
  void AddText(int kind, int type, std::string_view text);
  void AddKeyIdentifiers(X509* issuer);

  UniqueX509 certificate_;
  UniqueGeneralNames names_;
  absl::Status status_;
};

}  // namespace kso::pki

#endif  // KSO_COMMON_PKI_CERTIFICATE_BUILDER_H_
