// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CERTS_CERTIFICATES_TEXT_H_
#define KSO_CLI_CERTS_CERTIFICATES_TEXT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/certs/certificate_directory.h"
#include "nlohmann/json.hpp"

namespace kso::cli {

// The contents of certificates, for a person.
std::string CertificatesText(const std::vector<FiledCertificate>& certificates,
                             absl::Time now);

// The same for programs: {"certificates": [{"file", "subject", "issuer",
// "serial", "sha256", "notBefore", "notAfter" (RFC 3339), "expired",
// "authority", "server", "client", "uris", "dnsNames", "ipAddresses"}]}.
nlohmann::ordered_json CertificatesJson(
    const std::vector<FiledCertificate>& certificates, absl::Time now);

}  // namespace kso::cli

#endif  // KSO_CLI_CERTS_CERTIFICATES_TEXT_H_
