// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_UNPACK_BENEATH_H_
#define KSO_WORKER_UNPACK_BENEATH_H_

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/files/file_io.h"

namespace kso::worker {

// Walking a directory whose names somebody else chose: no step follows a link
// or leaves it.

// Names that begin so are whiteouts: OCI image spec, layer.md.
inline constexpr absl::string_view kWhiteoutPrefix = ".wh.";

// The longest path of a layer, as PATH_MAX of Linux allows, and the most names
// that one may have: no real image comes near, and directories without an end
// cost the machine an inode each.
inline constexpr size_t kLongestLayerPath = 4095;
inline constexpr size_t kDeepestLayerPath = 256;

// Splits a path of a layer into its names, those of "." and nothing left out,
// and a leading "/" too, as layers mean it. FAILED_PRECONDITION for ".." and
// for a path that is longer or deeper than the bounds above.
absl::StatusOr<std::vector<std::string>> SplitLayerPath(std::string_view path);

// Opens the directory that is `names` steps below `root`, an open directory.
// Makes those that are missing, with mode 0755, where `create` is set.
// NOT_FOUND when one is missing; FAILED_PRECONDITION when one is no directory,
// a link for example.
absl::StatusOr<FileDescriptor> OpenDirectoryBeneath(
    int root, const std::vector<std::string>& names, bool create);

// Returns whether overlayfs takes it for a whiteout: the kernel's
// overlayfs.rst.
bool IsWhiteout(const struct stat& info);
// Returns whether overlayfs shows nothing of lower layers in that directory.
bool IsOpaque(int directory);
// Has it do so. False, with errno, where the file system cannot keep that.
bool MakeOpaque(int directory);

}  // namespace kso::worker

#endif  // KSO_WORKER_UNPACK_BENEATH_H_
