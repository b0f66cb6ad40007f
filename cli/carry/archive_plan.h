// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_ARCHIVE_PLAN_H_
#define KSO_CLI_CARRY_ARCHIVE_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/oci/image_closure.h"

namespace kso::cli {

// A run of an archive's bytes: `text`, then a blob whose bytes are elsewhere.
struct ArchivePiece {
  std::string text;
  std::optional<oci::ImagePart> blob;
};

// All bytes of an archive, known before the first is written: so an interrupted
// one can be taken up anywhere.
struct ArchivePlan {
  std::vector<ArchivePiece> pieces;
  int64_t size = 0;
};

// The tar archive of an OCI image layout (OCI image spec, image-layout.md) with
// `index_json` and `blobs`, which are in the order of their digests, and with
// `docker_manifest` (docker_manifest.h) unless that is empty. The same layout
// gives the same bytes. Blobs that have content bring it with them.
absl::StatusOr<ArchivePlan> PlanArchive(
    std::string_view index_json, std::string_view docker_manifest,
    const std::vector<oci::ImagePart>& blobs);

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_ARCHIVE_PLAN_H_
