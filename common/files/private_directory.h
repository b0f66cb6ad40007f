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

// Judges the way to `directory`: who may write to a directory above it, or to
// one that has a link of the way, may put another one in its place. Each
// belongs to this user or to the machine, and nobody else may write to it, but
// where its sticky bit leaves entries to their owners, as in /tmp. A part of
// the way that is not there yet is passed. FAILED_PRECONDITION says which
// directory it is and what to do, or `otherwise`, where that is not empty.
absl::Status CheckWayTo(const std::filesystem::path& directory,
                        std::string_view what, std::string_view otherwise = {});

// The advice of the programs that have this flag, for `otherwise`.
inline constexpr std::string_view kAllowOpenParent =
    "say --allow-open-parent, where nobody else is, as in a container's own "
    "volume";

// Closes the file at `path` to others (mode 0600), if it is there.
absl::Status MakePrivateFile(const std::filesystem::path& path);

}  // namespace kso

#endif  // KSO_COMMON_FILES_PRIVATE_DIRECTORY_H_
