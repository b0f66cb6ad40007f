// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_EXPORT_RECORD_H_
#define KSO_CLI_CARRY_EXPORT_RECORD_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/bytes/digest.h"

namespace kso::cli {

// The content of an export, written beside it as FILE.sha256. Comments hold the
// lines that only ksoctl reads, so that `sha256sum -c FILE.sha256` checks the
// files:
//
//   # kso export 1
//   # image kubespray-files:v0.1.0 sha256:HEX
//   # since kubespray-files:v0.0.9 sha256:HEX       only with --since
//   # blob sha256:HEX SIZE                          in the archive or its base
//   HEX  release.tar.000
struct ExportRecord {
  // Digests by name.
  std::map<std::string, Digest> images;
  // Images that must be inside before this is.
  std::map<std::string, Digest> since;
  // Sizes of everything that `images` consist of.
  std::map<Digest, int64_t> blobs;
  // By file name, without directories; in order.
  std::vector<std::pair<std::string, Digest>> files;
};

std::string FormatExportRecord(const ExportRecord& record);

// INVALID_ARGUMENT when `text` is no such record.
absl::StatusOr<ExportRecord> ParseExportRecord(std::string_view text);

// Reads the record at `path`, which is no link. Errors name the path: NOT_FOUND
// where there is none, INVALID_ARGUMENT for another file.
absl::StatusOr<ExportRecord> ReadExportRecord(
    const std::filesystem::path& path);

// "kubespray-files:v0.1.0, kubespray-images:v0.1.0".
std::string ImageNames(const std::map<std::string, Digest>& images);

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_EXPORT_RECORD_H_
