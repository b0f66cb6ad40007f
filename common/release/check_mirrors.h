// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_CHECK_MIRRORS_H_
#define KSO_COMMON_RELEASE_CHECK_MIRRORS_H_

#include <vector>

#include "common/release/problem.h"
#include "kso/v1/build.pb.h"

namespace kso::release {

// Adds what is wrong with the mirrors of `release`. Those of files replace the
// beginning of a URL by that of another; those of images replace HOST/ or
// HOST/PATH of a reference by another. Neither may hold a user name, a password
// or a query, in which there are secrets: a release is shown in messages and
// kept in the journal. Messages show mirrors without them.
void CheckMirrors(const v1::Release& release, std::vector<Problem>& problems);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_CHECK_MIRRORS_H_
