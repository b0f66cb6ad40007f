// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_ARCHIVE_LOADER_H_
#define KSO_CLI_CARRY_ARCHIVE_LOADER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/carry/archive_writer.h"
#include "cli/carry/image_archive.h"
#include "common/oci/image_store.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// An image that LoadArchive has put into the registry.
struct LoadedImage {
  std::string repository;
  std::string tag;
  std::string digest;
};

struct LoadReport {
  std::vector<LoadedImage> images;
  // Bytes of blobs that moved, and how many blobs: pushed, there before, and
  // mounted from another repository.
  int64_t bytes_pushed = 0;
  int64_t pushed = 0;
  int64_t there = 0;
  int64_t mounted = 0;
  // The tags that could not be made although the images have others, and why.
  std::vector<std::string> notes;
};

struct LoadOptions {
  // Makes the tags "latest" and "latest-all" too.
  bool latest = true;
};

// Puts all images of `archive` into `registry`, at the repositories that
// `destination`, a REGISTRY, gives them. Blobs that are there do not move, so a
// load that was interrupted goes on when it is run again. Order: blobs, several
// at a time; manifests, children first; tags when everything is there, "latest"
// last. A "latest" that the registry does not let move is a note.
//
// FAILED_PRECONDITION before anything moves when neither archive nor registry
// has a blob: that which the archive builds on is missing. DATA_LOSS when the
// archive is damaged. Errors of the registry are handed on.
absl::StatusOr<LoadReport> LoadArchive(const ImageArchive& archive,
                                       const v1::Destination& destination,
                                       oci::ImageStore& registry,
                                       const CarryProgress& progress,
                                       const LoadOptions& options = {});

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_ARCHIVE_LOADER_H_
