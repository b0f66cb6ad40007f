// SPDX-License-Identifier: Apache-2.0
#include "coordinator/service/enrollment_service.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "common/access/role.h"
#include "common/base/proto_time.h"
#include "common/files/small_file.h"
#include "common/pki/authority.h"
#include "common/pki/certificate.h"
#include "common/pki/certificate_request.h"
#include "common/pki/keys.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/tls_files.h"
#include "common/run/clock.h"
#include "coordinator/access/access_gate.h"
#include "coordinator/access/enrollment.h"
#include "coordinator/access/farm_doors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kso/v1/enrollment.grpc.pb.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;

template <typename T>
T Must(absl::StatusOr<T> value) {
  EXPECT_TRUE(value.ok()) << value.status();
  return *std::move(value);
}

// The service over TLS and behind its gate, as workers meet it. TLS knows the
// machine's clock only.
class EnrollmentServiceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { rpc::RequireTls13(); }

  EnrollmentServiceTest() {
    Write("ca.crt", Must(root_.certificate().ToPem()));
    const pki::Authority issuer = Must(root_.CreateIssuer(clock_->Now()));
    Write("issuer.crt", Must(issuer.WithIssuers(issuer.certificate())));
    Write("issuer.key", Must(issuer.key().ToPem()));
    const auto server = Must(pki::PrivateKey::Generate());
    Write("server.key", Must(server.ToPem()));
    Write("server.crt", Must(Must(root_.IssueServer(server.public_key(),
                                                    {.name = "coordinator",
                                                     .hosts = {"127.0.0.1"}},
                                                    clock_->Now()))
                                 .ToPem()));
    doors_ =
        Must(FarmDoors::Open(temp_.path(), {.certificates = true}, clock_));
    enrollment_ =
        Must(Enrollment::Open(temp_.path(),
                              {.issuer_certificate = Path("issuer.crt"),
                               .issuer_key = Path("issuer.key"),
                               .client_authorities = Path("ca.crt"),
                               .trust_domain = "farm"},
                              clock_));
    service_ = CreateEnrollmentService(doors_->doors(), enrollment_.get());
    rpc::ServerSecurity security;
    security.tls = {.ca = Path("ca.crt"),
                    .cert = Path("server.crt"),
                    .key = Path("server.key")};
    security.gate = CreateAccessGate(doors_->doors());
    server_ = Must(
        rpc::StartServer("127.0.0.1:0", {service_.get()}, std::move(security)));
  }

  std::string Path(const std::string& name) const {
    return (temp_.path() / name).string();
  }
  void Write(const std::string& name, const std::string& content) const {
    ASSERT_TRUE(ReplaceSmallFile(Path(name), content, kSecretFileMode).ok());
  }
  // Writes NAME.crt and NAME.key of a client.
  void Issue(const std::string& name, access::Role role) const {
    const auto key = Must(pki::PrivateKey::Generate());
    Write(name + ".key", Must(key.ToPem()));
    Write(name + ".crt",
          Must(Must(root_.IssueClient(key.public_key(),
                                      {.identity = {.trust_domain = "farm",
                                                    .role = role,
                                                    .name = name}},
                                      clock_->Now()))
                   .ToPem()));
  }

  using Stub = v1::EnrollmentService::Stub;

  // Calls with the certificate of `who`; empty: without one.
  template <typename Request, typename Response>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                 const Request&, Response*),
                    const std::string& who, const Request& request,
                    Response& response) {
    rpc::ChannelSecurity security;
    security.tls.ca = Path("ca.crt");
    if (!who.empty()) {
      security.tls.cert = Path(who + ".crt");
      security.tls.key = Path(who + ".key");
    }
    Stub stub(Must(rpc::CreateSecureChannel(server_->address(), security)));
    grpc::ClientContext context;
    return rpc::FromGrpc((stub.*method)(&context, request, &response));
  }

  absl::StatusOr<std::string> Invite(const std::string& who,
                                     const std::string& name) {
    v1::InviteWorkerRequest request;
    request.set_name(name);
    v1::InviteWorkerResponse response;
    const absl::Status status =
        Call(&Stub::InviteWorker, who, request, response);
    if (!status.ok()) return status;
    return response.token();
  }
  absl::StatusOr<std::string> Enroll(const std::string& token,
                                     const std::string& name) {
    v1::EnrollRequest request;
    request.set_token(token);
    request.set_certificate_request(
        Must(pki::MakeCertificateRequest(key_, name)));
    v1::EnrollResponse response;
    const absl::Status status = Call(&Stub::Enroll, "", request, response);
    if (!status.ok()) return status;
    return response.certificates();
  }
  absl::StatusOr<std::string> Renew(const std::string& who,
                                    const std::string& name) {
    v1::RenewCertificateRequest request;
    request.set_certificate_request(
        Must(pki::MakeCertificateRequest(key_, name)));
    v1::RenewCertificateResponse response;
    const absl::Status status =
        Call(&Stub::RenewCertificate, who, request, response);
    if (!status.ok()) return status;
    return response.certificates();
  }

  Clock* const clock_ = Clock::Real();
  const kso::testing::TempDirectory temp_;
  const pki::Authority root_ =
      Must(pki::Authority::CreateRoot("farm", clock_->Now()));
  const pki::PrivateKey key_ = Must(pki::PrivateKey::Generate());
  std::unique_ptr<FarmDoors> doors_;
  std::unique_ptr<Enrollment> enrollment_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<rpc::Server> server_;
};

