// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_IMAGE_PATTERNS_H_
#define KSO_COMMON_RELEASE_IMAGE_PATTERNS_H_

#include <string_view>

#include "common/oci/reference.h"

namespace kso::release {

// Patterns over items of a release, as `images.missingPlatform.allow`,
// `images.leaveOut` and `files.otherArchitecture` have them.

// Returns whether `text` matches `pattern`, where '*' stands for any run of
// characters, none included, and everything else for itself.
bool MatchesGlob(std::string_view pattern, std::string_view text);

// Returns whether a pattern can match an image reference at all.
bool IsImagePattern(std::string_view text);

// Compares a pattern with an image's name ("docker.io/amazon/x") and with its
// whole reference ("docker.io/amazon/x:1"). A pattern without a '*' may also be
// a reference as Docker takes it ("nginx").
bool MatchesImage(std::string_view pattern, const oci::Reference& reference);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_IMAGE_PATTERNS_H_
