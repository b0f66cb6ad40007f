// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_PLATFORM_H_
#define KSO_COMMON_OCI_PLATFORM_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// "linux/arm64" or "linux/arm/v7".
std::string FormatPlatform(const v1::Platform& platform);
absl::StatusOr<v1::Platform> ParsePlatform(std::string_view text);

// Returns whether an image of platform `offered` runs where `wanted` is asked
// for: same os and architecture; a variant only has to match when `wanted`
// names one, and arm64 without a variant is v8 (OCI image index, "platform").
bool PlatformSatisfies(const v1::Platform& offered, const v1::Platform& wanted);

// Returns whether os, architecture and variant (which may be empty) are words
// of letters, digits, '.', '_' and '-', and so safe in paths.
bool IsValidPlatform(const v1::Platform& platform);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_PLATFORM_H_
