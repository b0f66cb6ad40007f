// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_ARCHIVE_WRITER_H_
#define KSO_CLI_CARRY_ARCHIVE_WRITER_H_

#include <functional>

#include "absl/status/status.h"
#include "cli/carry/archive_plan.h"
#include "cli/carry/part_writer.h"
#include "common/oci/image_store.h"

namespace kso::cli {

// Told the bytes that are done, of how many.
using CarryProgress = std::function<void(int64_t done, int64_t total)>;

// Writes all of `plan` to `out`, blobs from `store`. What is there and right is
// neither fetched nor written again; a blob that is there in part is fetched
// from where it ends. Every byte is verified, also what an earlier run wrote.
// DATA_LOSS when the store's copy of a blob is damaged; other errors of the
// store are handed on. After an error the same call goes on where it was.
absl::Status WriteArchive(const ArchivePlan& plan, oci::ImageStore& store,
                          PartWriter& out, const CarryProgress& progress);

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_ARCHIVE_WRITER_H_
