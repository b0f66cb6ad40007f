// SPDX-License-Identifier: Apache-2.0
#include "cli/render/access_text.h"

#include "absl/strings/match.h"
#include "common/base/proto_time.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

v1::TokenInfo Token(const char* id) {
  v1::TokenInfo token;
  token.set_id(id);
  token.set_name("ci");
  token.add_roles("submit");
  token.set_created_by("alice");
  return token;
}

TEST(AccessTextTest, TokensSayWhetherTheyAreOfUse) {
  v1::ListTokensResponse tokens;
  *tokens.add_tokens() = Token("1");
  *tokens.add_tokens() = Token("2");
  *tokens.mutable_tokens(1)->mutable_expires() = ToProto(kNow);
  *tokens.add_tokens() = Token("3");
  *tokens.mutable_tokens(2)->mutable_expires() =
      ToProto(kNow + absl::Hours(24));
  *tokens.mutable_tokens(2)->mutable_last_used() =
      ToProto(kNow - absl::Minutes(5));
  *tokens.add_tokens() = Token("4");
  *tokens.mutable_tokens(3)->mutable_revoked() = ToProto(kNow);
  const std::string text = TokensText(tokens, kNow);
  for (const char* words :
       {"does not expire", "expired 2023-11-14", "until 2023-11-15",
        "revoked 2023-11-14", "5m 0s ago", "never", "submit", "alice"}) {
    EXPECT_TRUE(absl::StrContains(text, words)) << words << "\n" << text;
  }
}

TEST(AccessTextTest, AuditsTellRefusalsAndDoNotControlTheTerminal) {
  v1::ListAuditResponse audit;
  v1::AuditRecord& record = *audit.add_records();
  *record.mutable_time() = ToProto(kNow);
  record.set_who("mallory\x1b[31m");
  record.set_by("certificate");
  record.set_from("192.0.2.7:1");
  record.set_what("CancelBuild");
  record.set_outcome("PERMISSION_DENIED: ask an admin");
  record.set_left_out(7);
  const std::string text = AuditText(audit);
  for (const char* words : {"2023-11-14 22:13:20", "192.0.2.7:1", "CancelBuild",
                            "refused: PERMISSION_DENIED", "7 refusals more"}) {
    EXPECT_TRUE(absl::StrContains(text, words)) << words << "\n" << text;
  }
  EXPECT_FALSE(absl::StrContains(text, "\x1b"));
}

TEST(AccessTextTest, NothingIsSaidInWords) {
  EXPECT_TRUE(absl::StrContains(TokensText({}, kNow), "ksoctl tokens create"));
  EXPECT_FALSE(AuditText({}).empty());
}

}  // namespace
}  // namespace kso::cli
