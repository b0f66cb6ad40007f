// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/enrollment.h"

#include <string>
#include <vector>

#include "common/access/role.h"
#include "common/files/small_file.h"
#include "common/pki/certificate.h"
#include "common/pki/certificate_request.h"
#include "common/pki/keys.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

template <typename T>
T Must(absl::StatusOr<T> value) {
  EXPECT_TRUE(value.ok()) << value.status();
  return *std::move(value);
}

class EnrollmentTest : public ::testing::Test {
 protected:
  EnrollmentTest() {
    Write("ca.crt", Must(root_.certificate().ToPem()));
    WriteAuthority("issuer", Must(root_.CreateIssuer(clock_.Now())));
    enrollment_ = Must(Open("issuer"));
  }

  void Write(const std::string& name, const std::string& content) const {
    ASSERT_TRUE(
        ReplaceSmallFile(temp_.path() / name, content, kSecretFileMode).ok());
  }
  void WriteAuthority(const std::string& name,
                      const pki::Authority& authority) const {
    Write(name + ".crt", Must(authority.WithIssuers(authority.certificate())));
    Write(name + ".key", Must(authority.key().ToPem()));
  }

  absl::StatusOr<std::unique_ptr<Enrollment>> Open(
      const std::string& issuer, const std::string& domain = "farm") {
    return Enrollment::Open(
        temp_.path(),
        {.issuer_certificate = temp_.path() / (issuer + ".crt"),
         .issuer_key = temp_.path() / (issuer + ".key"),
         .client_authorities = temp_.path() / "ca.crt",
         .trust_domain = domain},
        &clock_);
  }

  std::string Request(const std::string& name) const {
    return Must(pki::MakeCertificateRequest(key_, name));
  }
  std::string Invite(const std::string& name,
                     absl::Duration life = Invitations::kUsualLife) {
    return Must(enrollment_->Invite(name, life)).token;
  }
  absl::StatusOr<std::string> Enroll(const std::string& token,
                                     const std::string& request) {
    std::string name;
    return enrollment_->Enroll(token, request, name);
  }
  static Principal Worker(const std::string& name) {
    Principal principal;
    principal.name = name;
    principal.how = IdentifiedBy::kCertificate;
    principal.roles = {access::Role::kWork};
    return principal;
  }

  kso::testing::FakeClock clock_;
  const kso::testing::TempDirectory temp_;
  const pki::Authority root_ =
      Must(pki::Authority::CreateRoot("farm", clock_.Now()));
  const pki::PrivateKey key_ = Must(pki::PrivateKey::Generate());
  std::unique_ptr<Enrollment> enrollment_;
};

TEST_F(EnrollmentTest, AnInvitedWorkerGetsACertificateForItsName) {
  const std::string pem = Must(Enroll(Invite("box-1"), Request("box-1")));
  const auto chain = Must(pki::ReadCertificates(pem));
  const pki::CertificateFacts facts = Must(chain.front().Describe());
  EXPECT_THAT(facts.uris, ElementsAre("spiffe://farm/kso/work/box-1"));
  EXPECT_EQ(facts.not_after, clock_.Now() + pki::kWorkerCertificateLife);
  EXPECT_TRUE(chain.front().Fits(key_));
  EXPECT_TRUE(pki::VerifyCertificate(chain, {root_.certificate()},
                                     pki::CertificateUse::kClient, clock_.Now())
                  .ok());
}

TEST_F(EnrollmentTest, AnInvitationIsForOneKey) {
  const std::string token = Invite("box-1");
  EXPECT_TRUE(Enroll(token, Request("box-1")).ok());
  // The answer may have been lost.
  EXPECT_TRUE(Enroll(token, Request("box-1")).ok());
  const auto other = Must(pki::PrivateKey::Generate());
  const absl::Status again =
      Enroll(token, Must(pki::MakeCertificateRequest(other, "box-1"))).status();
  EXPECT_TRUE(absl::IsUnauthenticated(again)) << again;
  EXPECT_THAT(std::string(again.message()), HasSubstr("used up"));
}

