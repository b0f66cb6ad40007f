// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_JOIN_CERTIFICATE_RENEWAL_H_
#define KSO_WORKER_JOIN_CERTIFICATE_RENEWAL_H_

#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/run/clock.h"
#include "worker/join/certificate_signer.h"
#include "worker/join/worker_identity.h"

namespace kso::worker {

// Keeps a worker's certificate fresh while it lives: a thread renews it when
// that is due, and after a failure tries again after a tenth of the time that
// is left. The connection reads the new file by itself.
class CertificateRenewal {
 public:
  // `identity` is the renewal's alone from then on. Both it and `signer` and
  // `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<CertificateRenewal>> Start(
      WorkerIdentity* identity, CertificateSigner* signer, Clock* clock);
  ~CertificateRenewal();
  CertificateRenewal(const CertificateRenewal&) = delete;
  CertificateRenewal& operator=(const CertificateRenewal&) = delete;

 private:
  CertificateRenewal(WorkerIdentity* identity, CertificateSigner* signer,
                     Clock* clock)
      : identity_(*identity), signer_(*signer), clock_(*clock) {}

  void Run();
  // Waits for `time`; returns whether to go on.
  bool SleepUntil(absl::Time time);
  // Renews; returns when to do so next.
  absl::Time RenewOnce();

  WorkerIdentity& identity_;
  CertificateSigner& signer_;
  Clock& clock_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_JOIN_CERTIFICATE_RENEWAL_H_
