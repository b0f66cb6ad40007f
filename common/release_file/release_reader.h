// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_FILE_RELEASE_READER_H_
#define KSO_COMMON_RELEASE_FILE_RELEASE_READER_H_

#include <filesystem>

#include "absl/status/statusor.h"
#include "kso/v1/build.pb.h"

namespace kso::release_file {

// Reads a release.yaml and the lists that it names into one message. Paths in
// it are relative to the file; the path of an oci: or oci-archive: destination
// becomes absolute. Files are bounded: 1 MiB of YAML, 4 MiB a list.
//
// INVALID_ARGUMENT lists everything that is wrong, one "FILE:LINE: what;
// advice" a line.
absl::StatusOr<v1::Release> ReadRelease(const std::filesystem::path& file);

}  // namespace kso::release_file

#endif  // KSO_COMMON_RELEASE_FILE_RELEASE_READER_H_
