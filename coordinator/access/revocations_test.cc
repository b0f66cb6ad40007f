// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/revocations.h"

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/access/role.h"
#include "common/files/small_file.h"
#include "common/pki/authority.h"
#include "common/pki/certificate.h"
#include "common/pki/keys.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;

constexpr char kAnn[] = "spiffe://farm/kso/submit/ann";

class RevocationsTest : public ::testing::Test {
 protected:
  void Write(const std::string& text) {
    ASSERT_TRUE(ReplaceSmallFile(file_, text, kPublicFileMode).ok());
  }
  void Open() {
    auto opened = Revocations::Open(file_, &clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    revocations_ = *std::move(opened);
  }
  absl::Status Check() const { return revocations_->Check(kAnn, pem_); }

  static pki::Certificate Issue(absl::Time now) {
    const auto root = pki::Authority::CreateRoot("farm", now);
    const auto key = pki::PrivateKey::Generate();
    return root
        ->IssueClient(key->public_key(),
                      {.identity = {.trust_domain = "farm",
                                    .role = access::Role::kSubmit,
                                    .name = "ann"}},
                      now)
        .value();
  }

  kso::testing::FakeClock clock_;
  const kso::testing::TempDirectory temp_;
  const std::filesystem::path file_ = temp_.path() / "revoked";
  const pki::Certificate certificate_ = Issue(clock_.Now());
  const std::string pem_ = certificate_.ToPem().value();
  std::unique_ptr<Revocations> revocations_;
};

TEST_F(RevocationsTest, AListThatIsNotThereIsNoEmptyOne) {
  const auto opened = Revocations::Open(file_, &clock_);
  EXPECT_THAT(std::string(opened.status().message()),
              HasSubstr(file_.string()));
  Write("ann\n");
  EXPECT_THAT(std::string(Revocations::Open(file_, &clock_).status().message()),
              HasSubstr("line 1"));
}

TEST_F(RevocationsTest, WhoIsRevokedWhileTheFarmRunsIsRefusedInWords) {
  Write("# nothing\n");
  Open();
  EXPECT_TRUE(Check().ok());
  Write("serial:" + certificate_.serial() + " laptop lost\n");
  // The watch notices by itself.
  while (Check().ok()) clock_.Advance(Revocations::kInterval);
  EXPECT_TRUE(absl::IsUnauthenticated(Check()));
  EXPECT_THAT(std::string(Check().message()), HasSubstr("laptop lost"));
  Write(std::string(kAnn) + "\n");
  EXPECT_TRUE(revocations_->Refresh().ok());
  EXPECT_TRUE(absl::IsUnauthenticated(Check()));
  Write("");
  EXPECT_TRUE(revocations_->Refresh().ok());
  EXPECT_TRUE(Check().ok());
}

TEST_F(RevocationsTest, ASlipOfTheEditorLetsNobodyInAgain) {
  Write(std::string(kAnn) + "\n");
  Open();
  EXPECT_FALSE(Check().ok());
  Write("serial:what?\n");
  EXPECT_FALSE(revocations_->Refresh().ok());
  EXPECT_FALSE(Check().ok());
  std::filesystem::remove(file_);
  EXPECT_FALSE(revocations_->Refresh().ok());
  EXPECT_FALSE(Check().ok());
}

}  // namespace
}  // namespace kso::coordinator
