// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/audit_line.h"

#include "common/base/proto_time.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"

namespace kso::coordinator {
namespace {

constexpr size_t kLongestField = 512;

std::string Bounded(std::string_view text) {
  return PrintableText(text, kLongestField);
}

std::string OutcomeOf(const absl::Status& status) {
  if (status.ok()) return kDone;
  return Bounded(Concat(absl::StatusCodeToString(status.code()), ": ",
                        ToStd(status.message())));
}

bool IsAllowed(const absl::Status& outcome) {
  return !absl::IsUnauthenticated(outcome) &&
         !absl::IsPermissionDenied(outcome);
}

}  // namespace

v1::AuditRecord AuditRecordOf(const Deed& deed, absl::Time now) {
  v1::AuditRecord record;
  *record.mutable_time() = ToProto(now);
  record.set_who(Bounded(deed.who.name));
  record.set_by(std::string(IdentifiedByName(deed.who.how)));
  record.set_id(Bounded(deed.who.id));
  record.set_from(Bounded(deed.who.remote));
  record.set_what(Bounded(deed.what));
  record.set_on(Bounded(deed.on));
  record.set_allowed(IsAllowed(deed.outcome));
  record.set_outcome(OutcomeOf(deed.outcome));
  return record;
}

std::string AuditLine(const v1::AuditRecord& record) {
  nlohmann::ordered_json line;
  line["time"] = absl::FormatTime(
      "%Y-%m-%dT%H:%M:%E6SZ", FromProto(record.time()), absl::UTCTimeZone());
  line["who"] = record.who();
  line["by"] = record.by();
  line["id"] = record.id();
  line["from"] = record.from();
  line["what"] = record.what();
  line["on"] = record.on();
  line["allowed"] = record.allowed();
  line["outcome"] = record.outcome();
  if (record.left_out() > 0) line["left_out"] = record.left_out();
  return line.dump(-1, ' ', /*ensure_ascii=*/false,
                   nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

absl::StatusOr<v1::AuditRecord> ParseAuditLine(std::string_view line) {
  KSO_ASSIGN_OR_RETURN(const Json json, ParseJson(line));
  absl::Time time;
  std::string trouble;
  if (!absl::ParseTime(absl::RFC3339_full, StringOf(json, "time"), &time,
                       &trouble)) {
    return absl::InvalidArgumentError(
        Concat("a line of the audit log has no time: ", trouble));
  }
  v1::AuditRecord record;
  *record.mutable_time() = ToProto(time);
  record.set_who(StringOf(json, "who"));
  record.set_by(StringOf(json, "by"));
  record.set_id(StringOf(json, "id"));
  record.set_from(StringOf(json, "from"));
  record.set_what(StringOf(json, "what"));
  record.set_on(StringOf(json, "on"));
  record.set_outcome(StringOf(json, "outcome"));
  const auto allowed = json.find("allowed");
  record.set_allowed(allowed != json.end() && allowed->is_boolean() &&
                     allowed->get<bool>());
  const auto left_out = json.find("left_out");
  if (left_out != json.end() && left_out->is_number_integer()) {
    record.set_left_out(left_out->get<int64_t>());
  }
  return record;
}

}  // namespace kso::coordinator
