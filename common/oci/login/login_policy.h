// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_LOGIN_LOGIN_POLICY_H_
#define KSO_COMMON_OCI_LOGIN_LOGIN_POLICY_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/url.h"
#include "common/oci/login/login_places.h"

namespace kso::oci {

// The rule on where the logins of this machine may be used. A release names
// hosts, and whoever submits it is not the operator whose logins these are. A
// value type.
class LoginPolicy {
 public:
  // Every login, for its own host, over HTTPS or to loopback.
  LoginPolicy() = default;

  // `plain_http` has the hosts, "HOST" or "HOST:PORT", that get their login
  // over plain HTTP too. `only`, unless it is empty, has the places that logins
  // are used for (login_places.h). INVALID_ARGUMENT names the flag and the
  // value.
  static absl::StatusOr<LoginPolicy> Create(
      const std::vector<std::string>& plain_http,
      const std::vector<std::string>& only);

  // This policy for a build whose submitter may have logins used for `places`
  // only, and for nothing where there are none.
  LoginPolicy LimitedTo(LoginPlaces places) const;

  // Judges the use of a login for `path` at the registry or host that is spoken
  // to at `url`: a repository, or the path of a file, without a leading slash.
  // PERMISSION_DENIED says which flag allows it.
  absl::Status Check(const http::Url& url, std::string_view path) const;
  // The same for the file at `url`.
  absl::Status CheckFile(const http::Url& url) const;

 private:
  std::set<std::string> plain_http_;
  LoginPlaces only_;
  std::optional<LoginPlaces> of_submitter_;
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_LOGIN_LOGIN_POLICY_H_
