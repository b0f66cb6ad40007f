#include "tests/upstream/faults.h"

#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace kso::upstream {

absl::Status Faults::AddFailure(const std::string& text) {
  absl::MutexLock lock(&mutex_);
  return Add(text, failures_);
}

absl::Status Faults::AddCut(const std::string& text) {
  absl::MutexLock lock(&mutex_);
  return Add(text, cuts_);
}

std::optional<int> Faults::TakeFailure(std::string_view subject) {
  absl::MutexLock lock(&mutex_);
  const std::optional<uint64_t> status = Take(subject, failures_);
  if (!status.has_value()) return std::nullopt;
  return static_cast<int>(*status);
}

std::optional<uint64_t> Faults::TakeCut(std::string_view subject) {
  absl::MutexLock lock(&mutex_);
  return Take(subject, cuts_);
}

absl::Status Faults::Add(const std::string& text, std::vector<Fault>& faults) {
  // URLs may hold "=" themselves, so the last one counts.
  const size_t equals = text.rfind('=');
  Fault fault;
  fault.times = std::numeric_limits<int64_t>::max();
  if (equals != text.npos && equals > 0) {
    fault.substring = text.substr(0, equals);
    const std::string numbers = text.substr(equals + 1);
    const size_t star = numbers.find('*');
    const bool understood =
        absl::SimpleAtoi(numbers.substr(0, star), &fault.number) &&
        (star == numbers.npos ||
         absl::SimpleAtoi(numbers.substr(star + 1), &fault.times));
    if (understood) {
      faults.push_back(std::move(fault));
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("fault \"", text,
                   "\": expected SUBSTRING=NUMBER or SUBSTRING=NUMBER*TIMES"));
}

std::optional<uint64_t> Faults::Take(std::string_view subject,
                                     std::vector<Fault>& faults) {
  for (Fault& fault : faults) {
    if (fault.times > 0 && subject.find(fault.substring) != subject.npos) {
      --fault.times;
      return fault.number;
    }
  }
  return std::nullopt;
}

}  // namespace kso::upstream
