// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_JOIN_CERTIFICATE_SIGNER_H_
#define KSO_WORKER_JOIN_CERTIFICATE_SIGNER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/channel.h"

namespace kso::worker {

// The coordinator, as it signs certificates. Both calls block, for at most half
// a minute, and return a certificate with those of its issuers, in PEM. Errors
// are the coordinator's. Thread safe.
class CertificateSigner {
 public:
  virtual ~CertificateSigner() = default;

  // For a worker that was invited: `request` is a PKCS #10 request in PEM.
  virtual absl::StatusOr<std::string> Enroll(const std::string& token,
                                             const std::string& request) = 0;
  // For a worker that has a certificate, with which the channel is connected.
  virtual absl::StatusOr<std::string> Renew(const std::string& request) = 0;
};

std::unique_ptr<CertificateSigner> CreateCertificateSigner(
    const std::shared_ptr<grpc::Channel>& channel);

}  // namespace kso::worker

#endif  // KSO_WORKER_JOIN_CERTIFICATE_SIGNER_H_
