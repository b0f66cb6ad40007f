// SPDX-License-Identifier: Apache-2.0

#include "cli/commands/program/program_commands.h"
#include "common/rpc/protocol_version.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/command_fixture.h"

namespace kso::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class VersionedCoordinator : public FakeCoordinatorClient {
 public:
  absl::StatusOr<v1::GetVersionResponse> GetVersion() override {
    if (!error.ok()) return error;
    return version;
  }

  v1::GetVersionResponse version;
  absl::Status error;
};

class VersionTest : public CommandFixture {
 protected:
  VersionTest() {
    coordinator_.version.set_version("9.8.7");
    coordinator_.version.set_protocol(rpc::kProtocol);
  }

  int Version() { return Run(CreateVersion, coordinator_, {}); }

  VersionedCoordinator coordinator_;
};

TEST_F(VersionTest, SaysBothVersions) {
  ASSERT_EQ(Version(), 0) << error();
  EXPECT_THAT(
      out(), AllOf(HasSubstr("ksoctl 0."), HasSubstr("\ncoordinator 9.8.7\n")));
  EXPECT_EQ(err(), "");
  json_lines_ = true;
  ASSERT_EQ(Version(), 0);
  EXPECT_THAT(out(), AllOf(HasSubstr("\"coordinator\":\"9.8.7\""),
                           HasSubstr("\"plaintextToOthers\":false")));
}

TEST_F(VersionTest, SaysItsOwnWhereTheCoordinatorIsAwayOrTellsNobody) {
  coordinator_.error = absl::UnavailableError("connection refused");
  ASSERT_EQ(Version(), 0) << error();
  EXPECT_THAT(out(), AllOf(HasSubstr("ksoctl 0."),
                           HasSubstr("not reachable at farm.example:7070")));
  coordinator_.error = absl::UnauthenticatedError("who are you?");
  ASSERT_EQ(Version(), 0) << error();
  EXPECT_THAT(out(), HasSubstr("coordinator not told: who are you?"));
  json_lines_ = true;
  ASSERT_EQ(Version(), 0);
  EXPECT_THAT(out(), AllOf(HasSubstr("\"coordinator\":null"),
                           HasSubstr("\"plaintextToOthers\":false")));
}

TEST_F(VersionTest, IsNoSuccessBesideACoordinatorThatIsTooNew) {
  coordinator_.version.set_protocol(rpc::kProtocol + 2);
  EXPECT_EQ(Version(), 2);
  EXPECT_THAT(out(), HasSubstr("coordinator 9.8.7"));
  EXPECT_THAT(error(), HasSubstr("upgrade this ksoctl"));
}

TEST_F(VersionTest, WarnsOfAFarmInPlainText) {
  coordinator_.version.set_plaintext_to_others(true);
  ASSERT_EQ(Version(), 0) << error();
  EXPECT_THAT(err(), HasSubstr("plain text"));
  quiet_ = true;
  ASSERT_EQ(Version(), 0);
  EXPECT_EQ(err(), "");
  json_lines_ = true;
  ASSERT_EQ(Version(), 0);
  EXPECT_THAT(out(), HasSubstr("\"plaintextToOthers\":true"));
}

}  // namespace
}  // namespace kso::cli
