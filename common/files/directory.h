// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_FILES_DIRECTORY_H_
#define KSO_COMMON_FILES_DIRECTORY_H_

#include <filesystem>
#include <functional>

#include "absl/status/status.h"

namespace kso {

// Walks over directories that others change meanwhile. Entries that vanish are
// passed over and those that appear may be missed; `visit` may remove what it
// is called with. A directory that is not there has no entries. Other errors
// end the walk, with the path in the message. Unlike a loop over the iterators
// of std::filesystem, which throws when it cannot go on, this never throws.

using VisitEntry =
    std::function<void(const std::filesystem::directory_entry& entry)>;

// Calls `visit` for each entry of `directory`, in no order.
absl::Status ForEachEntry(const std::filesystem::path& directory,
                          const VisitEntry& visit);

// The same for all that is below `directory`, a directory before what it holds.
// Does not follow links to directories.
absl::Status ForEachEntryBelow(const std::filesystem::path& directory,
                               const VisitEntry& visit);

}  // namespace kso

#endif  // KSO_COMMON_FILES_DIRECTORY_H_
