// SPDX-License-Identifier: Apache-2.0
#include "common/release_file/release_on_disk.h"

#include <string>
#include <system_error>

#include "common/base/status_macros.h"
#include "common/files/text_file.h"
#include "common/release_file/release_files.h"
#include "common/release_file/release_reader.h"

namespace kso::release_file {
namespace {

class DiskFiles final : public ReleaseFiles {
 public:
  absl::StatusOr<std::string> Read(const std::filesystem::path& path,
                                   size_t most_bytes) const override {
    return ReadTextFile(path, most_bytes);
  }
};

}  // namespace

absl::StatusOr<v1::Release> ReadRelease(const std::filesystem::path& file) {
  KSO_ASSIGN_OR_RETURN(v1::Release release,
                       ReadRelease(file.string(), DiskFiles()));
  v1::Destination& destination = *release.mutable_destination();
  if (destination.kind() == v1::Destination::REGISTRY) return release;
  // The coordinator keeps it for a later `ksoctl export` from any directory.
  std::error_code error;
  const auto absolute = std::filesystem::absolute(
      file.parent_path() / destination.location(), error);
  if (!error) destination.set_location(absolute.lexically_normal().string());
  return release;
}

}  // namespace kso::release_file
