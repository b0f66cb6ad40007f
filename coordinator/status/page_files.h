// SPDX-License-Identifier: Apache-2.0
// The page's files as the build embeds them; page.h is what others use.
#ifndef KSO_COORDINATOR_STATUS_PAGE_FILES_H_
#define KSO_COORDINATOR_STATUS_PAGE_FILES_H_

#include <cstddef>
#include <string_view>

namespace kso::coordinator {

// A file of the page, which the program carries with it.
struct EmbeddedFile {
  // "page.css".
  std::string_view name;
  std::string_view content;
};

// The bundle that BUILD.bazel makes of the files beside this one, as constants.
extern const EmbeddedFile kEmbeddedFiles[];
extern const size_t kEmbeddedFileCount;

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STATUS_PAGE_FILES_H_
