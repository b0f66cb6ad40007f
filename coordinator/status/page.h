// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STATUS_PAGE_H_
#define KSO_COORDINATOR_STATUS_PAGE_H_

#include <string_view>

namespace kso::coordinator {

// The dashboard, from page.html, page.css and page.js beside this file. They
// are served as /, /page.css and /page.js, and read /api/status.json and
// nothing else. The page inserts data as text, never as HTML.
extern const std::string_view kPageHtml;
extern const std::string_view kPageCss;
extern const std::string_view kPageScript;

// The page's Content-Security-Policy, which allows nothing but these.
extern const std::string_view kPagePolicy;

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STATUS_PAGE_H_
