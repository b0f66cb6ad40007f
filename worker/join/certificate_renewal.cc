// SPDX-License-Identifier: Apache-2.0
#include "worker/join/certificate_renewal.h"

#include <algorithm>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/run/threads.h"
#include "spdlog/spdlog.h"

namespace kso::worker {
namespace {

constexpr int kTriesInTheRest = 10;
constexpr absl::Duration kShortestWait = absl::Seconds(1);
constexpr absl::Duration kLongestWait = absl::Hours(1);

std::string Moment(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone());
}

}  // namespace

absl::StatusOr<std::unique_ptr<CertificateRenewal>> CertificateRenewal::Start(
    WorkerIdentity* identity, CertificateSigner* signer, Clock* clock) {
  std::unique_ptr<CertificateRenewal> renewal(
      new CertificateRenewal(identity, signer, clock));
  KSO_ASSIGN_OR_RETURN(renewal->thread_,
                       StartThread([self = renewal.get()] { self->Run(); }));
  return renewal;
}

CertificateRenewal::~CertificateRenewal() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

bool CertificateRenewal::SleepUntil(absl::Time time) {
  absl::MutexLock lock(&mutex_);
  return !clock_.AwaitWithDeadline(&mutex_, absl::Condition(&stopping_), time);
}

absl::Time CertificateRenewal::RenewOnce() {
  const absl::Status status = identity_.Renew(signer_);
  if (status.ok()) {
    spdlog::info("renewed the certificate of this worker; it is good until {}",
                 Moment(identity_.Expires()));
    return std::max(identity_.RenewAt(), clock_.Now() + kShortestWait);
  }
  const absl::Time now = clock_.Now();
  spdlog::warn(
      "cannot renew the certificate of this worker, which is good until {}: "
      "{}{}",
      Moment(identity_.Expires()), ToStd(status.message()),
      now < identity_.Expires()
          ? ""
          : "; start the worker with a new --join-token-file");
  return now + std::clamp((identity_.Expires() - now) / kTriesInTheRest,
                          kShortestWait, kLongestWait);
}

void CertificateRenewal::Run() {
  absl::Time next = identity_.RenewAt();
  while (SleepUntil(next)) next = RenewOnce();
}

}  // namespace kso::worker
