// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_CHECK_CONTENT_H_
#define KSO_COMMON_RELEASE_CHECK_CONTENT_H_

#include <string_view>
#include <vector>

#include "common/release/problem.h"
#include "kso/v1/build.pb.h"

namespace kso::release {

// The waiver of `release` that names a file; null when none does.
const v1::Waiver* FindWaiver(const v1::Release& release, std::string_view url);

// Returns whether the programs of a file may be for any architecture
// (`files.otherArchitecture`).
bool MayBeOtherArchitecture(const v1::Release& release, std::string_view url);

// Adds what is wrong with the rules of `release` about the content of its
// files: waivers that name no file, or files of any host; and, where hashes are
// required, files of which no digest is stated. A URL may be there several
// times; it is enough that one of them states a digest.
void CheckContentRules(const v1::Release& release,
                       std::vector<Problem>& problems);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_CHECK_CONTENT_H_
