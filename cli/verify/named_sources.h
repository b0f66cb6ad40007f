// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_NAMED_SOURCES_H_
#define KSO_CLI_VERIFY_NAMED_SOURCES_H_

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/oci/reference.h"

namespace kso::cli {

// The sources that a command line names: images in registries, archives,
// directories.
struct NamedSources {
  std::vector<oci::Reference> references;
  // The files of each archive.
  std::vector<std::vector<std::filesystem::path>> archives;
  std::vector<std::filesystem::path> directories;
};

// Tells words apart: "docker://REF", "oci-archive:FILE" and "oci:DIR" say what
// they are; others are a file or directory of that name where there is one, the
// parts of an archive where FILE.000 is there, and references otherwise. Parts
// of an archive (FILE.000, FILE.001) are taken together. INVALID_ARGUMENT for a
// word that is none of these.
absl::StatusOr<NamedSources> SortSources(const std::vector<std::string>& words);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_NAMED_SOURCES_H_
