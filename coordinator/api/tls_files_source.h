// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_TLS_FILES_SOURCE_H_
#define KSO_COORDINATOR_API_TLS_FILES_SOURCE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/tls_files.h"
#include "common/run/clock.h"
#include "coordinator/http/tls_identity.h"

namespace kso::coordinator {

// The identity in these files, which is read again within
// rpc::kTlsReloadSeconds after they were replaced; files that cannot be used
// leave the old identity in use. Fails with what is wrong with the files.
// `clock` must outlive it.
absl::StatusOr<std::unique_ptr<HttpTlsSource>> OpenTlsFiles(
    const rpc::TlsFiles& files, Clock* clock);

// The names of the first certificate in PEM: DNS names and IP addresses of its
// subject alternative names (RFC 5280, section 4.2.1.6). Empty for text that is
// no certificate.
std::vector<std::string> NamesOfCertificate(const std::string& pem);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_TLS_FILES_SOURCE_H_
