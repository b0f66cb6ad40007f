// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/login_policy.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
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

// Returns whether `path` is `prefix` or something below it.
bool IsBelow(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) &&
         (path.size() == prefix.size() || prefix.ends_with('/') ||
          path[prefix.size()] == '/');
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
  for (const std::string& pattern : only) {
    const size_t slash = pattern.find('/');
    const std::string host = pattern.substr(0, slash);
    const std::string path =
        slash == std::string::npos ? "" : pattern.substr(slash);
    const bool has_control =
        std::any_of(path.begin(), path.end(),
                    [](unsigned char c) { return absl::ascii_iscntrl(c); });
    if (!IsValidHost(host) || has_control) {
      return Bad("--logins-for", pattern,
                 "HOST, HOST:PORT or either with a path, such as "
                 "registry.example.com/team");
    }
    policy.only_.push_back(Concat(RegistryHost(host), path));
  }
  return policy;
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
  if (only_.empty()) return absl::OkStatus();
  const bool allowed =
      std::any_of(only_.begin(), only_.end(), [&](const std::string& pattern) {
        return IsBelow(Concat(host, "/", path), pattern) ||
               IsBelow(Concat(name, "/", path), pattern);
      });
  if (allowed) return absl::OkStatus();
  return absl::PermissionDeniedError(
      Concat("no login is used for ", host, "/", path,
             ", which --logins-for does not name"));
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
