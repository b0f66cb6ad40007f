// SPDX-License-Identifier: Apache-2.0
#include "common/http/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"

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

// Where the authority of a URL begins; 0 where it has no scheme.
size_t AfterScheme(std::string_view url) {
  const size_t end = url.find("://");
  if (end == url.npos) return 0;
  const std::string_view scheme = url.substr(0, end);
  const bool is_scheme =
      std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '+' || c == '-' || c == '.';
      });
  return is_scheme ? end + 3 : 0;
}

// Returns whether "HOST[:PORT]" can hardly be the begin of a user name or a
// password that has a "/", "?" or "#" in it.
bool IsSurelyAHost(std::string_view authority) {
  const size_t bracket =
      absl::StartsWith(ToAbsl(authority), "[") ? authority.rfind(']') : 0;
  if (bracket == authority.npos) return false;
  const size_t colon = authority.find(':', bracket);
  const std::string_view host = authority.substr(0, colon);
  const std::string_view port =
      colon == authority.npos ? "" : authority.substr(colon + 1);
  return (bracket > 0 || host == "localhost" || host.find('.') != host.npos) &&
         std::all_of(port.begin(), port.end(), absl::ascii_isdigit);
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

std::string DisplayUrl(std::string_view url) {
  const size_t start = AfterScheme(url);
  const std::string_view scheme = url.substr(0, start);
  const std::string_view rest = url.substr(start);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const bool goes_on = rest.find('@', authority.size()) != rest.npos;
  const size_t at = authority.rfind('@');
  if (goes_on && (at != authority.npos || !IsSurelyAHost(authority))) {
    return Concat(scheme, "***");
  }
  const std::string_view shown = rest.substr(0, rest.find_first_of("?#"));
  return Concat(scheme, shown.substr(at == authority.npos ? 0 : at + 1));
}

std::string HostOfUrl(std::string_view url) {
  const absl::StatusOr<Url> parsed = Url::Parse(url);
  return parsed.ok() ? parsed->host() : "";
}

}  // namespace kso::http
