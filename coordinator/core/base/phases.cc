// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/phases.h"

namespace kso::coordinator {
namespace {

// The plan is no phase: it is a pure function, which flow/build_flow.cc calls
// between CHECK and LAYERS, in the turn in which CHECK ends. CHECK is passed
// over where there is nothing to ask the destination for.
constexpr PhaseRule kRules[] = {
    // Names become digests, sizes and validators: one task a URL or image.
    {v1::RESOLVE, PhaseWork::kTasks, OnFailedTask::kOthersGoOn, v1::CHECK},
    // The destination is asked which remembered layers it still has.
    {v1::CHECK, PhaseWork::kAction, OnFailedTask::kBuildFails, v1::LAYERS},
    // Layers are made and pushed: one task a layer.
    {v1::LAYERS, PhaseWork::kTasks, OnFailedTask::kBuildFails, v1::ASSEMBLE},
    // Configs, manifests and indexes are pushed by digest.
    {v1::ASSEMBLE, PhaseWork::kAction, OnFailedTask::kBuildFails, v1::VERIFY},
    // Finished images are run and asked for what they should serve: one task a
    // platform of an image.
    {v1::VERIFY, PhaseWork::kTasks, OnFailedTask::kBuildFails, v1::TAG},
    // The tags are pushed.
    {v1::TAG, PhaseWork::kAction, OnFailedTask::kBuildFails,
     v1::PHASE_UNSPECIFIED},
};

constexpr PhaseRule kNoRule;

}  // namespace

absl::Span<const PhaseRule> PhaseRules() { return kRules; }

const PhaseRule& RuleOf(v1::Phase phase) {
  for (const PhaseRule& rule : kRules) {
    if (rule.phase == phase) return rule;
  }
  return kNoRule;
}

bool ComesAfter(v1::Phase a, v1::Phase b) {
  for (v1::Phase next = RuleOf(b).next; next != v1::PHASE_UNSPECIFIED;
       next = RuleOf(next).next) {
    if (next == a) return true;
  }
  return b == v1::PHASE_UNSPECIFIED && a != v1::PHASE_UNSPECIFIED;
}

}  // namespace kso::coordinator
