// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/oidc_key_cache.h"

#include "common/base/strings.h"
#include "spdlog/spdlog.h"

namespace kso::coordinator {

bool OidcKeyCache::BeginAttempt(bool unknown_key) {
  const absl::Time now = clock_->Now();
  if (!unknown_key && now - fetched_ < kRefreshAfter) return false;
  if (now - attempted_ < kShortestInterval) return false;
  attempted_ = now;
  return true;
}

absl::StatusOr<pki::JwsKey> OidcKeyCache::Find(std::string_view key_id) {
  absl::StatusOr<pki::JwsKey> found =
      absl::NotFoundError("the issuer has no such key");
  bool fetch = false;
  {
    absl::MutexLock lock(&mutex_);
    const auto key = keys_.find(key_id);
    if (key != keys_.end() && clock_->Now() - fetched_ < kLongestAge) {
      found = key->second;
    }
    fetch = BeginAttempt(/*unknown_key=*/!found.ok());
  }
  if (fetch) {
    schedule_([this] {
      const absl::Status status = Refresh();
      if (!status.ok()) spdlog::warn("{}", ToStd(status.message()));
    });
  }
  return found;
}

absl::Status OidcKeyCache::Refresh() {
  {
    absl::MutexLock lock(&mutex_);
    attempted_ = clock_->Now();
  }
  const absl::StatusOr<std::string> content = fetch_();
  absl::StatusOr<OidcKeySet> keys =
      content.ok() ? ParseKeySet(*content) : content.status();
  if (keys.ok() && keys->empty()) {
    keys = absl::InvalidArgumentError("it has no key for RS256 or ES256");
  }
  if (!keys.ok()) {
    return absl::Status(keys.status().code(),
                        Concat("cannot fetch the keys of OIDC tokens from ",
                               where_, ": ", ToStd(keys.status().message())));
  }
  absl::MutexLock lock(&mutex_);
  keys_ = *std::move(keys);
  fetched_ = clock_->Now();
  return absl::OkStatus();
}

}  // namespace kso::coordinator
