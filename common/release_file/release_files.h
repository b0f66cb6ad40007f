// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_FILE_RELEASE_FILES_H_
#define KSO_COMMON_RELEASE_FILE_RELEASE_FILES_H_

#include <cstddef>
#include <filesystem>
#include <string>

#include "absl/status/statusor.h"

namespace kso::release_file {

// A source of the files of a release, for its reader. The reader opens nothing
// by itself, so a release can name no file that its source does not give.
class ReleaseFiles {
 public:
  virtual ~ReleaseFiles() = default;

  // The whole of a text file, without a byte order mark. NOT_FOUND, or
  // INVALID_ARGUMENT for what is larger than `most_bytes` or no text; messages
  // are without the path.
  virtual absl::StatusOr<std::string> Read(const std::filesystem::path& path,
                                           size_t most_bytes) const = 0;
};

}  // namespace kso::release_file

#endif  // KSO_COMMON_RELEASE_FILE_RELEASE_FILES_H_
