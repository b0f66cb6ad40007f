// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/build_entry.h"

#include <algorithm>

namespace kso::coordinator {

void BuildEntry::SetRelease(const v1::Release& submitted) {
  release = submitted;
  file_count = release.files_size();
  image_count = release.images_size();
  v1::Release lists;
  lists.mutable_files()->Swap(release.mutable_files());
  lists.mutable_images()->Swap(release.mutable_images());
  lists_.Set(lists);
}

v1::Release BuildEntry::WholeRelease() const {
  v1::Release whole = release;
  lists_.MergeInto(whole);
  return whole;
}

void BuildEntry::BeginStay(absl::Time time) {
  PhaseTime& stay = times[phase];
  stay.since = time;
  if (stay.began == absl::InfinitePast()) stay.began = time;
  stay.left = absl::InfinitePast();
}

void BuildEntry::EndStay(absl::Time time) {
  const auto found = times.find(phase);
  if (found == times.end() || !found->second.since.has_value()) return;
  // The clock of a coordinator may be set back between two records.
  found->second.spent +=
      std::max(time - *found->second.since, absl::ZeroDuration());
  found->second.since.reset();
  found->second.left = time;
}

PhaseCounts BuildEntry::CountsOf(v1::Phase of) const {
  const auto found = counts.find(of);
  return found == counts.end() ? PhaseCounts() : found->second;
}

const std::vector<TaskEntry*>& BuildEntry::TasksOf(v1::Phase of) const {
  static const auto* const kNone = new std::vector<TaskEntry*>();
  const auto found = tasks.find(of);
  return found == tasks.end() ? *kNone : found->second;
}

}  // namespace kso::coordinator
