// SPDX-License-Identifier: Apache-2.0
#include "cli/render/access_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/render/text.h"
#include "common/base/proto_time.h"

namespace kso::cli {
namespace {

std::string Day(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone());
}

std::string StateOf(const v1::TokenInfo& token, absl::Time now) {
  if (token.has_revoked()) {
    return absl::StrCat("revoked ", Day(FromProto(token.revoked())));
  }
  if (!token.has_expires()) return "does not expire";
  const absl::Time expires = FromProto(token.expires());
  return absl::StrCat(expires <= now ? "expired " : "until ", Day(expires));
}

}  // namespace

std::string TokensText(const v1::ListTokensResponse& tokens, absl::Time now) {
  if (tokens.tokens().empty()) {
    return "There are no tokens. Make one: ksoctl tokens create NAME --role "
           "ROLE\n";
  }
  std::vector<std::vector<std::string>> rows = {
      {"ID", "NAME", "ROLES", "STATE", "LAST USED", "MADE BY"}};
  for (const v1::TokenInfo& token : tokens.tokens()) {
    rows.push_back(
        {Printable(token.id()), Printable(token.name()),
         Printable(absl::StrJoin(token.roles(), ",")), StateOf(token, now),
         token.has_last_used() ? FormatAge(token.last_used(), now) : "never",
         Printable(token.created_by())});
  }
  return FormatTable(rows);
}

std::string AuditText(const v1::ListAuditResponse& audit) {
  if (audit.records().empty()) return "Nothing was done in that time.\n";
  std::vector<std::vector<std::string>> rows = {
      {"TIME (UTC)", "WHO", "FROM", "WHAT", "ON", "OUTCOME"}};
  for (const v1::AuditRecord& record : audit.records()) {
    if (record.left_out() > 0) {
      rows.push_back({"", "", "", "", "",
                      absl::StrCat(record.left_out(),
                                   " refusals more, not written down")});
    }
    rows.push_back(
        {absl::FormatTime("%Y-%m-%d %H:%M:%S", FromProto(record.time()),
                          absl::UTCTimeZone()),
         absl::StrCat(Printable(record.who()), " (", Printable(record.by()),
                      ")"),
         Printable(record.from()), Printable(record.what()),
         Printable(record.on()),
         absl::StrCat(record.allowed() ? "" : "refused: ",
                      Printable(record.outcome()))});
  }
  return FormatTable(rows);
}

}  // namespace kso::cli
