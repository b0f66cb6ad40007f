// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_CHECK_IMAGES_H_
#define KSO_COMMON_RELEASE_CHECK_IMAGES_H_

#include <optional>
#include <string_view>
#include <vector>

#include "common/release/problem.h"
#include "kso/v1/build.pb.h"

namespace kso::release {

// The reason that `text` is no image reference, if it is none: a predicate, "is
// not an image reference: ...".
std::optional<Violation> CheckReference(std::string_view text);

// Adds what is wrong with the images of `release`: references that are none,
// patterns of missingPlatform that can match none, and two references for one
// tag in the finished registry, which leaves the host out. A reference may be
// there several times. So may a digest without a tag, from any hosts: it names
// the same bytes wherever they come from.
void CheckImages(const v1::Release& release, std::vector<Problem>& problems);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_CHECK_IMAGES_H_
