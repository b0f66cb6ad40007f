// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_FILE_MERGE_ITEMS_H_
#define KSO_COMMON_RELEASE_FILE_MERGE_ITEMS_H_

#include "kso/v1/build.pb.h"

namespace kso::release_file {

// Makes one FileRequest of all that name the same URL, with all of their
// architectures and the first digest, and one ImageRequest of all that name the
// same reference. Order and location are those of the first. `release` must
// have passed release::CheckRelease.
void MergeItems(v1::Release& release);

}  // namespace kso::release_file

#endif  // KSO_COMMON_RELEASE_FILE_MERGE_ITEMS_H_
