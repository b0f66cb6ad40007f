// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/faults.h"

#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace kso::upstream {

absl::Status Faults::Add(FaultKind kind, const std::string& text) {
  // URLs may hold "=" themselves, so the last one counts.
  const size_t equals = text.rfind('=');
  Fault fault;
  fault.times = std::numeric_limits<int64_t>::max();
  if (equals != text.npos && equals > 0) {
    fault.substring = text.substr(0, equals);
    std::string what = text.substr(equals + 1);
    bool understood = true;
    if (const size_t star = what.find('*'); star != what.npos) {
      understood = absl::SimpleAtoi(what.substr(star + 1), &fault.times);
      what.resize(star);
    }
    if (const size_t slash = what.find('/'); slash != what.npos) {
      fault.hit.detail = what.substr(slash + 1);
      what.resize(slash);
    }
    if (understood && absl::SimpleAtoi(what, &fault.hit.number)) {
      absl::MutexLock lock(&mutex_);
      faults_[kind].push_back(std::move(fault));
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "fault \"", text, "\": expected SUBSTRING=NUMBER[/DETAIL][*TIMES]"));
}

std::optional<Faults::Hit> Faults::Take(FaultKind kind,
                                        std::string_view subject) {
  absl::MutexLock lock(&mutex_);
  for (Fault& fault : faults_[kind]) {
    if (fault.times > 0 && subject.find(fault.substring) != subject.npos) {
      --fault.times;
      return fault.hit;
    }
  }
  return std::nullopt;
}

}  // namespace kso::upstream
