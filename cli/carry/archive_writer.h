// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_ARCHIVE_WRITER_H_
#define KSO_CLI_CARRY_ARCHIVE_WRITER_H_

#include <functional>

#include "absl/status/status.h"
#include "cli/carry/archive_plan.h"
#include "cli/carry/part_writer.h"
#include "common/oci/image_store.h"

namespace kso::cli {

// Is called with the number of bytes that are done, and of all.
using CarryProgress = std::function<void(int64_t done, int64_t total)>;

// Writes all of `plan` to `out`, with blobs from `store`. Bytes that an earlier
// run wrote are verified, and neither fetched nor written again; a blob of
// which a part is there is fetched from the end of that part. DATA_LOSS when
// the store's copy of a blob is damaged; other errors of the store are returned
// as they are. After an error, the same call resumes.
absl::Status WriteArchive(const ArchivePlan& plan, oci::ImageStore& store,
                          PartWriter& out, const CarryProgress& progress);

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_ARCHIVE_WRITER_H_
