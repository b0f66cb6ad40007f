// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_IMAGE_ARCHIVE_H_
#define KSO_CLI_CARRY_IMAGE_ARCHIVE_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/carry/part_reader.h"
#include "cli/carry/tar_index.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/oci/layout_index.h"

namespace kso::cli {

// The names of the images that must be where these are brought; empty where all
// of them is there.
std::string SinceOf(const oci::LayoutContents& contents);

// An OCI archive (a tar of an OCI image layout), read where it is: nothing is
// unpacked. May be used from any thread.
class ImageArchive {
 public:
  // INVALID_ARGUMENT when `files` are no such archive, DATA_LOSS when they are
  // damaged; see PartReader for the order of parts.
  static absl::StatusOr<std::unique_ptr<ImageArchive>> Open(
      std::vector<std::filesystem::path> files);

  const std::vector<oci::LayoutEntry>& images() const {
    return contents_.images;
  }
  // The names of the images that must be inside before; empty for a full
  // archive.
  std::string since() const { return SinceOf(contents_); }

  bool Has(const Digest& digest) const { return blobs_.contains(digest); }
  // NOT_FOUND when the archive does not have the blob.
  absl::StatusOr<int64_t> SizeOf(const Digest& digest) const;

  // The blob from `offset` on. With offset 0 reading ends with DATA_LOSS, which
  // names the damaged files, when the bytes are not those of the digest.
  // NOT_FOUND when the archive does not have the blob. The archive must outlive
  // the source.
  absl::StatusOr<std::unique_ptr<ByteSource>> OpenBlob(const Digest& digest,
                                                       int64_t offset) const;

  // The content of an index or manifest, verified.
  absl::StatusOr<std::string> ReadDocument(const Digest& digest) const;

 private:
  absl::Status ReadIndex(const TarEntry& entry);

  std::unique_ptr<PartReader> reader_;
  // Position and size.
  std::map<Digest, std::pair<int64_t, int64_t>> blobs_;
  oci::LayoutContents contents_;
};

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_IMAGE_ARCHIVE_H_
