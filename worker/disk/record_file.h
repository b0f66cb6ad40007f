// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_DISK_RECORD_FILE_H_
#define KSO_WORKER_DISK_RECORD_FILE_H_

#include <filesystem>
#include <string_view>

namespace kso::worker {

// Writes a small file for the process after this one, at once: it has what was
// there before, or all of `text`. Only a convenience: it is not synced, so
// after a crash of the machine there may be anything, and where it cannot be
// written there is nothing new. One caller at a time for a path.
void WriteRecordFile(const std::filesystem::path& path, std::string_view text);

}  // namespace kso::worker

#endif  // KSO_WORKER_DISK_RECORD_FILE_H_
