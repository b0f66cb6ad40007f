// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/flow/disk_quota.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "common/text/text.h"

namespace kso::coordinator {
namespace {

constexpr size_t kMostNamed = 5;

// The builds of `who` that would free something, those that would free the most
// first.
std::vector<std::pair<int64_t, const BuildEntry*>> Largest(
    const State& state, const std::string& who) {
  std::vector<std::pair<int64_t, const BuildEntry*>> builds;
  for (const auto& [id, build] : state.builds()) {
    const int64_t bytes = state.disk_use().BytesOnlyOf(id);
    if (build.submitted_by == who && bytes > 0) {
      builds.emplace_back(bytes, &build);
    }
  }
  std::sort(builds.begin(), builds.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first
                              : a.second->number < b.second->number;
  });
  return builds;
}

std::string Named(const State& state, const std::string& who) {
  const auto builds = Largest(state, who);
  std::vector<std::string> names;
  for (const auto& [bytes, build] : builds) {
    if (names.size() == kMostNamed) {
      names.push_back(Concat(
          Count(static_cast<int64_t>(builds.size() - names.size()), "build"),
          " with less each"));
      break;
    }
    names.push_back(Concat(build->build_id, " (", build->release.name(), ") ",
                           FormatBytes(bytes)));
  }
  return absl::StrJoin(names, ", ");
}

}  // namespace

DiskTrouble DescribeDiskUse(const State& state, const std::string& who,
                            int64_t most) {
  DiskTrouble trouble;
  trouble.reason =
      Concat(who.empty() ? "your" : Concat(who, "'s"), " builds hold ",
             FormatBytes(state.disk_use().BytesOf(who)),
             " of the coordinator's disk, and may hold ", FormatBytes(most));
  if (const std::string named = Named(state, who); !named.empty()) {
    trouble.reason += Concat("; each alone has: ", named);
  }
  trouble.advice =
      "ksoctl forget BUILD frees what one alone has (before, bring home what "
      "is "
      "still needed of it: ksoctl export BUILD); or have the operator raise "
      "--most-disk-gib";
  return trouble;
}

}  // namespace kso::coordinator
