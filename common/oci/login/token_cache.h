// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_LOGIN_TOKEN_CACHE_H_
#define KSO_COMMON_OCI_LOGIN_TOKEN_CACHE_H_

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/http/url.h"
#include "common/run/clock.h"

namespace kso::oci {

// A cache of the tokens that registries take, and of what they demand, so that
// all tasks of a process share them instead of each asking anew. Registries are
// known by their origin. One cache goes with one set of logins, since a token
// stands for the login that asked for it. Thread safe. Never logged.
class TokenCache {
 public:
  struct TokenService {
    http::Url realm;
    std::string service;
  };
  // How a registry wants requests to be authorized; nothing before it has said
  // so.
  struct Demand {
    bool basic = false;
    std::optional<TokenService> tokens;
  };
  struct Token {
    // The whole header: "Bearer ...".
    std::string authorization;
    absl::Time renew_at;
  };
  using Fetch = std::function<absl::StatusOr<Token>()>;

  // `clock` must outlive it.
  explicit TokenCache(Clock* clock) : clock_(clock) {}

  Demand DemandOf(const std::string& registry) const;
  void SetDemand(const std::string& registry, Demand demand);

  // Returns the header for `scope` at `registry`, by `fetch` where there is
  // none that is still good. Concurrent requests for the same token are
  // deduplicated: one thread fetches while the others wait, until a stop is
  // requested (CANCELLED); when its fetch fails, the next one tries.
  absl::StatusOr<std::string> Get(const std::string& registry,
                                  const std::string& scope, const Fetch& fetch,
                                  const std::stop_token& stop);

  // Forgets that header, unless it has been replaced already.
  void Drop(const std::string& registry, const std::string& scope,
            std::string_view authorization);

 private:
  // Registry and scope.
  using Key = std::pair<std::string, std::string>;

  absl::Status AwaitTurn(const Key& key, const std::stop_token& stop)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropExpired() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock* const clock_;
  mutable absl::Mutex mutex_;
  std::map<std::string, Demand> demands_ ABSL_GUARDED_BY(mutex_);
  std::map<Key, Token> tokens_ ABSL_GUARDED_BY(mutex_);
  std::set<Key> being_fetched_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_LOGIN_TOKEN_CACHE_H_
