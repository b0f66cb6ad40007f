// SPDX-License-Identifier: Apache-2.0
#include "coordinator/status/page.h"

#include <algorithm>
#include <array>

#include "coordinator/status/page_files.h"

namespace kso::coordinator {
namespace {

constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kCss = "text/css; charset=utf-8";
constexpr std::string_view kScript = "text/javascript; charset=utf-8";

}  // namespace

const std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PageFile* FindPageFile(std::string_view path) {
  static const auto* const kFiles = new std::array<PageFile, 5>{{
      {"/", kHtml, kPageHtml},
      {"/page.js", kScript, kPageScript},
      {"/page.css", kCss, kPageCss, /*open_to_everybody=*/true},
      {"/login", kHtml, kLoginHtml, /*open_to_everybody=*/true},
      {"/login.js", kScript, kLoginScript, /*open_to_everybody=*/true},
  }};
  const auto found =
      std::find_if(kFiles->begin(), kFiles->end(),
                   [path](const PageFile& file) { return file.path == path; });
  return found == kFiles->end() ? nullptr : &*found;
}

}  // namespace kso::coordinator
