// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/tls_files_source.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/files/small_file.h"
#include "common/pki/certificate.h"

namespace kso::coordinator {
namespace {

constexpr size_t kMostBytes = 1 << 20;

absl::StatusOr<HttpTlsIdentity> ReadIdentity(const rpc::TlsFiles& files) {
  KSO_RETURN_IF_ERROR(rpc::CheckTlsFiles(files));
  HttpTlsIdentity identity;
  KSO_ASSIGN_OR_RETURN(identity.certificate_chain,
                       ReadSmallFile(files.cert, kMostBytes));
  KSO_ASSIGN_OR_RETURN(identity.private_key,
                       ReadSmallFile(files.key, kMostBytes));
  if (!files.ca.empty()) {
    KSO_ASSIGN_OR_RETURN(identity.client_authorities,
                         ReadSmallFile(files.ca, kMostBytes));
  }
  return identity;
}

bool Same(const HttpTlsIdentity& a, const HttpTlsIdentity& b) {
  return a.certificate_chain == b.certificate_chain &&
         a.private_key == b.private_key &&
         a.client_authorities == b.client_authorities;
}

class TlsFilesSource final : public HttpTlsSource {
 public:
  TlsFilesSource(rpc::TlsFiles files, Clock* clock, HttpTlsIdentity identity)
      : files_(std::move(files)),
        clock_(*clock),
        read_(clock->Now()),
        identity_(
            std::make_shared<const HttpTlsIdentity>(std::move(identity))) {}

  std::shared_ptr<const HttpTlsIdentity> Current() override {
    const absl::Time now = clock_.Now();
    absl::MutexLock lock(&mutex_);
    if (now < read_ + absl::Seconds(rpc::kTlsReloadSeconds)) return identity_;
    read_ = now;
    absl::StatusOr<HttpTlsIdentity> identity = ReadIdentity(files_);
    if (identity.ok() && !Same(*identity, *identity_)) {
      identity_ = std::make_shared<const HttpTlsIdentity>(*std::move(identity));
    }
    return identity_;
  }

 private:
  const rpc::TlsFiles files_;
  Clock& clock_;
  absl::Mutex mutex_;
  absl::Time read_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const HttpTlsIdentity> identity_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpTlsSource>> OpenTlsFiles(
    const rpc::TlsFiles& files, Clock* clock) {
  KSO_ASSIGN_OR_RETURN(HttpTlsIdentity identity, ReadIdentity(files));
  return std::make_unique<TlsFilesSource>(files, clock, std::move(identity));
}

std::vector<std::string> NamesOfCertificate(const std::string& pem) {
  const auto certificate = pki::Certificate::FromPem(pem);
  if (!certificate.ok()) return {};
  const auto facts = certificate->Describe();
  if (!facts.ok()) return {};
  std::vector<std::string> names = facts->dns_names;
  names.insert(names.end(), facts->ip_addresses.begin(),
               facts->ip_addresses.end());
  return names;
}

}  // namespace kso::coordinator
