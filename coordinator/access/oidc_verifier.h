// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_OIDC_VERIFIER_H_
#define KSO_COORDINATOR_ACCESS_OIDC_VERIFIER_H_

#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/run/clock.h"
#include "coordinator/access/bearer_source.h"
#include "coordinator/access/oidc_config.h"
#include "coordinator/access/oidc_keys.h"

namespace kso::coordinator {

// By how much the clocks of an issuer and of this machine may differ.
inline constexpr absl::Duration kOidcClockSkew = absl::Seconds(60);
// The longest life of a token that is accepted. Those of pipelines live minutes
// or, with GitLab, for the job's time limit.
inline constexpr absl::Duration kLongestOidcLife = absl::Hours(24);

// Verifies tokens of OpenID Connect (OpenID Connect Core 1.0, section 3.1.3.7)
// against issuers that the operator lists, and the rules for each. It has
// neither thread nor disk nor network. Thread safe.
class OidcVerifier : public BearerSource {
 public:
  struct Issuer {
    OidcIssuer config;
    // Must outlive the verifier.
    OidcKeySource* keys;
  };

  // `clock` must outlive it.
  OidcVerifier(std::vector<Issuer> issuers, const Clock* clock)
      : issuers_(std::move(issuers)), clock_(clock) {}

  bool configured() const override { return !issuers_.empty(); }
  bool Recognizes(std::string_view bearer) const override;
  // The principal has the token's subject, or the claim that the issuer's
  // configuration names, as its name, and the issuer and the subject as its id.
  absl::StatusOr<Principal> Identify(std::string_view bearer) const override;

 private:
  const std::vector<Issuer> issuers_;
  const Clock* const clock_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_OIDC_VERIFIER_H_
