// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/plan_limits.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "common/text/text.h"
#include "coordinator/core/base/permanent_failure.h"

namespace kso::coordinator {
namespace {

// So many of the largest items are named.
constexpr size_t kShown = 5;

using SizeAndName = std::pair<int64_t, std::string>;

// "a (4.0 MiB), b (3.0 MiB)".
std::string LargestInWords(std::vector<SizeAndName> items) {
  std::sort(items.begin(), items.end(),
            [](const SizeAndName& a, const SizeAndName& b) {
              return a.first != b.first ? a.first > b.first
                                        : a.second < b.second;
            });
  items.resize(std::min(items.size(), kShown));
  return absl::StrJoin(
      items, ", ", [](std::string* out, const SizeAndName& item) {
        out->append(Concat(item.second, " (", FormatBytes(item.first), ")"));
      });
}

int64_t BytesOfDocuments(const v1::ResolvedImage& image) {
  size_t bytes = image.top().content().size();
  for (const auto* documents :
       {&image.indexes(), &image.manifests(), &image.configs()}) {
    for (const v1::Document& document : *documents) {
      bytes += document.content().size();
    }
  }
  for (const v1::UpstreamArtifact& artifact : image.signatures()) {
    bytes += artifact.ByteSizeLong();
  }
  return static_cast<int64_t>(bytes);
}

v1::Failure OverLimit(const v1::Release& release, std::string_view what,
                      int64_t bytes, int64_t limit,
                      std::vector<SizeAndName> items, std::string_view advice) {
  return PermanentFailure(
      Concat("release ", release.name()),
      Concat(what, " are ", FormatBytes(bytes), " together, over the limit of ",
             FormatBytes(limit),
             "; the largest: ", LargestInWords(std::move(items))),
      advice);
}

}  // namespace

bool DocumentsFit(const v1::Release& release, const Resolved& resolved,
                  Plan& plan) {
  std::vector<SizeAndName> images;
  int64_t bytes = 0;
  for (const auto& [reference, image] : resolved.images) {
    images.emplace_back(BytesOfDocuments(image), reference);
    bytes = SaturatingAdd(bytes, images.back().first);
  }
  if (bytes <= kMostDocuments) return true;
  plan.failures.push_back(OverLimit(
      release, "the indexes, manifests and configs of its images", bytes,
      kMostDocuments, std::move(images),
      "take other versions of the largest, whose documents are far from what "
      "images need, or divide the list of images among several releases"));
  return false;
}

void CheckTotals(const v1::Release& release, Plan& plan) {
  std::vector<SizeAndName> items;
  int64_t bytes = 0;
  for (const v1::PlannedItem& item : plan.summary.items()) {
    items.emplace_back(item.size(), item.name());
    bytes = SaturatingAdd(bytes, std::max<int64_t>(item.size(), 0));
  }
  if (bytes > kLargestBuild) {
    plan.failures.push_back(OverLimit(
        release, "its files and images", bytes, kLargestBuild, std::move(items),
        "see whether their sizes can be right: correct their lines in the "
        "lists, or leave them out"));
  }

  std::vector<SizeAndName> tasks;
  size_t tasks_bytes = 0;
  for (const v1::Task& task : plan.tasks) {
    const size_t task_bytes = task.ByteSizeLong();
    tasks_bytes += task_bytes;
    tasks.emplace_back(static_cast<int64_t>(task_bytes), task.name());
    if (task_bytes <= kLargestTask) continue;
    plan.failures.push_back(PermanentFailure(
        task.name(),
        Concat("what a worker has to be told of it is ",
               FormatBytes(tasks.back().first), ", over the limit of ",
               FormatBytes(static_cast<int64_t>(kLargestTask))),
        "divide the lists among several releases"));
  }
  if (tasks_bytes > kLargestTasks) {
    plan.failures.push_back(OverLimit(
        release, "the descriptions of its tasks",
        static_cast<int64_t>(tasks_bytes), static_cast<int64_t>(kLargestTasks),
        std::move(tasks), "divide the lists among several releases"));
  }
}

}  // namespace kso::coordinator
