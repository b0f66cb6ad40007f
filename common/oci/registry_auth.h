#ifndef KSO_COMMON_OCI_REGISTRY_AUTH_H_
#define KSO_COMMON_OCI_REGISTRY_AUTH_H_

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/http/transport.h"
#include "common/http/url.h"
#include "common/oci/credentials.h"

namespace kso::oci {

// What a request needs to be allowed to do.
struct AccessScope {
  std::string repository;
  bool push = false;
  // Another repository to read from; empty when there is none.
  std::string mount_from = {};

  // "repository:team/app:pull,push", and the same of `mount_from` after a
  // space.
  std::string ToString() const;
};

// Answers one registry's authentication challenges: basic, or tokens of the
// Docker token protocol (distribution's spec/auth/token.md and oauth.md), which
// it caches by scope. Thread safe; a token is fetched by one thread while
// others that want the same one wait.
class RegistryAuth {
 public:
  struct Options {
    // The registry's API, "https://registry-1.docker.io/v2/".
    http::Url registry;
    // Hosts besides those of CheckTokenRealm.
    std::vector<std::string> realm_hosts;
    std::function<bool()> cancelled;
  };

  // All must outlive it.
  RegistryAuth(Options options, http::Transport* transport, Clock* clock,
               const Credentials* credentials);

  // The Authorization header for a request: empty before the registry has asked
  // for one.
  absl::StatusOr<std::string> Authorization(const AccessScope& scope)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Learns from a 401 to a request that had `refused` as its Authorization.
  // Returns whether another try makes sense; an error says why it does not.
  absl::StatusOr<bool> Learn(const http::Response& response,
                             const AccessScope& scope,
                             const std::string& refused)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct TokenService {
    http::Url realm;
    std::string service;
  };
  struct Token {
    std::string authorization;
    absl::Time renew_at;
  };

  std::string BasicAuthorization(const AccessScope& scope) const;
  absl::StatusOr<Token> FetchToken(const TokenService& service,
                                   const AccessScope& scope) const;
  http::Request TokenRequest(const TokenService& service,
                             const AccessScope& scope) const;

  const Options options_;
  http::Transport* const transport_;
  Clock* const clock_;
  const Credentials* const credentials_;

  absl::Mutex mutex_;
  // What the registry has asked for so far.
  bool wants_basic_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<TokenService> token_service_ ABSL_GUARDED_BY(mutex_);
  // By scope.
  std::map<std::string, Token> tokens_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> being_fetched_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_AUTH_H_
