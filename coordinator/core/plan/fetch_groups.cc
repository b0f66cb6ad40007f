// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/fetch_groups.h"

#include <cstddef>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "kso/v1/worker.pb.h"

namespace kso::coordinator {
namespace {

// The digests of the blobs that the task fetches.
std::vector<std::string> BlobsOf(const v1::Task& task) {
  std::vector<std::string> digests;
  for (const v1::BlobSource& source : task.copy_blobs().blobs()) {
    digests.push_back(source.blob().digest());
  }
  for (const v1::LayerMember& member : task.make_layer().members()) {
    if (member.has_blob()) digests.push_back(member.blob().blob().digest());
  }
  return digests;
}

// Disjoint sets of positions. A set is known by its first position.
class DisjointSets {
 public:
  explicit DisjointSets(size_t size) : parents_(size) {
    std::iota(parents_.begin(), parents_.end(), size_t{0});
  }

  size_t SetOf(size_t position) {
    while (parents_[position] != position) {
      parents_[position] = parents_[parents_[position]];
      position = parents_[position];
    }
    return position;
  }
  void Join(size_t a, size_t b) {
    a = SetOf(a);
    b = SetOf(b);
    if (a > b) std::swap(a, b);
    parents_[b] = a;
  }

 private:
  std::vector<size_t> parents_;
};

}  // namespace

void GroupByFetch(Plan& plan) {
  DisjointSets sets(plan.tasks.size());
  std::map<std::string, size_t> first_with;
  for (size_t i = 0; i < plan.tasks.size(); ++i) {
    if (plan.reused.contains(plan.tasks[i].task_id())) continue;
    for (const std::string& digest : BlobsOf(plan.tasks[i])) {
      sets.Join(first_with.emplace(digest, i).first->second, i);
    }
  }
  std::map<size_t, int> sizes;
  for (size_t i = 0; i < plan.tasks.size(); ++i) ++sizes[sets.SetOf(i)];
  std::map<size_t, int> numbers;
  for (size_t i = 0; i < plan.tasks.size(); ++i) {
    const size_t set = sets.SetOf(i);
    if (sizes[set] < 2) continue;
    const int next = static_cast<int>(numbers.size()) + 1;
    plan.tasks[i].set_fetch_group(numbers.emplace(set, next).first->second);
  }
}

}  // namespace kso::coordinator
