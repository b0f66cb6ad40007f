// SPDX-License-Identifier: Apache-2.0
#include "common/http/proxy.h"

#include <cstdlib>
#include <initializer_list>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/strings.h"
#include "common/http/address.h"
#include "common/text/percent_coding.h"

namespace kso::http {
namespace {

std::string FirstSet(const Environment& environment,
                     std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (std::string value = environment(name); !value.empty()) return value;
  }
  return "";
}

// The name or address in "HOST[:PORT]", without the root's dot.
std::string NameIn(const Url& url) {
  if (const auto address = AddressIn(url.host())) return *address;
  absl::string_view name = url.host();
  name = name.substr(0, name.rfind(':'));
  absl::ConsumeSuffix(&name, ".");
  return std::string(name);
}

// The port that the URL leads to, whether or not it says so.
std::string_view PortIn(const Url& url) {
  const std::string_view origin = url.origin();
  return origin.substr(origin.rfind(':') + 1);
}

// Takes ":PORT" off an entry, where it is for one port only: an address of IPv6
// has colons of its own.
absl::string_view TakePort(absl::string_view& entry) {
  const size_t colon = entry.rfind(':');
  if (colon == absl::string_view::npos) return "";
  const absl::string_view host = entry.substr(0, colon);
  const bool is_v6 = absl::StrContains(host, ":") && !absl::EndsWith(host, "]");
  if (is_v6) return "";
  const absl::string_view port = entry.substr(colon + 1);
  entry = host;
  return port;
}

// Returns whether an entry of a list is for the host. Besides what libcurl
// takes, there are entries as Go's programs take them, such as Docker, which
// one list is often written for: "*.example.com", "registry.example.com:5000".
bool Names(absl::string_view entry, const std::string& host,
           std::string_view port) {
  if (entry == "*") return true;
  const absl::string_view its_port = TakePort(entry);
  if (!its_port.empty() && its_port != ToAbsl(port)) return false;
  if (absl::ConsumePrefix(&entry, "[")) absl::ConsumeSuffix(&entry, "]");
  if (const absl::StatusOr<AddressBlock> block =
          AddressBlock::Parse(ToStd(entry));
      block.ok()) {
    return block->Contains(host);
  }
  absl::ConsumePrefix(&entry, "*");
  absl::ConsumePrefix(&entry, ".");
  absl::ConsumeSuffix(&entry, ".");
  if (entry.empty() || !absl::EndsWithIgnoreCase(host, entry)) return false;
  return host.size() == entry.size() ||
         host[host.size() - entry.size() - 1] == '.';
}

bool IsExcepted(const Url& url, const std::string& list) {
  const std::string host = NameIn(url);
  for (const absl::string_view entry :
       absl::StrSplit(list, absl::ByAnyChar(", \t"), absl::SkipEmpty())) {
    if (Names(entry, host, PortIn(url))) return true;
  }
  return false;
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
}

std::string ProxyFor(const Url& url, const Environment& environment) {
  if (IsLoopbackHost(url.host())) return "";
  const std::string proxy =
      url.is_https()
          ? FirstSet(environment,
                     {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
          : FirstSet(environment, {"http_proxy", "all_proxy", "ALL_PROXY"});
  if (proxy.empty()) return "";
  const std::string excepted = FirstSet(environment, {"no_proxy", "NO_PROXY"});
  return IsExcepted(url, excepted) ? "" : proxy;
}

void AddProxyLogin(std::string_view proxy, Secrets& secrets) {
  const size_t end = proxy.rfind('@');
  if (end == std::string_view::npos) return;
  const size_t scheme = proxy.find("://");
  const size_t begin = scheme < end ? scheme + 3 : 0;
  const std::string_view login = proxy.substr(begin, end - begin);
  const size_t colon = login.find(':');
  const std::string_view password = colon == std::string_view::npos
                                        ? std::string_view()
                                        : login.substr(colon + 1);
  secrets.AddLogin("", password, login);
  const std::optional<std::string> plain = PercentDecode(login);
  if (!plain.has_value()) return;
  // As curl sends it (RFC 9110, section 11.7.2).
  secrets.AddHeader(Concat("Basic ", absl::Base64Escape(*plain)));
}

}  // namespace kso::http
