// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_FILES_PRIVATE_DIRECTORY_H_
#define KSO_COMMON_FILES_PRIVATE_DIRECTORY_H_

#include <filesystem>
#include <string_view>

#include "absl/status/status.h"

namespace kso {

// Makes `directory`, durably, so that only the user of this process can enter
// it; `what` it is, such as "state directory", is for the message. One that is
// there is closed to others (mode 0700), unless they may write it, or own it:
// then what is in it need not be this program's, and FAILED_PRECONDITION says
// what to do. A link to a directory is followed.
absl::Status MakePrivateDirectory(const std::filesystem::path& directory,
                                  std::string_view what);

// Closes the file at `path` to others (mode 0600), if it is there.
absl::Status MakePrivateFile(const std::filesystem::path& path);

}  // namespace kso

#endif  // KSO_COMMON_FILES_PRIVATE_DIRECTORY_H_
