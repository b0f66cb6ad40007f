// SPDX-License-Identifier: Apache-2.0
#include "common/http/url.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/text/without_login.h"

namespace kso::http {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, FreeUrl>;

// The part's text; empty where there is none.
std::string Part(const CurlUrl& url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return "";
  const std::unique_ptr<char, decltype(&curl_free)> owned(text, &curl_free);
  return std::string(text);
}

// Returns whether the URL has a user name or a password, be they empty.
bool HasUserInfo(const CurlUrl& url) {
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD}) {
    char* text = nullptr;
    const CURLUcode code = curl_url_get(url.get(), part, &text, 0);
    curl_free(text);
    if (code == CURLUE_OK) return true;
  }
  return false;
}

absl::Status Bad(std::string_view text, std::string_view reason) {
  // It is cut last: the "@" that ends a login may be far behind.
  return absl::InvalidArgumentError(
      Concat("bad URL ", absl::CHexEscape(DisplayUrl(text).substr(0, 500)),
             ": ", reason));
}

}  // namespace

absl::StatusOr<Url> Url::Parse(std::string_view text) {
  return Make(text, nullptr);
}

absl::StatusOr<Url> Url::Resolve(std::string_view location) const {
  return Make(location, this);
}

absl::StatusOr<Url> Url::Make(std::string_view text, const Url* base) {
  const CurlUrl parsed(curl_url());
  if (parsed == nullptr) {
    return Exhausted(Resource::kMemory, "out of memory");
  }
  unsigned int flags = 0;
  if (base != nullptr) {
    curl_url_set(parsed.get(), CURLUPART_URL, base->text_.c_str(), 0);
    // Servers put spaces and other characters into Location as they are.
    flags = CURLU_URLENCODE | CURLU_ALLOW_SPACE;
  }
  if (text.find('\0') != std::string_view::npos) {
    return Bad(text, "it has a zero byte");
  }
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL,
                                      std::string(text).c_str(), flags);
  if (code != CURLUE_OK) return Bad(text, curl_url_strerror(code));
  const std::string scheme =
      absl::AsciiStrToLower(Part(parsed, CURLUPART_SCHEME));
  if (scheme != "http" && scheme != "https") {
    return Bad(text, "only http and https are fetched");
  }
  if (HasUserInfo(parsed)) {
    return Bad(text, "a URL must not hold a user name or password");
  }
  const std::string host = absl::AsciiStrToLower(Part(parsed, CURLUPART_HOST));
  if (host.empty()) return Bad(text, "it names no host");
  const std::string port = Part(parsed, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);

  curl_url_set(parsed.get(), CURLUPART_FRAGMENT, nullptr, 0);
  Url url;
  url.text_ = Part(parsed, CURLUPART_URL);
  url.origin_ = Concat(scheme, "://", host, ":",
                       Part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT));
  url.host_ = port.empty() ? host : Concat(host, ":", port);
  url.is_https_ = scheme == "https";
  url.display_ = DisplayUrl(url.text_);
  return url;
}

std::string DisplayUrl(std::string_view url) { return WithoutLogin(url); }

std::string HostOfUrl(std::string_view url) {
  const absl::StatusOr<Url> parsed = Url::Parse(url);
  return parsed.ok() ? parsed->host() : "";
}

}  // namespace kso::http
