// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/registry_connector.h"

#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/oci/destination.h"
#include "common/oci/login/token_cache.h"
#include "common/oci/registry/registry_client.h"

namespace kso::oci {

// A cache of tokens for each limit of logins, since a token stands for the
// login that asked for it. Thread safe.
class RegistryConnector::TokenCaches {
 public:
  explicit TokenCaches(Clock* clock) : clock_(clock) {}

  std::shared_ptr<TokenCache> For(const LoginPlaces& places) {
    absl::MutexLock lock(&mutex_);
    if (!caches_.contains(places) && caches_.size() == kMost) caches_.clear();
    std::shared_ptr<TokenCache>& cache = caches_[places];
    if (cache == nullptr) cache = std::make_shared<TokenCache>(clock_);
    return cache;
  }

 private:
  // There are as many limits as teams; a farm with more asks for some tokens
  // anew.
  static constexpr size_t kMost = 64;

  Clock* const clock_;
  absl::Mutex mutex_;
  std::map<LoginPlaces, std::shared_ptr<TokenCache>> caches_
      ABSL_GUARDED_BY(mutex_);
};

RegistryConnector::RegistryConnector(http::Transport* transport, Clock* clock,
                                     const Credentials* credentials,
                                     SharedRegistryOptions shared)
    : transport_(transport),
      clock_(clock),
      credentials_(credentials),
      shared_(std::move(shared)),
      limited_(std::make_shared<TokenCaches>(clock)) {
  if (shared_.upload_traits == nullptr) {
    shared_.upload_traits = std::make_shared<UploadTraits>();
  }
}

absl::StatusOr<std::unique_ptr<ImageStore>> RegistryConnector::Open(
    const std::string& host, bool insecure, std::stop_token stop,
    bool pushes) const {
  return CreateRegistryClient({.host = host,
                               .insecure = insecure,
                               .pushes = pushes,
                               .stop = std::move(stop),
                               .shared = shared_},
                              transport_, clock_, credentials_);
}

RegistryConnector RegistryConnector::LimitedTo(
    const LoginPlaces& places) const {
  RegistryConnector limited = *this;
  limited.shared_.logins = shared_.logins.LimitedTo(places);
  limited.shared_.cache = limited_->For(places);
  return limited;
}

absl::StatusOr<std::unique_ptr<ImageStore>> RegistryConnector::OpenDestination(
    const v1::Destination& destination, std::stop_token stop,
    absl::FunctionRef<std::unique_ptr<ImageStore>()> open_farm_store) const {
  if (destination.kind() != v1::Destination::REGISTRY) return open_farm_store();
  return Open(DestinationHost(destination), destination.insecure(),
              std::move(stop), /*pushes=*/true);
}

}  // namespace kso::oci
