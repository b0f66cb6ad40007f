// SPDX-License-Identifier: Apache-2.0
#include "common/files/directory.h"

#include <system_error>

#include "common/base/status_macros.h"
#include "common/files/file_io.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

using Visit = std::function<absl::Status(const fs::directory_entry&)>;

absl::Status Walk(const fs::path& directory, const Visit& visit) {
  std::error_code error;
  fs::directory_iterator at(directory, error);
  while (!error && at != fs::directory_iterator()) {
    KSO_RETURN_IF_ERROR(visit(*at));
    at.increment(error);
  }
  if (!error || error == std::errc::no_such_file_or_directory) {
    return absl::OkStatus();
  }
  return FileError(error.value(), "list", directory);
}

}  // namespace

absl::Status ForEachEntry(const fs::path& directory, const VisitEntry& visit) {
  return Walk(directory, [&visit](const fs::directory_entry& entry) {
    visit(entry);
    return absl::OkStatus();
  });
}

absl::Status ForEachEntryBelow(const fs::path& directory,
                               const VisitEntry& visit) {
  return Walk(directory, [&visit](const fs::directory_entry& entry) {
    visit(entry);
    std::error_code vanished;
    if (!fs::is_directory(entry.symlink_status(vanished))) {
      return absl::OkStatus();
    }
    return ForEachEntryBelow(entry.path(), visit);
  });
}

}  // namespace kso
