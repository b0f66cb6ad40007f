// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_JUDGE_CONTENT_H_
#define KSO_COORDINATOR_CORE_PLAN_JUDGE_CONTENT_H_

#include <vector>

#include "coordinator/core/plan/image_choice.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/types.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// The verdicts on all items of a release.
struct Judgement {
  // One for each file and then each image of the release, in the order of its
  // lists.
  std::vector<v1::ItemVerdict> verdicts;
  // One for each reason why the release does not let something through.
  std::vector<v1::Failure> failures;
};

// Compares what was made with what the release says of it.
//
// A file has the digest that its list states, or a waiver. Its programs are for
// the architecture that its URL names, or else for that of the list which names
// it: all of those that may be executed, and at least one of each architecture
// where it is for several. A URL that names another architecture than its list
// has been noted when the release was read, and is taken at its word.
//
// `layers` are those of kubespray-files, in its order; `images` are those that
// were chosen for the release.
Judgement JudgeContent(const v1::Release& release,
                       const std::vector<ChosenImage>& images,
                       const std::vector<const v1::MadeLayer*>& layers);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_JUDGE_CONTENT_H_
