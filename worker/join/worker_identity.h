// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_JOIN_WORKER_IDENTITY_H_
#define KSO_WORKER_JOIN_WORKER_IDENTITY_H_

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pki/keys.h"
#include "common/run/clock.h"
#include "worker/join/certificate_signer.h"

namespace kso::worker {

// The key and certificate of a worker that joined by invitation: worker.key,
// which never leaves this machine, and worker.crt, both readable by their owner
// only. The key stays when the certificate is renewed, so that the two fit at
// every moment. Not thread safe.
class WorkerIdentity {
 public:
  // Reads the key, which is made where there is none, and the certificate,
  // where there is one. `name` is the worker's. `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<WorkerIdentity>> Open(
      const std::filesystem::path& directory, std::string name,
      const Clock* clock);

  // Returns whether there is a certificate for the key and the worker's name
  // that has not expired.
  bool Joined() const;

  // Gets the first certificate with the token of an invitation.
  absl::Status Join(CertificateSigner& signer, std::string_view token);
  // Gets the next one.
  absl::Status Renew(CertificateSigner& signer);

  // When the certificate should be renewed: at two thirds of its life.
  absl::Time RenewAt() const { return renew_at_; }
  absl::Time Expires() const { return expires_; }

  std::filesystem::path certificate_file() const {
    return directory_ / "worker.crt";
  }
  std::filesystem::path key_file() const { return directory_ / "worker.key"; }

 private:
  WorkerIdentity(std::filesystem::path directory, std::string name,
                 pki::PrivateKey key, const Clock* clock)
      : directory_(std::move(directory)),
        name_(std::move(name)),
        key_(std::move(key)),
        clock_(clock) {}

  // Takes the times of a certificate; INVALID_ARGUMENT unless it is for this
  // key and name.
  absl::Status Adopt(std::string_view certificates);
  absl::Status Store(const absl::StatusOr<std::string>& certificates);

  const std::filesystem::path directory_;
  const std::string name_;
  const pki::PrivateKey key_;
  const Clock* const clock_;
  absl::Time renew_at_ = absl::InfinitePast();
  absl::Time expires_ = absl::InfinitePast();
};

}  // namespace kso::worker

#endif  // KSO_WORKER_JOIN_WORKER_IDENTITY_H_
