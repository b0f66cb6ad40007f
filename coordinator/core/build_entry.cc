#include "coordinator/core/build_entry.h"

namespace kso::coordinator {

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
