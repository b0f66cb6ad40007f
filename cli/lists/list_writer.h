// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_LIST_WRITER_H_
#define KSO_CLI_LISTS_LIST_WRITER_H_

#include <filesystem>
#include <map>
#include <string>

#include "cli/lists/generate.h"

namespace kso::cli {

// The names of the files of a release directory.
inline constexpr char kImagesList[] = "images.list";
inline constexpr char kChecksumsFile[] = "files.sums";
inline constexpr char kReleaseFile[] = "release.yaml";

// A release directory: its files' contents by their names. The lists state for
// each line why it is there, in a comment; files.sums has "HEX  URL" for each
// file whose hash Kubespray states. The same lists make the same bytes.
std::map<std::string, std::string> ReleaseFiles(const Generated& generated,
                                                const std::string& destination);

// Writes them to `directory`, which is made where it is not there. A
// release.yaml that is there is kept, since people edit it; returns whether it
// was.
absl::StatusOr<bool> WriteRelease(const Generated& generated,
                                  const std::string& destination,
                                  const std::filesystem::path& directory);

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_LIST_WRITER_H_
