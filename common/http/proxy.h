// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_PROXY_H_
#define KSO_COMMON_HTTP_PROXY_H_

#include <functional>
#include <string>
#include <string_view>

#include "common/http/url.h"
#include "common/text/secrets.h"

namespace kso::http {

// The value of a variable of the environment; empty where it is not set.
using Environment = std::function<std::string(const char* name)>;

// The variables of this process, as they are at each call.
Environment ProcessEnvironment();

// The proxy that `environment` names for `url`, empty for none, by the rules of
// curl: http_proxy (in small letters only, since a web server sets HTTP_PROXY
// from a header), https_proxy, HTTPS_PROXY, all_proxy and ALL_PROXY; and
// no_proxy or NO_PROXY, a list of host names with everything below them, of
// addresses and blocks of addresses, each with a port or without, and "*".
// Hosts of loopback have none.
std::string ProxyFor(const Url& url, const Environment& environment);

// Adds the login in a proxy's URL to `secrets`, whether curl can read that URL
// or quotes it in an error.
void AddProxyLogin(std::string_view proxy, Secrets& secrets);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_PROXY_H_
