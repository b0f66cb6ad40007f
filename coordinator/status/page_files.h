// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STATUS_PAGE_FILES_H_
#define KSO_COORDINATOR_STATUS_PAGE_FILES_H_

#include <string_view>

namespace kso::coordinator {

// The contents of the files beside this one, which the build makes constants
// of.
extern const std::string_view kPageHtml;
extern const std::string_view kPageCss;
extern const std::string_view kPageScript;
extern const std::string_view kLoginHtml;
extern const std::string_view kLoginScript;

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STATUS_PAGE_FILES_H_
