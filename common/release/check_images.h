// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_CHECK_IMAGES_H_
#define KSO_COMMON_RELEASE_CHECK_IMAGES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/oci/reference.h"
#include "common/release/problem.h"
#include "kso/v1/build.pb.h"

namespace kso::release {

// The reason that `text` is no image reference, if it is none: a predicate, "is
// not an image reference: ...".
std::optional<Violation> CheckReference(std::string_view text);

// A reference as messages have it: one that is none may hold a login, which
// they must not.
std::string ReferenceInWords(const std::string& text);

// Advises on two images that would have one name in the finished registry and
// are not the same.
std::string ClashAdvice(const oci::Reference& first,
                        const oci::Reference& second);

// Adds what is wrong with the images of `release`: references that are none,
// patterns of missingPlatform that can match none, and two digests that are
// stated for one name in the finished registry, which leaves the host out
// unless the release keeps it. A name may be there several times, from any
// hosts, as long as it is the same image: whether it is where a digest is not
// stated shows when the images are resolved.
void CheckImages(const v1::Release& release, std::vector<Problem>& problems);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_CHECK_IMAGES_H_
