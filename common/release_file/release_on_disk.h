// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_FILE_RELEASE_ON_DISK_H_
#define KSO_COMMON_RELEASE_FILE_RELEASE_ON_DISK_H_

#include <filesystem>

#include "absl/status/statusor.h"
#include "kso/v1/build.pb.h"

namespace kso::release_file {

// Reads a release.yaml of this machine, and the lists that it names, wherever
// they are. The path of an oci: or oci-archive: destination becomes absolute.
// For releases of the user who runs this process: whoever writes the
// release.yaml chooses the files that are read. Errors are those of
// release_reader.h.
absl::StatusOr<v1::Release> ReadRelease(const std::filesystem::path& file);

}  // namespace kso::release_file

#endif  // KSO_COMMON_RELEASE_FILE_RELEASE_ON_DISK_H_
