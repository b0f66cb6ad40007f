// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/outcome/own_target.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "cli/carry/export_record.h"
#include "cli/render/text.h"
#include "common/oci/destination.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

// Also where a link is there that leads nowhere, and where nobody may look.
bool IsThere(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

bool HasRecord(const fs::path& archive) {
  fs::path record = archive;
  record += ".sha256";
  return ReadExportRecord(record).ok();
}

bool IsOwnArchive(const fs::path& archive) {
  bool any = false;
  for (const char* suffix : {"", ".sha256", ".000"}) {
    fs::path file = archive;
    file += suffix;
    any = any || IsThere(file);
  }
  return !any || HasRecord(archive);
}

bool IsOwnLayout(const fs::path& directory) {
  if (!IsThere(directory)) return true;
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(directory, error))) return false;
  if (fs::is_empty(directory, error)) return !error;
  return fs::is_regular_file(directory / "oci-layout", error);
}

}  // namespace

absl::Status CheckOwnTarget(const v1::Destination& destination) {
  const bool archive = destination.kind() == v1::Destination::OCI_ARCHIVE;
  const bool own = archive ? IsOwnArchive(destination.location())
                           : IsOwnLayout(destination.location());
  if (own) return absl::OkStatus();
  const std::string target = Printable(oci::FormatDestination(destination));
  return absl::FailedPreconditionError(absl::StrCat(
      "the coordinator says that the images go to ", target,
      ", where something is that no export has written; if it may be replaced, "
      "say so with -o ",
      target));
}

}  // namespace kso::cli
