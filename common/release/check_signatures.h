// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_CHECK_SIGNATURES_H_
#define KSO_COMMON_RELEASE_CHECK_SIGNATURES_H_

#include <vector>

#include "common/release/problem.h"
#include "kso/v1/build.pb.h"

namespace kso::release {

// Adds what is wrong with the release's policy on its images' signatures: a
// pattern that matches no image of the list, what is no public key in PEM, and
// trust in nobody.
void CheckSignatureRules(const v1::Release& release,
                         std::vector<Problem>& problems);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_CHECK_SIGNATURES_H_
