// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_FILES_SMALL_FILE_H_
#define KSO_COMMON_FILES_SMALL_FILE_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kso {

// Files that fit into memory: certificates, keys, tokens, settings.

// The mode of a file that only its owner may read, such as a key.
inline constexpr int kSecretFileMode = 0600;
// The mode of a file that everybody may read.
inline constexpr int kPublicFileMode = 0644;

// The whole of a regular file; links are followed, since mounted secrets are
// links. NOT_FOUND, PERMISSION_DENIED, or INVALID_ARGUMENT for what is no
// regular file or larger than `most_bytes`; the path is in the message.
absl::StatusOr<std::string> ReadSmallFile(const std::filesystem::path& path,
                                          size_t most_bytes);

// Writes a file that was not there, durably; ALREADY_EXISTS, and nothing
// changed, when there is something at `path`. What could not be written whole
// is not left behind.
absl::Status WriteNewFile(const std::filesystem::path& path,
                          std::string_view content, int mode);

// Replaces the file at `path` at once, durably: whenever it is read, it has all
// of the old content or all of the new one. One caller at a time for a path.
absl::Status ReplaceSmallFile(const std::filesystem::path& path,
                              std::string_view content, int mode);

// Returns whether others than the owner may read or write the file at `path`;
// false where there is none.
bool OthersMayUse(const std::filesystem::path& path);

}  // namespace kso

#endif  // KSO_COMMON_FILES_SMALL_FILE_H_
