// SPDX-License-Identifier: Apache-2.0
#include "coordinator/service/access_service.h"

#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "common/base/proto_time.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "coordinator/access/farm_doors.h"
#include "gtest/gtest.h"
#include "kso/v1/access.grpc.pb.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

using Stub = v1::AccessService::Stub;

// The service behind its gate, as clients meet it.
class AccessServiceTest : public ::testing::Test {
 protected:
  AccessServiceTest() {
    doors_ = *FarmDoors::Open(directory_.path(), {}, &clock_);
    service_ = CreateAccessService(doors_->doors(), &doors_->tokens());
    rpc::ServerSecurity security;
    security.gate = CreateAccessGate(doors_->doors());
    server_ =
        *rpc::StartServer("127.0.0.1:0", {service_.get()}, std::move(security));
  }

  template <typename Request, typename Response>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                 const Request&, Response*),
                    const Request& request, const std::string& token,
                    Response& response) {
    rpc::ChannelSecurity security;
    security.token = token;
    const auto channel =
        *rpc::CreateSecureChannel(server_->address(), security);
    Stub stub(channel);
    grpc::ClientContext context;
    return rpc::FromGrpc((stub.*method)(&context, request, &response));
  }

  absl::StatusOr<v1::CreateTokenResponse> Create(
      const std::string& role, const std::string& token,
      absl::Duration life = absl::Hours(1)) {
    v1::CreateTokenRequest request;
    request.set_name("ci");
    request.add_roles(role);
    *request.mutable_expires_in() = ToProto(life);
    v1::CreateTokenResponse response;
    const absl::Status status =
        Call(&Stub::CreateToken, request, token, response);
    if (!status.ok()) return status;
    return response;
  }
  absl::StatusOr<v1::ListTokensResponse> List(const std::string& token) {
    v1::ListTokensResponse response;
    const absl::Status status =
        Call(&Stub::ListTokens, v1::ListTokensRequest(), token, response);
    if (!status.ok()) return status;
    return response;
  }
  absl::Status Revoke(const std::string& id, const std::string& token) {
    v1::RevokeTokenRequest request;
    request.set_id(id);
    v1::TokenInfo response;
    return Call(&Stub::RevokeToken, request, token, response);
  }

  testing::FakeClock clock_;
  testing::TempDirectory directory_;
  std::unique_ptr<FarmDoors> doors_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<rpc::Server> server_;
};

TEST_F(AccessServiceTest, TheFirstTokenIsAnAdminsAndClosesTheFarm) {
  const auto submit = Create("submit", "");
  EXPECT_TRUE(absl::IsFailedPrecondition(submit.status())) << submit.status();
  EXPECT_TRUE(absl::StrContains(submit.status().message(), "--role admin"));
  const auto admin = Create("admin", "");
  ASSERT_TRUE(admin.ok()) << admin.status();
  // Loopback is no identity any more.
  EXPECT_TRUE(absl::IsUnauthenticated(Create("admin", "").status()));
  EXPECT_TRUE(absl::IsUnauthenticated(List("").status()));
  EXPECT_TRUE(Create("submit", admin->token()).ok());
  EXPECT_EQ(List(admin->token()).value().tokens_size(), 2);
}

TEST_F(AccessServiceTest, OnlyAdminsDealWithTokens) {
  const std::string admin = Create("admin", "").value().token();
  for (const char* role : {"view", "submit", "work"}) {
    const auto made = Create(role, admin);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_TRUE(absl::IsPermissionDenied(List(made->token()).status())) << role;
    EXPECT_TRUE(
        absl::IsPermissionDenied(Create("admin", made->token()).status()))
        << role;
    EXPECT_TRUE(
        absl::IsPermissionDenied(Revoke(made->info().id(), made->token())))
        << role;
  }
}

TEST_F(AccessServiceTest, ARevokedTokenIsOfNoUseFromTheNextCallOn) {
  const std::string admin = Create("admin", "").value().token();
  const auto other = Create("admin", admin).value();
  EXPECT_TRUE(List(other.token()).ok());
  EXPECT_TRUE(Revoke(other.info().id(), admin).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(List(other.token()).status()));
  EXPECT_TRUE(absl::IsNotFound(Revoke("nothing", admin)));
}

