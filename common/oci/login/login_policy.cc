// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/login_policy.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/http/address.h"
#include "common/oci/grammar.h"
#include "common/oci/reference.h"

namespace kso::oci {
namespace {

absl::Status Bad(std::string_view flag, const std::string& value,
                 std::string_view form) {
  return absl::InvalidArgumentError(
      Concat(flag, " \"", absl::CHexEscape(value.substr(0, 300)),
             "\": it must be ", form));
}

// "HOST" without the port, where it has one.
std::string WithoutPort(const std::string& host) {
  const size_t colon = host.rfind(':');
  return colon == std::string::npos || host.back() == ']'
             ? host
             : host.substr(0, colon);
}

}  // namespace

absl::StatusOr<LoginPolicy> LoginPolicy::Create(
    const std::vector<std::string>& plain_http,
    const std::vector<std::string>& only) {
  LoginPolicy policy;
  for (const std::string& host : plain_http) {
    if (!IsValidHost(host)) {
      return Bad("--plain-http-login", host,
                 "HOST or HOST:PORT, such as registry.example.com");
    }
    policy.plain_http_.insert(RegistryHost(host));
  }
  KSO_ASSIGN_OR_RETURN(policy.only_, LoginPlaces::Parse(only));
  return policy;
}

LoginPolicy LoginPolicy::LimitedTo(LoginPlaces places) const {
  LoginPolicy limited = *this;
  limited.of_submitter_ = std::move(places);
  return limited;
}

absl::Status LoginPolicy::Check(const http::Url& url,
                                std::string_view path) const {
  const std::string& host = url.host();
  const std::string name = WithoutPort(host);
  if (!url.is_https() && !http::IsLoopbackHost(host) &&
      !plain_http_.contains(host) && !plain_http_.contains(name)) {
    return absl::PermissionDeniedError(
        Concat("the login for ", host,
               " is not sent over plain HTTP, where others read it; if that "
               "network is yours, allow it with --plain-http-login ",
               host));
  }
  if (!only_.empty() && !only_.Contain(host, path)) {
    return absl::PermissionDeniedError(
        Concat("no login is used for ", host, "/", path,
               ", which --logins-for does not name"));
  }
  if (of_submitter_.has_value() && !of_submitter_->Contain(host, path)) {
    return absl::PermissionDeniedError(
        Concat("no login is used for ", host, "/", path,
               ", which --logins-for of the coordinator does not name for "
               "whoever submitted this build"));
  }
  return absl::OkStatus();
}

absl::Status LoginPolicy::CheckFile(const http::Url& url) const {
  // "https://HOST/PATH", without a query.
  const std::string& text = url.display();
  const size_t slash = text.find('/', text.find("://") + 3);
  return Check(url, slash == std::string::npos
                        ? std::string_view()
                        : std::string_view(text).substr(slash + 1));
}

}  // namespace kso::oci
