// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_FILE_CONTENT_H_
#define KSO_TESTS_UPSTREAM_FILE_CONTENT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::upstream {

// "arm64" or "amd64", from what the name says.
std::string_view ArchitectureOfUrl(std::string_view url);

// How many bytes the real file has, roughly, times `factor`. What is made comes
// close to it.
uint64_t FileSize(std::string_view url, double factor);

// The file that the upstream has at `url`: an ELF program, or an archive of ELF
// programs where the name ends in .tar.gz, .tgz or .tar.xz. A pure function.
absl::StatusOr<std::string> MakeFile(std::string_view url, double factor);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_FILE_CONTENT_H_
