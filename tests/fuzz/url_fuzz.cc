// SPDX-License-Identifier: Apache-2.0
// URLs, and the Location of a redirect.

#include <string>

#include "common/http/address.h"
#include "common/http/redirect.h"
#include "common/http/url.h"
#include "common/release/served_path.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace {

using kso::fuzz::Require;

void CheckUrl(const kso::http::Url& url) {
  const std::string scheme = url.is_https() ? "https://" : "http://";
  Require(url.origin().starts_with(scheme), "an origin has a scheme");
  Require(!url.host().empty(), "a URL has a host");
  Require(url.display().find('@') == std::string::npos ||
              url.display().find('@') > url.display().find('/', scheme.size()),
          "no user name is shown");
  Require(url.display().find('?') == std::string::npos, "no query is shown");
  const auto again = kso::http::Url::Parse(url.text());
  Require(again.ok() && again->origin() == url.origin(),
          "a URL can be read again, and has the same origin");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  const std::string_view text = input.Line();
  http::DisplayUrl(text);
  http::IsPrivateAddress(text);
  if (const auto path = release::ServedPath(text); path.ok()) {
    fuzz::Require(!path->empty() && path->front() != '/',
                  "a served path is relative");
  } else {
    fuzz::RequireSaid(path.status(), "a refusal has a reason");
  }
  const auto url = http::Url::Parse(text);
  fuzz::RequireSaid(url.status(), "a refusal has a reason");
  if (!url.ok()) return 0;
  CheckUrl(*url);
  const std::string_view location = input.Line();
  if (const auto target = url->Resolve(location); target.ok()) {
    CheckUrl(*target);
  }
  if (const auto target = http::RedirectTarget(*url, location); target.ok()) {
    fuzz::Require(!url->is_https() || target->is_https(),
                  "no redirect leads from https to http");
  }
  return 0;
}
