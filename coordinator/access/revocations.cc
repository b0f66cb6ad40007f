// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/revocations.h"

#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/files/small_file.h"
#include "common/pki/certificate.h"
#include "common/run/threads.h"
#include "spdlog/spdlog.h"

namespace kso::coordinator {
namespace {

// Empty for a certificate that cannot be read.
std::string SerialOf(std::string_view pem) {
  const auto certificate = pki::Certificate::FromPem(pem);
  return certificate.ok() ? certificate->serial() : "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<Revocations>> Revocations::Open(
    std::filesystem::path file, Clock* clock) {
  std::unique_ptr<Revocations> revocations(
      new Revocations(std::move(file), clock));
  KSO_RETURN_IF_ERROR(revocations->Refresh());
  KSO_ASSIGN_OR_RETURN(
      revocations->thread_,
      StartThread([self = revocations.get()] { self->Run(); }));
  return revocations;
}

Revocations::~Revocations() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status Revocations::Refresh() {
  KSO_ASSIGN_OR_RETURN(std::string text,
                       ReadSmallFile(file_, pki::kLargestRevocationList));
  absl::MutexLock lock(&mutex_);
  if (list_ != nullptr && text == text_) return absl::OkStatus();
  absl::StatusOr<pki::RevocationList> list = pki::RevocationList::Parse(text);
  if (!list.ok()) {
    return Prefixed(list.status(), Concat("the revoked certificates in ",
                                          file_.string(), " cannot be used: "));
  }
  list_ = std::make_shared<const pki::RevocationList>(*std::move(list));
  text_ = std::move(text);
  return absl::OkStatus();
}

void Revocations::Run() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      clock_.AwaitWithDeadline(&mutex_, absl::Condition(&stopping_),
                               clock_.Now() + kInterval);
      if (stopping_) return;
    }
    const absl::Status status = Refresh();
    const std::string trouble(status.message());
    if (!trouble.empty() && trouble != told_) {
      spdlog::warn("{}; those that were revoked before stay so", trouble);
    }
    told_ = trouble;
  }
}

absl::Status Revocations::Check(std::string_view identity,
                                std::string_view certificate) const {
  List list;
  {
    absl::MutexLock lock(&mutex_);
    list = list_;
  }
  const absl::Status status =
      list->Check(identity, [certificate] { return SerialOf(certificate); });
  return status.ok() ? status : absl::UnauthenticatedError(status.message());
}

}  // namespace kso::coordinator
