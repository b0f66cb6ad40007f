// SPDX-License-Identifier: Apache-2.0
#include "worker/join/worker_identity.h"

#include "common/access/identity_uri.h"
#include "common/access/role.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/files/file_io.h"
#include "common/files/small_file.h"
#include "common/pki/authority.h"
#include "common/pki/certificate.h"
#include "common/pki/certificate_request.h"

namespace kso::worker {
namespace {

absl::StatusOr<pki::PrivateKey> ReadOrMakeKey(
    const std::filesystem::path& file) {
  const auto pem = ReadSmallFile(file, pki::kLargestPem);
  if (pem.ok()) {
    auto key = pki::PrivateKey::FromPem(*pem);
    if (key.ok()) return key;
    return Prefixed(key.status(),
                    Concat(file.string(),
                           " is damaged; delete it and invite the worker "
                           "again: "));
  }
  if (!absl::IsNotFound(pem.status())) return pem.status();
  KSO_ASSIGN_OR_RETURN(pki::PrivateKey key, pki::PrivateKey::Generate());
  KSO_ASSIGN_OR_RETURN(const std::string text, key.ToPem());
  KSO_RETURN_IF_ERROR(WriteNewFile(file, text, kSecretFileMode));
  return key;
}

}  // namespace

absl::StatusOr<std::unique_ptr<WorkerIdentity>> WorkerIdentity::Open(
    const std::filesystem::path& directory, std::string name,
    const Clock* clock) {
  KSO_RETURN_IF_ERROR(access::CheckIdentityName(name));
  KSO_RETURN_IF_ERROR(MakeDirectories(directory));
  KSO_ASSIGN_OR_RETURN(pki::PrivateKey key,
                       ReadOrMakeKey(directory / "worker.key"));
  std::unique_ptr<WorkerIdentity> identity(
      new WorkerIdentity(directory, std::move(name), std::move(key), clock));
  const auto certificates =
      ReadSmallFile(identity->certificate_file(), pki::kLargestPem);
  if (certificates.ok()) {
    // A certificate that is of no use, as after a change of --name, is replaced
    // by joining.
    identity->Adopt(*certificates).IgnoreError();
  } else if (!absl::IsNotFound(certificates.status())) {
    return certificates.status();
  }
  return identity;
}

bool WorkerIdentity::Joined() const { return clock_->Now() < expires_; }

absl::Status WorkerIdentity::Adopt(std::string_view certificates) {
  KSO_ASSIGN_OR_RETURN(const pki::Certificate certificate,
                       pki::Certificate::FromPem(certificates));
  KSO_ASSIGN_OR_RETURN(const pki::CertificateFacts facts,
                       certificate.Describe());
  const auto identity = facts.uris.size() == 1
                            ? access::ParseIdentityUri(facts.uris.front())
                            : absl::InvalidArgumentError("no identity");
  if (!certificate.Fits(key_) || !identity.ok() || identity->name != name_ ||
      identity->role != access::Role::kWork) {
    return absl::InvalidArgumentError(Concat(
        "the certificate is not for the key and name of the worker ", name_));
  }
  const absl::Time begin = facts.not_before + pki::kClockSkew;
  renew_at_ = begin + (facts.not_after - begin) * 2 / 3;
  expires_ = facts.not_after;
  return absl::OkStatus();
}

absl::Status WorkerIdentity::Store(
    const absl::StatusOr<std::string>& certificates) {
  KSO_RETURN_IF_ERROR(certificates.status());
  KSO_RETURN_IF_ERROR(Adopt(*certificates));
  return ReplaceSmallFile(certificate_file(), *certificates, kSecretFileMode);
}

absl::Status WorkerIdentity::Join(CertificateSigner& signer,
                                  std::string_view token) {
  KSO_ASSIGN_OR_RETURN(const std::string request,
                       pki::MakeCertificateRequest(key_, name_));
  return Store(signer.Enroll(std::string(token), request));
}

absl::Status WorkerIdentity::Renew(CertificateSigner& signer) {
  KSO_ASSIGN_OR_RETURN(const std::string request,
                       pki::MakeCertificateRequest(key_, name_));
  return Store(signer.Renew(request));
}

}  // namespace kso::worker
