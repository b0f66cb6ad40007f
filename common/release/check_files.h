// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_CHECK_FILES_H_
#define KSO_COMMON_RELEASE_CHECK_FILES_H_

#include <vector>

#include "common/release/problem.h"
#include "kso/v1/build.pb.h"

namespace kso::release {

// Adds what is wrong with the files of `release`: URLs that no file can be
// served under, digests that are none, two digests of one kind for one URL, two
// URLs with one path, and files that would have to be directories of others.
// A URL may be there several times.
void CheckFiles(const v1::Release& release, std::vector<Problem>& problems);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_CHECK_FILES_H_
