// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_TAR_INDEX_H_
#define KSO_CLI_CARRY_TAR_INDEX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/carry/part_reader.h"

namespace kso::cli {

// The place in an archive of the bytes of a regular file.
struct TarEntry {
  // The path as the archive has it, without a leading "./". It is not checked
  // further, and must not become a path on disk.
  std::string path;
  int64_t position = 0;
  int64_t size = 0;
};

// The regular files of a tar archive: ustar, pax, and GNU's long names and
// sizes. Reads the headers only. Links and everything else are left out.
// DATA_LOSS, with the file to copy again, where a header is damaged or the
// archive ends too early; INVALID_ARGUMENT when it is no tar archive.
absl::StatusOr<std::vector<TarEntry>> IndexTar(const PartReader& archive);

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_TAR_INDEX_H_