TEST_F(AccessServiceTest, AnExpiredTokenIsOfNoUse) {
  const std::string admin = Create("admin", "", absl::Hours(2)).value().token();
  clock_.Advance(absl::Hours(2));
  EXPECT_TRUE(absl::IsUnauthenticated(List(admin).status()));
}

TEST_F(AccessServiceTest, ListsShowNoSecret) {
  const std::string admin = Create("admin", "").value().token();
  const std::string shown = List(admin).value().ShortDebugString();
  EXPECT_FALSE(absl::StrContains(shown, admin.substr(21)));
  EXPECT_TRUE(absl::StrContains(shown, "admin"));
}

TEST_F(AccessServiceTest, BadOrdersAreNamed) {
  for (const char* role : {"root", "", "ADMIN"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Create(role, "").status())) << role;
  }
  EXPECT_TRUE(
      absl::IsInvalidArgument(Create("admin", "", -absl::Hours(1)).status()));
}

TEST_F(AccessServiceTest, ATokenAndItsDeedsSayWhoseTheyAre) {
  const auto admin = Create("admin", "").value();
  EXPECT_FALSE(Create("root", admin.token()).ok());
  const auto view = Create("view", admin.token()).value();
  EXPECT_EQ(view.info().created_by(), "ci");
  EXPECT_TRUE(Revoke(view.info().id(), admin.token()).ok());

  v1::ListAuditRequest request;
  v1::ListAuditResponse audit;
  ASSERT_TRUE(Call(&Stub::ListAudit, request, admin.token(), audit).ok());
  ASSERT_EQ(audit.records_size(), 4) << audit.DebugString();
  EXPECT_EQ(audit.records(1).on(), "token for ci");
  EXPECT_EQ(audit.records(2).on(),
            "token " + view.info().id() + " for ci (view)");
  EXPECT_EQ(audit.records(3).on(), "token " + view.info().id());
  // Only what is young enough is asked for.
  *request.mutable_since() = ToProto(clock_.Now() + absl::Seconds(1));
  ASSERT_TRUE(Call(&Stub::ListAudit, request, admin.token(), audit).ok());
  EXPECT_EQ(audit.records_size(), 0);
}

TEST_F(AccessServiceTest, TheAuditLogHasDeedsAndRefusals) {
  const auto admin = Create("admin", "").value();
  const auto view = Create("view", admin.token()).value();
  EXPECT_FALSE(Create("admin", view.token()).ok());
  EXPECT_FALSE(Revoke(admin.info().id(), "kso_stolen").ok());
  EXPECT_TRUE(Revoke(view.info().id(), admin.token()).ok());

  v1::ListAuditResponse audit;
  ASSERT_TRUE(
      Call(&Stub::ListAudit, v1::ListAuditRequest(), admin.token(), audit)
          .ok());
  ASSERT_EQ(audit.records_size(), 5) << audit.DebugString();
  EXPECT_EQ(audit.records(0).who(), "local");
  EXPECT_EQ(audit.records(0).what(), "CreateToken");
  EXPECT_TRUE(absl::StrContains(audit.records(0).on(), admin.info().id()));
  EXPECT_TRUE(absl::StartsWith(audit.records(0).from(), "127.0.0.1:"));
  EXPECT_EQ(audit.records(1).by(), "token");
  EXPECT_EQ(audit.records(1).id(), admin.info().id());
  EXPECT_FALSE(audit.records(2).allowed());
  EXPECT_EQ(audit.records(2).id(), view.info().id());
  EXPECT_FALSE(audit.records(3).allowed());
  EXPECT_EQ(audit.records(3).who(), "nobody");
  EXPECT_EQ(audit.records(4).what(), "RevokeToken");
  EXPECT_TRUE(audit.records(4).allowed());
  for (const auto& record : audit.records()) {
    EXPECT_FALSE(absl::StrContains(record.ShortDebugString(), "kso_"));
  }

  v1::ListAuditRequest newest;
  newest.set_limit(1);
  v1::ListAuditResponse one;
  ASSERT_TRUE(Call(&Stub::ListAudit, newest, admin.token(), one).ok());
  ASSERT_EQ(one.records_size(), 1);
  EXPECT_EQ(one.records(0).what(), "RevokeToken");
}

}  // namespace
}  // namespace kso::coordinator
