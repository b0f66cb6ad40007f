// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STATUS_PAGE_H_
#define KSO_COORDINATOR_STATUS_PAGE_H_

#include <string_view>

namespace kso::coordinator {

// A file of the page, as it is served.
struct PageFile {
  // "/page.css".
  std::string_view path;
  std::string_view content_type;
  std::string_view content;
  // The file is served to callers without an identity: it is of the login.
  bool open_to_everybody = false;
};

// The file that is served at this path; null when there is none. The files are
// those beside this one, bundled. They read /api/v1 and nothing else, and
// insert data as text, never as HTML.
const PageFile* FindPageFile(std::string_view path);

// The Content-Security-Policy of all answers, which allows nothing but these
// files.
extern const std::string_view kPagePolicy;

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STATUS_PAGE_H_
