// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_FILES_TEXT_FILE_H_
#define KSO_COMMON_FILES_TEXT_FILE_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kso {

// The whole of a text file, without a byte order mark. NOT_FOUND, or
// INVALID_ARGUMENT for what is larger than `limit` bytes, no regular file or no
// text; messages are without the path.
absl::StatusOr<std::string> ReadTextFile(const std::filesystem::path& file,
                                         size_t limit);

// Makes a text of bytes that have been read: without a byte order mark.
// INVALID_ARGUMENT for what is larger than `limit` bytes or no text.
absl::StatusOr<std::string> ToText(std::string content, size_t limit);

struct TextLine {
  // Counts from 1.
  int number = 0;
  absl::string_view text;
};

// The lines of a list that say something: without blank lines, comments ('#' at
// the start or after white space), surrounding white space, or carriage
// returns. They point into `content`.
std::vector<TextLine> LinesOf(absl::string_view content);

}  // namespace kso

#endif  // KSO_COMMON_FILES_TEXT_FILE_H_