TEST_F(EnrollmentTest, AUsedInvitationStaysUsedAfterARestart) {
  const std::string used = Invite("box-1");
  const std::string fresh = Invite("box-2");
  EXPECT_TRUE(Enroll(used, Request("box-1")).ok());
  enrollment_ = Must(Open("issuer"));
  const auto other = Must(pki::PrivateKey::Generate());
  EXPECT_FALSE(
      Enroll(used, Must(pki::MakeCertificateRequest(other, "box-1"))).ok());
  EXPECT_TRUE(Enroll(fresh, Request("box-2")).ok());
}

TEST_F(EnrollmentTest, AnInvitationExpires) {
  const std::string token = Invite("box-1", absl::Minutes(10));
  clock_.Advance(absl::Minutes(10));
  EXPECT_TRUE(
      absl::IsUnauthenticated(Enroll(token, Request("box-1")).status()));
}

TEST_F(EnrollmentTest, AnInvitationIsForItsNameOnly) {
  const std::string token = Invite("box-1");
  const absl::Status status = Enroll(token, Request("box-2")).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("--name box-1"));
  // A slip does not use it up.
  EXPECT_TRUE(Enroll(token, Request("box-1")).ok());
}

TEST_F(EnrollmentTest, StrangersLearnNothing) {
  const std::string token = Invite("box-1");
  const std::vector<std::string> tokens = {"",
                                           "kso_join_",
                                           token.substr(0, token.size() - 1),
                                           token + "0",
                                           "kso_join_" + std::string(64, '0'),
                                           std::string(100'000, 'a')};
  for (const std::string& bad : tokens) {
    const absl::Status status = Enroll(bad, Request("box-1")).status();
    EXPECT_TRUE(absl::IsUnauthenticated(status)) << bad.substr(0, 80);
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("box-1")));
  }
}

TEST_F(EnrollmentTest, TheTokenItselfIsNotKept) {
  const std::string token = Invite("box-1");
  const std::string kept =
      Must(ReadSmallFile(temp_.path() / "invitations.json", 1 << 20));
  EXPECT_THAT(kept, HasSubstr("box-1"));
  EXPECT_THAT(kept, Not(HasSubstr(token.substr(10, 20))));
}

TEST_F(EnrollmentTest, BadInvitationsAreNotMade) {
  EXPECT_FALSE(enrollment_->Invite("a/b", absl::Hours(1)).ok());
  EXPECT_FALSE(enrollment_->Invite("", absl::Hours(1)).ok());
  EXPECT_FALSE(enrollment_->Invite("a", absl::ZeroDuration()).ok());
  EXPECT_FALSE(enrollment_->Invite("a", absl::Hours(24 * 8)).ok());
}

TEST_F(EnrollmentTest, AWorkerRenewsItsOwnCertificateOnly) {
  EXPECT_TRUE(enrollment_->Renew(Worker("box-1"), Request("box-1")).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(
      enrollment_->Renew(Worker("box-2"), Request("box-1")).status()));
  Principal token = Worker("box-1");
  token.how = IdentifiedBy::kToken;
  EXPECT_TRUE(absl::IsPermissionDenied(
      enrollment_->Renew(token, Request("box-1")).status()));
  Principal submitter = Worker("box-1");
  submitter.roles = {access::Role::kSubmit};
  EXPECT_TRUE(absl::IsPermissionDenied(
      enrollment_->Renew(submitter, Request("box-1")).status()));
}

TEST_F(EnrollmentTest, ARenewedIssuerIsUsedWithoutARestart) {
  clock_.Advance(pki::kIssuerLife);
  const std::string token = Invite("box-1");
  EXPECT_TRUE(
      absl::IsFailedPrecondition(Enroll(token, Request("box-1")).status()));
  WriteAuthority("issuer", Must(root_.CreateIssuer(clock_.Now())));
  EXPECT_TRUE(Enroll(token, Request("box-1")).ok());
}

TEST_F(EnrollmentTest, AnIssuerOfAnotherFarmIsRefusedAtTheStart) {
  const auto other = Must(pki::Authority::CreateRoot("farm", clock_.Now()));
  WriteAuthority("stranger", Must(other.CreateIssuer(clock_.Now())));
  EXPECT_THAT(std::string(Open("stranger").status().message()),
              HasSubstr("--client-ca"));
  EXPECT_THAT(std::string(Open("issuer", "lab").status().message()),
              HasSubstr("--trust-domain"));
  EXPECT_FALSE(Open("missing").ok());
}

}  // namespace
}  // namespace kso::coordinator
