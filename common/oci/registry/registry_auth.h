// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_REGISTRY_AUTH_H_
#define KSO_COMMON_OCI_REGISTRY_REGISTRY_AUTH_H_

#include <memory>
#include <stop_token>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/http/transport.h"
#include "common/http/url.h"
#include "common/oci/login/credentials.h"
#include "common/oci/login/login_policy.h"
#include "common/oci/login/token_cache.h"
#include "common/oci/login/token_realm.h"
#include "common/run/clock.h"
#include "common/text/secrets.h"

namespace kso::oci {

// The rights that a request needs.
struct AccessScope {
  std::string repository;
  bool push = false;
  // Another repository to read from; empty when there is none.
  std::string mount_from = {};
  // Manifests are deleted.
  bool removes = false;

  // "repository:team/app:pull,push", with ",delete" where it removes, and the
  // same of `mount_from` after a space.
  std::string ToString() const;
};

// Answers one registry's authentication challenges: basic, or tokens of the
// Docker token protocol (distribution's spec/auth/token.md and oauth.md), which
// it keeps in a cache. Thread safe.
class RegistryAuth {
 public:
  struct Options {
    // The registry's API, "https://registry-1.docker.io/v2/".
    http::Url registry;
    TokenRealms realms;
    // Not null.
    std::shared_ptr<TokenCache> cache;
    std::stop_token stop;
    LoginPolicy logins = {};
  };

  // All must outlive it.
  RegistryAuth(Options options, http::Transport* transport, Clock* clock,
               const Credentials* credentials);

  // The Authorization header for a request: empty before the registry has asked
  // for one.
  absl::StatusOr<std::string> Authorization(const AccessScope& scope);

  // Returns whether the registry has asked for tokens, which are good for one
  // scope each.
  bool UsesTokens() const;

  // Learns from a 401 to a request that had `refused` as its Authorization.
  // Returns whether another try makes sense; an error says why it does not.
  absl::StatusOr<bool> Learn(const http::Response& response,
                             const AccessScope& scope,
                             const std::string& refused);

  // All that was sent to the registry and its token service.
  const Secrets& secrets() const { return secrets_; }
  // The reason why a login could not be looked up; empty where there was none.
  std::string trouble() const;

 private:
  using TokenService = TokenCache::TokenService;

  // Reads what the WWW-Authenticate headers of a 401 (RFC 9110, section 11.6.1)
  // demand. An error when the first bearer challenge names a realm that may not
  // give out tokens.
  absl::StatusOr<TokenCache::Demand> DemandOf(
      const http::Response& response) const;
  // The login; none where its helper is in trouble or the policy forbids its
  // use, since what is public needs none. A refusal tells of the trouble.
  std::optional<Login> LoginFor(const AccessScope& scope) const;
  std::string BasicAuthorization(const AccessScope& scope) const;
  absl::StatusOr<TokenCache::Token> FetchToken(const TokenService& service,
                                               const AccessScope& scope) const;
  http::Request TokenRequest(const TokenService& service,
                             const AccessScope& scope) const;

  const Options options_;
  http::Transport* const transport_;
  Clock* const clock_;
  const Credentials* const credentials_;
  mutable Secrets secrets_;
  mutable absl::Mutex mutex_;
  mutable std::string trouble_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_REGISTRY_AUTH_H_
