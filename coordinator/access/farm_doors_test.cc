// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/farm_doors.h"

#include <sys/stat.h>

#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

class FarmDoorsTest : public ::testing::Test {
 protected:
  absl::Status Open(DoorOptions options) {
    doors_.reset();
    auto doors = FarmDoors::Open(directory_.path(), options, &clock_);
    const absl::Status status = doors.status();
    if (doors.ok()) doors_ = *std::move(doors);
    return status;
  }
  absl::StatusOr<Principal> Show(const std::string& token) {
    Evidence evidence;
    evidence.bearer = token;
    return doors_->doors().authenticator->Identify(evidence);
  }
  DoorOptions WithAdminToken() const {
    DoorOptions options;
    options.admin_token_file = file_;
    return options;
  }
  std::string TokenInFile() const {
    std::ifstream file(file_);
    std::string token;
    std::getline(file, token);
    return token;
  }

  testing::FakeClock clock_;
  testing::TempDirectory directory_;
  const std::string file_ = directory_.string() + "/admin.token";
  std::unique_ptr<FarmDoors> doors_;
};

TEST_F(FarmDoorsTest, AnOpenFarmServesThisMachineOnly) {
  ASSERT_TRUE(Open({}).ok());
  EXPECT_TRUE(doors_->doors().authenticator->open());
  for (const char* address : {"127.0.0.1:7070", "localhost:1", "[::1]:7070",
                              "unix:/run/kso.socket"}) {
    EXPECT_TRUE(doors_->CheckListen(address).ok()) << address;
  }
  for (const char* address : {"0.0.0.0:7070", "[::]:7070", "10.0.0.1:7070",
                              "farm.example:7070", "localhost.example:7070"}) {
    const absl::Status status = doors_->CheckListen(address);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << address;
    EXPECT_TRUE(absl::StrContains(status.message(), "--client-ca"));
  }
}

TEST_F(FarmDoorsTest, AFarmWithIdentitiesServesOthers) {
  DoorOptions options;
  options.certificates = true;
  ASSERT_TRUE(Open(options).ok());
  EXPECT_TRUE(doors_->CheckListen("0.0.0.0:7070").ok());
  ASSERT_TRUE(Open(WithAdminToken()).ok());
  EXPECT_TRUE(doors_->CheckListen("0.0.0.0:7070").ok());
}

TEST_F(FarmDoorsTest, TheFirstStartLeavesAnAdminsTokenForItsOperator) {
  ASSERT_TRUE(Open(WithAdminToken()).ok());
  struct stat status;
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
  const std::string token = TokenInFile();
  EXPECT_TRUE(Show(token).value().roles.Allows({access::Role::kAdmin}));
  // Later starts leave it alone.
  ASSERT_TRUE(Open(WithAdminToken()).ok());
  EXPECT_EQ(TokenInFile(), token);
  EXPECT_EQ(doors_->tokens().List().size(), 1);
}

TEST_F(FarmDoorsTest, AFileWithoutAnAdminsTokenIsNotTakenForOne) {
  ASSERT_TRUE(Open(WithAdminToken()).ok());
  ASSERT_TRUE(
      doors_->tokens().Revoke(doors_->tokens().List().front().id()).ok());
  const absl::Status revoked = Open(WithAdminToken());
  EXPECT_TRUE(absl::IsFailedPrecondition(revoked)) << revoked;
  std::ofstream(file_) << "something else\n";
  EXPECT_TRUE(absl::IsFailedPrecondition(Open(WithAdminToken())));
  // Whoever moves it away gets a new one.
  ASSERT_TRUE(std::filesystem::remove(file_));
  ASSERT_TRUE(Open(WithAdminToken()).ok());
  EXPECT_TRUE(Show(TokenInFile()).ok());
}

TEST_F(FarmDoorsTest, ATokenThatOthersCanReadIsNone) {
  ASSERT_TRUE(Open(WithAdminToken()).ok());
  ASSERT_EQ(chmod(file_.c_str(), 0644), 0);
  EXPECT_TRUE(absl::IsPermissionDenied(Open(WithAdminToken())));
}

TEST_F(FarmDoorsTest, AnotherTrustDomainIsTheOperatorsChoice) {
  DoorOptions options;
  options.certificates = true;
  options.trust_domain = "lab.example";
  ASSERT_TRUE(Open(options).ok());
  Evidence evidence;
  evidence.has_certificate = true;
  evidence.uris = {"spiffe://lab.example/kso/view/alice"};
  EXPECT_TRUE(doors_->doors().authenticator->Identify(evidence).ok());
  evidence.uris = {"spiffe://farm/kso/view/alice"};
  EXPECT_FALSE(doors_->doors().authenticator->Identify(evidence).ok());
  options.trust_domain = "Lab/x";
  EXPECT_TRUE(absl::IsInvalidArgument(Open(options)));
}

}  // namespace
}  // namespace kso::coordinator
