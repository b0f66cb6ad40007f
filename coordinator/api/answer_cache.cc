// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/answer_cache.h"

#include <utility>

namespace kso::coordinator {
namespace {

// A figure that moves without a change of the farm, such as bytes and times, is
// as old as this at most.
constexpr absl::Duration kStands = absl::Seconds(1);
// Different answers at one time; beyond them, all are forgotten.
constexpr size_t kMostEntries = 256;

}  // namespace

void AnswerCache::Get(const std::string& key, Make make, Take take) {
  std::shared_ptr<Entry> entry;
  bool is_new = false;
  {
    const absl::Time now = clock_.Now();
    absl::MutexLock lock(&mutex_);
    std::shared_ptr<Entry>& known = entries_[key];
    is_new = known == nullptr || known->generation != generation_ ||
             now - known->asked > kStands;
    if (is_new) {
      known = std::make_shared<Entry>();
      known->generation = generation_;
      known->asked = now;
    }
    entry = known;
    if (entries_.size() > kMostEntries) entries_.clear();
  }
  Answer answer;
  Take take_now;
  {
    absl::MutexLock lock(&entry->mutex);
    answer = entry->answer;
    if (answer == nullptr) {
      entry->waiting.push_back(std::move(take));
    } else {
      take_now = std::move(take);
    }
  }
  if (answer != nullptr) return take_now(std::move(answer));
  if (!is_new) return;
  make([entry](Answer made) {
    std::vector<Take> waiting;
    {
      absl::MutexLock lock(&entry->mutex);
      entry->answer = made;
      waiting = std::exchange(entry->waiting, {});
    }
    for (Take& each : waiting) each(made);
  });
}

void AnswerCache::Invalidate() {
  absl::MutexLock lock(&mutex_);
  ++generation_;
  entries_.clear();
}

}  // namespace kso::coordinator
