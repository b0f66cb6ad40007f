// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_LOGIN_LOGIN_PLACES_H_
#define KSO_COMMON_OCI_LOGIN_LOGIN_PLACES_H_

#include <compare>  // IWYU pragma: keep
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace kso::oci {

// The places that logins are used for, as --logins-for names them:
// "HOST[:PORT]", or "HOST[:PORT]/PATH", which stands for everything below that
// path too. A host without a port stands for all of its ports. A value type.
class LoginPlaces {
 public:
  LoginPlaces() = default;
  // INVALID_ARGUMENT names the flag and the place that is none.
  static absl::StatusOr<LoginPlaces> Parse(
      const std::vector<std::string>& places);

  // Returns whether `path`, a repository or the path of a file without a
  // leading slash, is in one of the places at `host`, "HOST[:PORT]" as in URLs.
  bool Contain(std::string_view host, std::string_view path) const;
  bool empty() const { return places_.empty(); }

  friend auto operator<=>(const LoginPlaces&, const LoginPlaces&) = default;

 private:
  std::vector<std::string> places_;
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_LOGIN_LOGIN_PLACES_H_
