// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/token_cache.h"

#include "absl/status/status.h"
#include "common/run/cancellation.h"

namespace kso::oci {
namespace {

// So many tokens are enough for the repositories of many builds. Past that,
// expired ones are dropped.
constexpr size_t kManyTokens = 4096;

}  // namespace

TokenCache::Demand TokenCache::DemandOf(const std::string& registry) const {
  absl::MutexLock lock(&mutex_);
  const auto found = demands_.find(registry);
  return found == demands_.end() ? Demand() : found->second;
}

void TokenCache::SetDemand(const std::string& registry, Demand demand) {
  absl::MutexLock lock(&mutex_);
  demands_.insert_or_assign(registry, std::move(demand));
}

absl::StatusOr<std::string> TokenCache::Get(const std::string& registry,
                                            const std::string& scope,
                                            const Fetch& fetch,
                                            const std::stop_token& stop) {
  const Key key(registry, scope);
  {
    absl::MutexLock lock(&mutex_);
    const absl::Status turn = AwaitTurn(key, stop);
    if (!turn.ok()) return turn;
    const auto found = tokens_.find(key);
    if (found != tokens_.end() && clock_->Now() < found->second.renew_at) {
      return found->second.authorization;
    }
    being_fetched_.insert(key);
  }
  absl::StatusOr<Token> token = fetch();
  absl::MutexLock lock(&mutex_);
  being_fetched_.erase(key);
  if (!token.ok()) return std::move(token).status();
  if (tokens_.size() >= kManyTokens) DropExpired();
  return tokens_.insert_or_assign(key, *std::move(token))
      .first->second.authorization;
}

absl::Status TokenCache::AwaitTurn(const Key& key,
                                   const std::stop_token& stop) {
  const auto nobody_fetches = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !being_fetched_.contains(key);
  };
  if (AwaitOrStop(clock_, &mutex_, absl::Condition(&nobody_fetches),
                  absl::InfiniteFuture(), stop)) {
    return absl::OkStatus();
  }
  return absl::CancelledError("cancelled while waiting for a token");
}

void TokenCache::Drop(const std::string& registry, const std::string& scope,
                      std::string_view authorization) {
  absl::MutexLock lock(&mutex_);
  const auto found = tokens_.find(Key(registry, scope));
  if (found != tokens_.end() && found->second.authorization == authorization) {
    tokens_.erase(found);
  }
}

void TokenCache::DropExpired() {
  const absl::Time now = clock_->Now();
  for (auto it = tokens_.begin(); it != tokens_.end();) {
    it = it->second.renew_at <= now ? tokens_.erase(it) : std::next(it);
  }
}

}  // namespace kso::oci
