// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_FILES_REMOVE_TREE_H_
#define KSO_COMMON_FILES_REMOVE_TREE_H_

#include <filesystem>

#include "absl/status/status.h"

namespace kso {

// Removes what is at `path`, with all that is below it where that is a
// directory. Follows no link. What is not there is no error. Unlike
// std::filesystem::remove_all, which has a file open for each level, this has
// two open at a time, however deep the tree is and however long its paths are,
// so a tree that somebody else shaped can be removed. Nobody may move
// directories of the tree meanwhile. After an error the rest is still removed;
// the first error is returned.
absl::Status RemoveTree(const std::filesystem::path& path);

}  // namespace kso

#endif  // KSO_COMMON_FILES_REMOVE_TREE_H_
