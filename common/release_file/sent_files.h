// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_FILE_SENT_FILES_H_
#define KSO_COMMON_RELEASE_FILE_SENT_FILES_H_

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/release_file/release_files.h"

namespace kso::release_file {

// The files of a release that somebody has sent. Paths are names among them,
// and never lead to this machine's own files. Not thread safe.
class SentFiles final : public ReleaseFiles {
 public:
  // `path` is what the release calls the file; "a.list" and "./a.list" are one.
  // INVALID_ARGUMENT for an empty path, or one that is there already.
  absl::Status Add(const std::string& path, std::string content);

  // A file that was not sent is NOT_FOUND.
  absl::StatusOr<std::string> Read(const std::filesystem::path& path,
                                   size_t most_bytes) const override;

 private:
  // By their normalized paths.
  std::map<std::string, std::string> contents_;
};

}  // namespace kso::release_file

#endif  // KSO_COMMON_RELEASE_FILE_SENT_FILES_H_
