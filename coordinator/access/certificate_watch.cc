// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/certificate_watch.h"

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/small_file.h"
#include "common/pki/certificate.h"
#include "common/pki/keys.h"
#include "common/run/threads.h"
#include "common/text/text.h"

namespace kso::coordinator {
namespace {

absl::StatusOr<absl::Time> ExpiryOf(const std::filesystem::path& file) {
  KSO_ASSIGN_OR_RETURN(const std::string pem,
                       ReadSmallFile(file, pki::kLargestPem));
  KSO_ASSIGN_OR_RETURN(const pki::Certificate certificate,
                       pki::Certificate::FromPem(pem));
  KSO_ASSIGN_OR_RETURN(const pki::CertificateFacts facts,
                       certificate.Describe());
  return facts.not_after;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CertificateWatch>> CertificateWatch::Start(
    std::vector<std::filesystem::path> files, Warn warn, Clock* clock) {
  std::unique_ptr<CertificateWatch> watch(
      new CertificateWatch(std::move(files), std::move(warn), clock));
  KSO_ASSIGN_OR_RETURN(watch->thread_,
                       StartThread([self = watch.get()] { self->Run(); }));
  return watch;
}

CertificateWatch::~CertificateWatch() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void CertificateWatch::LookAt(const std::filesystem::path& file) const {
  const absl::StatusOr<absl::Time> expiry = ExpiryOf(file);
  if (!expiry.ok()) {
    warn_(Concat("cannot read the certificate in ", file.string(), ": ",
                 ToStd(expiry.status().message())));
    return;
  }
  const absl::Duration left = *expiry - clock_.Now();
  if (left > kNotice) return;
  const std::string when =
      left <= absl::ZeroDuration()
          ? "has expired"
          : Concat("expires in ", Count(left / absl::Hours(24), "day"));
  warn_(Concat("the certificate in ", file.string(), " ", when,
               "; renew it, as with `ksoctl certs renew ", file.string(),
               "`, and it is used without a restart"));
}

void CertificateWatch::Run() {
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    for (const std::filesystem::path& file : files_) LookAt(file);
    clock_.AwaitWithDeadline(&mutex_, absl::Condition(&stopping_),
                             clock_.Now() + kInterval);
  }
}

}  // namespace kso::coordinator
