// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_EXPORT_ARCHIVE_H_
#define KSO_CLI_CARRY_EXPORT_ARCHIVE_H_

#include <cstdint>
#include <filesystem>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/carry/archive_writer.h"
#include "cli/carry/export_record.h"
#include "common/oci/image_store.h"
#include "common/oci/layout_index.h"

namespace kso::cli {

// The annotation of an archive's index.json that names what must be inside
// before it: "kubespray-files:v0.1.0@sha256:HEX, ...".
inline constexpr char kSinceAnnotation[] = "kso.export.since";

struct ExportOptions {
  // The archive, or the stem of its parts' names.
  std::filesystem::path file;
  // 0: one file.
  int64_t part_size = 0;
  // The record of what is inside the air gap already: its blobs are left out.
  // Null for an archive of everything.
  const ExportRecord* since = nullptr;
  CarryProgress progress;
};

struct ExportedArchive {
  std::vector<std::filesystem::path> files;
  // FILE.sha256.
  std::filesystem::path record;
  int64_t size = 0;
  // Blobs in the archive, and those that the base has.
  int64_t blobs = 0;
  int64_t left_out = 0;
  // The whole archive was there, and right.
  bool unchanged = false;
};

// Writes `images` of `store` to an OCI archive with their names as reference
// names (OCI image layout, index.json), and FILE.sha256 beside it: the same
// bytes for the same images, wherever they come from. The same call resumes an
// export that was interrupted.
absl::StatusOr<ExportedArchive> ExportArchive(
    oci::ImageStore& store, const std::vector<oci::LayoutImage>& images,
    const ExportOptions& options);

// The record that an export of `images` would have, without its files.
absl::StatusOr<ExportRecord> DescribeImages(
    oci::ImageStore& store, const std::vector<oci::LayoutImage>& images);

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_EXPORT_ARCHIVE_H_
