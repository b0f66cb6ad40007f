// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/builds/log_filter.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/duration_option.h"
#include "common/base/proto_time.h"

namespace kso::cli {
namespace {

bool Has(absl::string_view text, const std::string& lower) {
  return absl::StrContains(absl::AsciiStrToLower(text), lower);
}

}  // namespace

bool LogFilter::Shows(const v1::Event& event) const {
  if (FromProto(event.time()) < since) return false;
  if (task.empty()) return true;
  const std::string lower = absl::AsciiStrToLower(task);
  return !event.task_id().empty() &&
         (Has(event.task_id(), lower) || Has(event.text(), lower));
}

bool LogFilter::Shows(const v1::ActiveTask& active) const {
  const std::string lower = absl::AsciiStrToLower(task);
  return Has(active.task_id(), lower) || Has(active.name(), lower);
}

absl::StatusOr<absl::Time> ParseSince(const std::string& text, absl::Time now) {
  const absl::StatusOr<absl::Duration> ago =
      ParseDurationOption("--since", text);
  if (ago.ok()) return now - *ago;
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return time;
  return absl::InvalidArgumentError(
      absl::StrCat("--since ", text,
                   ": write how long ago, as 90s, 10m or 1h30m, or a time, as "
                   "2024-01-31T12:00:00Z"));
}

}  // namespace kso::cli
