// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/fences.h"

#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso::worker {
namespace {

// One fence, and how it is raised in what an attempt is given.
struct Step {
  const char* name;
  bool wanted;
  std::function<void(Fences&)> raise;
};

std::vector<Step> StepsTo(const Fences& wanted) {
  return {{"user namespace", wanted.users.has_value(),
           [&wanted](Fences& fences) { fences.users = wanted.users; }},
          {"filter of system calls", wanted.seccomp,
           [](Fences& fences) { fences.seccomp = true; }},
          {"limit of memory and processes together",
           wanted.control_group.has_value(), [&wanted](Fences& fences) {
             fences.control_group = wanted.control_group;
           }}};
}

}  // namespace

absl::StatusOr<Fences> FindFences(
    const Fences& wanted,
    const std::function<absl::Status(const Fences& fences)>& attempt) {
  if (attempt(wanted).ok()) return wanted;
  Fences found;
  found.missing = wanted.missing;
  KSO_RETURN_IF_ERROR(attempt(found));
  for (const Step& step : StepsTo(wanted)) {
    if (!step.wanted) continue;
    Fences more = found;
    step.raise(more);
    if (const absl::Status status = attempt(more); status.ok()) {
      found = more;
    } else {
      found.missing.push_back(Concat(step.name, ": ", status.message()));
    }
  }
  return found;
}

}  // namespace kso::worker