TEST_F(EnrollmentServiceTest, AStrangerWithAnInvitationBecomesAWorker) {
  Issue("root", access::Role::kAdmin);
  const std::string token = Must(Invite("root", "box-1"));
  const std::string certificates = Must(Enroll(token, "box-1"));
  Write("box-1.crt", certificates);
  Write("box-1.key", Must(key_.ToPem()));
  // With what it got it is an identity, and renews that.
  const std::string next = Must(Renew("box-1", "box-1"));
  const pki::CertificateFacts facts =
      Must(Must(pki::Certificate::FromPem(next)).Describe());
  EXPECT_THAT(facts.uris, ElementsAre("spiffe://farm/kso/work/box-1"));
  EXPECT_TRUE(absl::IsPermissionDenied(Renew("box-1", "box-2").status()));
}

TEST_F(EnrollmentServiceTest, AnInvitationSaysForWhomAndUntilWhen) {
  Issue("root", access::Role::kAdmin);
  v1::InviteWorkerRequest request;
  request.set_name("box-1");
  v1::InviteWorkerResponse usual;
  ASSERT_TRUE(Call(&Stub::InviteWorker, "root", request, usual).ok());
  EXPECT_EQ(usual.name(), "box-1");
  EXPECT_GT(FromProto(usual.expires()), clock_->Now() + absl::Minutes(30));
  EXPECT_LT(FromProto(usual.expires()), clock_->Now() + absl::Minutes(90));
  *request.mutable_expires_in() = ToProto(absl::Hours(48));
  v1::InviteWorkerResponse longer;
  ASSERT_TRUE(Call(&Stub::InviteWorker, "root", request, longer).ok());
  EXPECT_GT(FromProto(longer.expires()), clock_->Now() + absl::Hours(47));
}

TEST_F(EnrollmentServiceTest, DeedsSayWhichWorkerTheyWereOn) {
  Issue("root", access::Role::kAdmin);
  const std::string token = Must(Invite("root", "box-1"));
  Write("box-1.crt", Must(Enroll(token, "box-1")));
  Write("box-1.key", Must(key_.ToPem()));
  EXPECT_TRUE(Renew("box-1", "box-1").ok());
  std::vector<std::string> deeds;
  for (const v1::AuditRecord& record :
       Must(doors_->doors().audit->Read(absl::InfinitePast(), 10))) {
    deeds.push_back(record.what() + " " + record.on());
  }
  EXPECT_THAT(deeds,
              ElementsAre("InviteWorker worker box-1", "Enroll worker box-1",
                          "RenewCertificate worker box-1"));
}

// A call that was refused is over, and takes no place.
TEST_F(EnrollmentServiceTest, ManyThatAreRefusedKeepNobodyOut) {
  for (int i = 0; i < 65; ++i) {
    v1::EnrollResponse response;
    EXPECT_FALSE(absl::IsResourceExhausted(
        Call(&Stub::Enroll, "", v1::EnrollRequest(), response)))
        << i;
  }
}

TEST_F(EnrollmentServiceTest, AStrangerWithoutOneBecomesNothing) {
  EXPECT_TRUE(absl::IsUnauthenticated(Enroll("", "box-1").status()));
  EXPECT_TRUE(absl::IsUnauthenticated(Enroll("kso_join_0", "box-1").status()));
  EXPECT_TRUE(absl::IsUnauthenticated(Invite("", "box-1").status()));
  EXPECT_TRUE(absl::IsUnauthenticated(Renew("", "box-1").status()));
}

TEST_F(EnrollmentServiceTest, OnlyAdminsInviteAndOnlyWorkersRenew) {
  for (const access::Role role :
       {access::Role::kView, access::Role::kSubmit, access::Role::kWork}) {
    Issue("someone", role);
    EXPECT_TRUE(absl::IsPermissionDenied(Invite("someone", "box-1").status()));
    if (role == access::Role::kWork) continue;
    EXPECT_TRUE(absl::IsPermissionDenied(Renew("someone", "someone").status()));
  }
}

TEST_F(EnrollmentServiceTest, ACoordinatorWithoutAnIssuerSaysWhatToDo) {
  const auto service = CreateEnrollmentService(doors_->doors(), nullptr);
  const auto server = Must(rpc::StartServer("127.0.0.1:0", {service.get()}));
  v1::EnrollmentService::Stub stub(rpc::CreateChannel(server->address()));
  grpc::ClientContext context;
  v1::EnrollResponse response;
  const absl::Status status =
      rpc::FromGrpc(stub.Enroll(&context, v1::EnrollRequest(), &response));
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "--issuer-cert"));
}

}  // namespace
}  // namespace kso::coordinator
