// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_ENROLLMENT_H_
#define KSO_COORDINATOR_ACCESS_ENROLLMENT_H_

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pki/authority.h"
#include "common/run/clock.h"
#include "coordinator/access/invitations.h"
#include "coordinator/access/principal.h"

namespace kso::coordinator {

// The issuer of workers' certificates, as the command line has it.
struct EnrollmentOptions {
  // The authority that signs workers' certificates, in PEM: --issuer-cert and
  // --issuer-key.
  std::filesystem::path issuer_certificate;
  std::filesystem::path issuer_key;
  // The authorities that verify what it signs: --client-ca.
  std::filesystem::path client_authorities;
  std::string trust_domain;
  // How long the certificates are good for.
  absl::Duration life = pki::kWorkerCertificateLife;
};

// Signs the certificates of workers: of those that were invited, and of those
// that have one. The issuer is read anew for each, so that one that was renewed
// is used without a restart. Thread safe; calls wait for the disk.
class Enrollment {
 public:
  // INVALID_ARGUMENT when the issuer cannot sign what this coordinator would
  // accept. `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<Enrollment>> Open(
      const std::filesystem::path& state_directory,
      const EnrollmentOptions& options, const Clock* clock);

  absl::StatusOr<Invitations::Invitation> Invite(std::string_view name,
                                                 absl::Duration life) {
    return invitations_->Invite(name, life);
  }

  // The certificate, with its issuers, for a request in PEM and the token of an
  // invitation; the errors of ReadCertificateRequest and Redeem. `name` is
  // whose it was meant to be, for the audit log, also after an error.
  absl::StatusOr<std::string> Enroll(std::string_view token,
                                     std::string_view request,
                                     std::string& name);

  // The same for a worker that shows its certificate. PERMISSION_DENIED for
  // another's name, and for a caller without a worker's certificate.
  absl::StatusOr<std::string> Renew(const Principal& caller,
                                    std::string_view request);

 private:
  Enrollment(EnrollmentOptions options,
             std::unique_ptr<Invitations> invitations, const Clock* clock)
      : options_(std::move(options)),
        invitations_(std::move(invitations)),
        clock_(clock) {}

  absl::StatusOr<std::string> Sign(const pki::PublicKey& key,
                                   const std::string& name) const;

  const EnrollmentOptions options_;
  const std::unique_ptr<Invitations> invitations_;
  const Clock* const clock_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_ENROLLMENT_H_
