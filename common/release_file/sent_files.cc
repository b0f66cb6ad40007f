// SPDX-License-Identifier: Apache-2.0
#include "common/release_file/sent_files.h"

#include <utility>

#include "common/base/strings.h"
#include "common/files/text_file.h"
#include "common/text/printable_text.h"

namespace kso::release_file {

absl::Status SentFiles::Add(const std::string& path, std::string content) {
  if (path.empty()) {
    return absl::InvalidArgumentError("a file was sent without its name");
  }
  const std::string name =
      std::filesystem::path(path).lexically_normal().string();
  if (!contents_.emplace(name, std::move(content)).second) {
    return absl::InvalidArgumentError(
        Concat("the file '", PrintableText(path), "' was sent twice"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> SentFiles::Read(const std::filesystem::path& path,
                                            size_t most_bytes) const {
  const auto found = contents_.find(path.lexically_normal().string());
  if (found == contents_.end()) {
    return absl::NotFoundError("this file was not sent");
  }
  return ToText(found->second, most_bytes);
}

}  // namespace kso::release_file
