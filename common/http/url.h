// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_URL_H_
#define KSO_COMMON_HTTP_URL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::http {

// A checked, absolute http or https URL without user name and password. A
// value; safe to share.
class Url {
 public:
  // INVALID_ARGUMENT says what is wrong.
  static absl::StatusOr<Url> Parse(std::string_view text);

  // The URL that a Location header means on an answer from this one: absolute,
  // or relative to it (RFC 3986, section 5).
  absl::StatusOr<Url> Resolve(std::string_view location) const;

  const std::string& text() const { return text_; }
  // Scheme, host in lowercase, and port: "https://quay.io:443". Credentials
  // belong to one origin (RFC 6454).
  const std::string& origin() const { return origin_; }
  bool is_https() const { return is_https_; }
  // "HOST[:PORT]", without the port where it is the scheme's own.
  const std::string& host() const { return host_; }
  // The URL without query and fragment, which may carry signatures: for
  // messages.
  const std::string& display() const { return display_; }

 private:
  Url() = default;
  static absl::StatusOr<Url> Make(std::string_view text, const Url* base);

  std::string text_;
  std::string origin_;
  std::string host_;
  std::string display_;
  bool is_https_ = false;
};

// Any URL without the parts that may be secret, for messages: WithoutLogin.
std::string DisplayUrl(std::string_view url);

// The host of a URL as Url::host() has it; empty where it is no URL.
std::string HostOfUrl(std::string_view url);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_URL_H_
