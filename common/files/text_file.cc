// SPDX-License-Identifier: Apache-2.0
#include "common/files/text_file.h"

#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace kso {
namespace {

absl::string_view WithoutComment(absl::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    // A '#' inside a word may be part of a URL.
    if (line[i] == '#' && (i == 0 || absl::ascii_isspace(line[i - 1]))) {
      return line.substr(0, i);
    }
  }
  return line;
}

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::filesystem::path& file,
                                         size_t limit) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) {
    return absl::NotFoundError("there is no such file");
  }
  if (std::filesystem::is_directory(status)) {
    return absl::InvalidArgumentError("this is a directory, not a file");
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) return absl::InvalidArgumentError("the file cannot be read");
  // One byte over the limit tells that there is more.
  std::string content(limit + 1, '\0');
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (in.bad()) return absl::InvalidArgumentError("the file cannot be read");
  content.resize(static_cast<size_t>(in.gcount()));
  return ToText(std::move(content), limit);
}

absl::StatusOr<std::string> ToText(std::string content, size_t limit) {
  if (content.size() > limit) {
    return absl::InvalidArgumentError(
        absl::StrCat("the file is larger than ", limit >> 20, " MiB"));
  }
  if (content.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError("this is not a text file");
  }
  return std::string(absl::StripPrefix(content, "\xEF\xBB\xBF"));
}

std::vector<TextLine> LinesOf(absl::string_view content) {
  std::vector<TextLine> lines;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(content, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(WithoutComment(line));
    if (!line.empty()) lines.push_back({number, line});
  }
  return lines;
}

}  // namespace kso
