// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_BASE_LOGIN_RULES_H_
#define KSO_COORDINATOR_CORE_BASE_LOGIN_RULES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/types.pb.h"

namespace kso::coordinator {

// The rules on whose builds may use the farm's logins, and where: --logins-for
// of kso-coordinator. A value is "PLACE" (common/oci/login/login_places.h), for
// everybody, or "PLACE=WHO[,WHO...]", where WHO is "role:submit", "role:admin",
// or the name of an identity, in which a "*" at the end stands for any rest:
// that of a token's or certificate's name, where what is before it could be the
// beginning of one.
// Immutable.
class LoginRules {
 public:
  // Every build may use all logins.
  LoginRules() = default;
  // INVALID_ARGUMENT names the flag and the value.
  static absl::StatusOr<LoginRules> Parse(
      const std::vector<std::string>& values);

  // The places of all rules: what the coordinator itself uses logins for.
  // Empty: everything.
  std::vector<std::string> places() const;

  // Returns whether some place is not for everybody, so that builds are limited
  // to those of their submitters.
  bool divide() const { return divide_; }
  // The places that the build of a request may use logins for, by the identity
  // that the request names.
  v1::LoginScope ScopeOf(const v1::SubmitBuildRequest& request) const;

  // PERMISSION_DENIED when the request's destination is in a place whose logins
  // are for others. Such a build would fail at its first push.
  absl::Status CheckDestination(const v1::SubmitBuildRequest& request) const;

 private:
  struct Rule {
    std::string place;
    // Empty: everybody.
    std::vector<std::string> who;
  };

  static bool Covers(const Rule& rule, const v1::SubmitBuildRequest& request);

  std::vector<Rule> rules_;
  bool divide_ = false;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_LOGIN_RULES_H_
