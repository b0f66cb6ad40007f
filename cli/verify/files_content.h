// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_FILES_CONTENT_H_
#define KSO_CLI_VERIFY_FILES_CONTENT_H_

#include <optional>
#include <string>
#include <vector>

#include "cli/verify/findings.h"
#include "cli/verify/image_tree.h"
#include "common/closure/offline_reader.h"
#include "common/closure/release_index.h"

namespace kso::cli {

// A program that kubespray-files serves as it is, and not in an archive.
struct ServedProgram {
  // In the image, without a leading slash.
  std::string path;
  // OCI's name for it: "arm64".
  std::string architecture;
};

// The texts in which kubespray-files tells of its release; absent where they
// are missing or cannot be read.
struct FilesContent {
  std::optional<closure::ReleaseIndex> index;
  std::optional<closure::Offline> offline;
  std::vector<ServedProgram> programs;
};

// Returns whether an image is kubespray-files, whatever its name.
bool IsFilesImage(const ImageTree& tree);

// Compares each file of kubespray-files with SHA256SUMS and index.json beside
// it, the programs in it with the architecture that its URL and lists say, and
// all of these with what offline.yml has Kubespray ask for. A difference is a
// problem that names the file.
FilesContent CheckFilesImage(const ImageTree& tree, Findings& findings);

// The texts of a kubespray-files of which only some layers are there.
FilesContent ReadFilesContent(const ImageTree& tree);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_FILES_CONTENT_H_
