// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_FILE_RELEASE_READER_H_
#define KSO_COMMON_RELEASE_FILE_RELEASE_READER_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/release_file/release_files.h"
#include "kso/v1/build.pb.h"

namespace kso::release_file {

// Reads a release.yaml and the lists that it names into one message. `file` is
// its path among `files`, and paths in it are relative to it. Files are
// bounded: 1 MiB of YAML, 4 MiB a list. The path of an oci: or oci-archive:
// destination is as the release has it.
//
// INVALID_ARGUMENT lists everything that is wrong, one "FILE:LINE: what;
// advice" a line.
absl::StatusOr<v1::Release> ReadRelease(const std::string& file,
                                        const ReleaseFiles& files);

}  // namespace kso::release_file

#endif  // KSO_COMMON_RELEASE_FILE_RELEASE_READER_H_
