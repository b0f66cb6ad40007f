// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_TOKEN_H_
#define KSO_TESTS_UPSTREAM_TOKEN_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace kso::upstream {

// Issues and checks the bearer tokens of the registry. A token names the
// repositories that it opens and when it stops doing so, and is signed.
class TokenAuthority {
 public:
  enum class Verdict { kGranted, kInvalid, kExpired, kInsufficientScope };

  TokenAuthority(std::string key, absl::Duration lifetime,
                 std::function<absl::Time()> now)
      : key_(std::move(key)), lifetime_(lifetime), now_(std::move(now)) {}

  // `scopes` as a client sends them: "repository:docker.io/library/nginx:pull".
  // Of the actions only pull is ever granted; what is not understood grants
  // nothing.
  std::string Issue(const std::vector<std::string>& scopes) const;

  // An empty repository asks only whether the token is one of ours.
  Verdict Check(std::string_view token, std::string_view repository) const;

  absl::Duration lifetime() const { return lifetime_; }

 private:
  const std::string key_;
  const absl::Duration lifetime_;
  const std::function<absl::Time()> now_;
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_TOKEN_H_
