// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_PLATFORM_H_
#define KSO_COMMON_OCI_PLATFORM_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// "linux/arm64" or "linux/arm/v7".
std::string FormatPlatform(const v1::Platform& platform);
absl::StatusOr<v1::Platform> ParsePlatform(std::string_view text);

// Says, for people, that a manifest's config is for another platform than the
// index says which leads to it.
std::string PlatformDisagreement(const v1::Platform& index,
                                 std::string_view config);

// Returns whether an image of platform `offered` runs where `wanted` is asked
// for: same os and architecture; a variant only has to match when `wanted`
// names one (OCI image index, "platform"). amd64 without a variant is v1, and
// arm64 is v8, so that neither is satisfied by a higher one, which a processor
// may not run and containerd does not take.
bool PlatformSatisfies(const v1::Platform& offered, const v1::Platform& wanted);

// Returns the position of the platform that is taken where `wanted` is asked
// for: the first that is the same, variants written or not, else the first that
// satisfies it; -1 when there is none.
int ChoosePlatform(const std::vector<v1::Platform>& offered,
                   const v1::Platform& wanted);

// Returns whether os, architecture and variant (which may be empty) are words
// of letters, digits, '.', '_' and '-', and so safe in paths.
bool IsValidPlatform(const v1::Platform& platform);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_PLATFORM_H_
