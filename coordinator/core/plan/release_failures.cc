// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/release_failures.h"

#include <string>

#include "common/base/strings.h"
#include "common/release/check_release.h"
#include "coordinator/core/base/permanent_failure.h"

namespace kso::coordinator {
namespace {

// The line of a list that asks for element `index`; empty for other fields.
std::string LocationOf(const v1::Release& release, release::Field field,
                       int index) {
  if (index < 0) return "";
  switch (field) {
    case release::Field::kFiles:
    case release::Field::kFileDigest:
      return release.files(index).location();
    case release::Field::kImages:
      return release.images(index).location();
    default:
      return "";
  }
}

}  // namespace

std::vector<v1::Failure> ReleaseFailures(const v1::Release& release) {
  std::vector<v1::Failure> failures;
  for (const release::Problem& problem : release::CheckRelease(release)) {
    const std::string other = LocationOf(release, problem.field, problem.other);
    failures.push_back(
        PermanentFailure(problem.item,
                         Concat(problem.violation.reason,
                                other.empty() ? "" : Concat(" (", other, ")")),
                         problem.violation.advice,
                         LocationOf(release, problem.field, problem.index)));
  }
  return failures;
}

}  // namespace kso::coordinator
