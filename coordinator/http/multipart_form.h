// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_HTTP_MULTIPART_FORM_H_
#define KSO_COORDINATOR_HTTP_MULTIPART_FORM_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace kso::coordinator {

// The most parts of a form.
inline constexpr size_t kMostFormParts = 128;

// A part of a form.
struct FormPart {
  // The field's name.
  std::string name;
  // The name of a file; a plain field has none.
  std::optional<std::string> filename;
  // Points into the body.
  std::string_view content;
};

// Returns whether a Content-Type is multipart/form-data.
bool IsMultipartForm(std::string_view content_type);

// The parts of a form (RFC 7578; boundaries as RFC 2046, section 5.1.1, has
// them) in their order. `body` must outlive them. Names are UTF-8 without
// control characters, and of 512 bytes at most. INVALID_ARGUMENT says what is
// not well formed, or that there is too much of it.
absl::StatusOr<std::vector<FormPart>> ParseMultipartForm(
    std::string_view content_type, std::string_view body);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_HTTP_MULTIPART_FORM_H_
