// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_CONTENT_ELF_H_
#define KSO_COMMON_CONTENT_ELF_H_

#include <cstddef>
#include <string_view>

namespace kso::content {

// How many bytes of a file's beginning tell the architecture of a program.
inline constexpr size_t kElfHeaderBytes = 20;

// The architecture, by OCI's name for it (OCI image spec, image-index.md:
// GOARCH), that a file which begins so is a program for: an executable or a
// shared object (ELF gABI, "ELF Header"). Empty for what is neither, and for
// machines that containers do not run on, such as those of firmware.
std::string_view ArchitectureOfElf(std::string_view beginning);

}  // namespace kso::content

#endif  // KSO_COMMON_CONTENT_ELF_H_
