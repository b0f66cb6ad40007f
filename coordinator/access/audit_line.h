// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_AUDIT_LINE_H_
#define KSO_COORDINATOR_ACCESS_AUDIT_LINE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/access/audit_log.h"
#include "kso/v1/access.pb.h"

namespace kso::coordinator {

// The outcome of a deed that was done.
inline constexpr char kDone[] = "OK";

// The record of a deed at `now`. All its text is printable and bounded.
v1::AuditRecord AuditRecordOf(const Deed& deed, absl::Time now);

// A record as a line of audit.jsonl: a JSON object with the fields of
// v1::AuditRecord under their names there, `time` in RFC 3339, and a line feed.
// Collectors depend on it.
std::string AuditLine(const v1::AuditRecord& record);

// Reads a line, with or without its line feed. INVALID_ARGUMENT for one that is
// no record, such as what a full disk left.
absl::StatusOr<v1::AuditRecord> ParseAuditLine(std::string_view line);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_AUDIT_LINE_H_
