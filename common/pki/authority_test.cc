// SPDX-License-Identifier: Apache-2.0
#include "common/pki/authority.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/pki/certificate_request.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::pki {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

template <typename T>
T Must(absl::StatusOr<T> value) {
  EXPECT_TRUE(value.ok()) << value.status();
  return *std::move(value);
}

std::string Words(const absl::Status& status) {
  return std::string(status.message());
}

class AuthorityTest : public ::testing::Test {
 protected:
  ClientOrder Client(const std::string& name) const {
    return {.identity = {.trust_domain = "farm",
                         .role = access::Role::kSubmit,
                         .name = name}};
  }
  ServerOrder Server() const {
    return {.name = "coordinator",
            .hosts = {"farm.example.com", "10.0.0.1", "fd00::1"}};
  }
  absl::Status Verify(const std::vector<Certificate>& chain, CertificateUse use,
                      absl::Time at) const {
    return VerifyCertificate(chain, {root_.certificate()}, use, at);
  }

  const Authority root_ = Must(Authority::CreateRoot("farm", kNow));
  const PrivateKey key_ = Must(PrivateKey::Generate());
};

TEST_F(AuthorityTest, IssuesCertificatesThatStateAnIdentity) {
  const Certificate certificate =
      Must(root_.IssueClient(key_.public_key(), Client("ann"), kNow));
  const CertificateFacts facts = Must(certificate.Describe());
  EXPECT_THAT(facts.uris, ElementsAre("spiffe://farm/kso/submit/ann"));
  EXPECT_EQ(facts.subject, "CN=ann");
  EXPECT_EQ(facts.issuer, "CN=kso root");
  EXPECT_TRUE(facts.for_clients);
  EXPECT_FALSE(facts.for_servers);
  EXPECT_FALSE(facts.authority);
  EXPECT_EQ(facts.not_after, kNow + kCertificateLife);
  EXPECT_TRUE(certificate.Fits(key_));
  EXPECT_TRUE(Verify({certificate}, CertificateUse::kClient, kNow).ok());
  EXPECT_FALSE(Verify({certificate}, CertificateUse::kServer, kNow).ok());
}

TEST_F(AuthorityTest, ServersAreNamedByAllTheirHosts) {
  const Certificate certificate =
      Must(root_.IssueServer(key_.public_key(), Server(), kNow));
  const CertificateFacts facts = Must(certificate.Describe());
  EXPECT_THAT(facts.dns_names, ElementsAre("farm.example.com"));
  EXPECT_THAT(facts.ip_addresses, ElementsAre("10.0.0.1", "fd00::1"));
  EXPECT_TRUE(Verify({certificate}, CertificateUse::kServer, kNow).ok());
  EXPECT_FALSE(Verify({certificate}, CertificateUse::kClient, kNow).ok());
}

TEST_F(AuthorityTest, RefusesWhatIsNoHost) {
  for (const char* host :
       {"", "*.example.com", "farm:7070", "[fd00::1]", "a..b", "-a.example",
        "a-.example", "1.2.3", "300.1.1.1", "farm.example.com.", "fa rm",
        "farm,IP:10.0.0.9", "f\xc3\xa4rm"}) {
    ServerOrder order = Server();
    order.hosts = {host};
    const auto issued = root_.IssueServer(key_.public_key(), order, kNow);
    EXPECT_TRUE(absl::IsInvalidArgument(issued.status())) << host;
  }
}

TEST_F(AuthorityTest, TheirLivesEnd) {
  const Certificate certificate =
      Must(root_.IssueClient(key_.public_key(), Client("ann"), kNow));
  const auto at = [&](absl::Duration after) {
    return Verify({certificate}, CertificateUse::kClient, kNow + after);
  };
  EXPECT_TRUE(at(-kClockSkew + absl::Seconds(1)).ok());
  EXPECT_THAT(Words(at(-kClockSkew - absl::Seconds(2))),
              HasSubstr("not yet valid"));
  EXPECT_TRUE(at(kCertificateLife - absl::Seconds(1)).ok());
  EXPECT_THAT(Words(at(kCertificateLife + absl::Seconds(1))),
              HasSubstr("expired"));
}

TEST_F(AuthorityTest, NoCertificateOutlivesItsAuthority) {
  const absl::Time late = kNow + kRootLife - absl::Hours(1);
  const Certificate certificate =
      Must(root_.IssueClient(key_.public_key(), Client("ann"), late));
  EXPECT_EQ(Must(certificate.Describe()).not_after, kNow + kRootLife);
  EXPECT_TRUE(absl::IsFailedPrecondition(
      root_.IssueClient(key_.public_key(), Client("ann"), kNow + kRootLife)
          .status()));
}

TEST_F(AuthorityTest, SerialNumbersAreRandomAndOf128Bits) {
  std::set<std::string> serials;
  for (int i = 0; i < 20; ++i) {
    serials.insert(
        Must(Must(root_.IssueClient(key_.public_key(), Client("ann"), kNow))
                 .Describe())
            .serial);
  }
  EXPECT_EQ(serials.size(), 20u);
  for (const std::string& serial : serials) EXPECT_EQ(serial.size(), 32u);
}

TEST_F(AuthorityTest, AnIssuerSignsClientsForTheSameRoot) {
  const Authority issuer = Must(root_.CreateIssuer(kNow));
  const Certificate certificate =
      Must(issuer.IssueClient(key_.public_key(), Client("ann"), kNow));
  const std::string pem = Must(issuer.WithIssuers(certificate));
  const std::vector<Certificate> chain = Must(ReadCertificates(pem));
  ASSERT_EQ(chain.size(), 2u);
  EXPECT_TRUE(Verify(chain, CertificateUse::kClient, kNow).ok());
  // Without the issuer's certificate nobody finds the way to the root.
  EXPECT_FALSE(Verify({certificate}, CertificateUse::kClient, kNow).ok());
}

TEST_F(AuthorityTest, AnIssuerCannotMakeACoordinatorOrAnotherIssuer) {
  const Authority issuer = Must(root_.CreateIssuer(kNow));
  const Certificate server =
      Must(issuer.IssueServer(key_.public_key(), Server(), kNow));
  EXPECT_FALSE(
      Verify({server, issuer.certificate()}, CertificateUse::kServer, kNow)
          .ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(issuer.CreateIssuer(kNow).status()));
}

TEST_F(AuthorityTest, AClientsCertificateSignsNothing) {
  const Certificate ann =
      Must(root_.IssueClient(key_.public_key(), Client("ann"), kNow));
  const auto authority =
      Authority::FromPem(Must(ann.ToPem()), Must(key_.ToPem()));
  EXPECT_THAT(Words(authority.status()), HasSubstr("may not sign"));
}

TEST_F(AuthorityTest, AnotherRootOfTheSameDomainIsNotTrusted) {
  const Authority other = Must(Authority::CreateRoot("farm", kNow));
  const Certificate certificate =
      Must(other.IssueClient(key_.public_key(), Client("ann"), kNow));
  EXPECT_FALSE(Verify({certificate}, CertificateUse::kClient, kNow).ok());
  EXPECT_FALSE(
      Verify({certificate, other.certificate()}, CertificateUse::kClient, kNow)
          .ok());
}

TEST_F(AuthorityTest, SignsIdentitiesOfItsOwnDomainOnly) {
  ClientOrder order = Client("ann");
  order.identity.trust_domain = "elsewhere";
  EXPECT_TRUE(absl::IsInvalidArgument(
      root_.IssueClient(key_.public_key(), order, kNow).status()));
  const Authority lab = Must(Authority::CreateRoot("lab.example", kNow));
  const Authority loaded = Must(Authority::FromPem(
      Must(lab.certificate().ToPem()), Must(lab.key().ToPem())));
  EXPECT_EQ(loaded.trust_domain(), "lab.example");
  EXPECT_EQ(Must(loaded.CreateIssuer(kNow)).trust_domain(), "lab.example");
}

TEST_F(AuthorityTest, ComesBackFromItsFiles) {
  const Authority loaded = Must(Authority::FromPem(
      Must(root_.certificate().ToPem()), Must(root_.key().ToPem())));
  const Certificate certificate =
      Must(loaded.IssueClient(key_.public_key(), Client("ann"), kNow));
  EXPECT_TRUE(Verify({certificate}, CertificateUse::kClient, kNow).ok());
  EXPECT_THAT(Words(Authority::FromPem(Must(root_.certificate().ToPem()),
                                       Must(key_.ToPem()))
                        .status()),
              HasSubstr("not that of"));
}

TEST_F(AuthorityTest, KeysOfOtherKindsGetNoCertificate) {
  for (const char* kind : {"P-384", "RSA"}) {
    std::shared_ptr<EVP_PKEY> key(
        kind[0] == 'R' ? EVP_RSA_gen(2048) : EVP_EC_gen(kind), EVP_PKEY_free);
    EXPECT_TRUE(absl::IsInvalidArgument(
        root_.IssueClient(PublicKey(key), Client("ann"), kNow).status()))
        << kind;
  }
}

TEST_F(AuthorityTest, RequestsCarryAKeyAndAName) {
  const std::string pem = Must(MakeCertificateRequest(key_, "box-1"));
  const CertificateRequest request = Must(ReadCertificateRequest(pem));
  EXPECT_EQ(request.name, "box-1");
  EXPECT_TRUE(request.key == key_.public_key());
}

TEST_F(AuthorityTest, RequestsThatWereChangedAreRefused) {
  const std::string pem = Must(MakeCertificateRequest(key_, "box-1"));
  // Each change of a letter of the base64 breaks the form, the key, the name or
  // the signature.
  for (size_t at = pem.find('\n') + 1; at < pem.rfind('\n') - 27; at += 7) {
    std::string changed = pem;
    if (changed[at] == '\n' || changed[at] == '=') continue;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(
        absl::IsInvalidArgument(ReadCertificateRequest(changed).status()))
        << at;
  }
  for (const std::string& bad :
       {std::string(), std::string("no PEM"), pem.substr(0, pem.size() / 2),
        std::string(20'000, 'a')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadCertificateRequest(bad).status()));
  }
}

TEST_F(AuthorityTest, RequestsForBadNamesAreNotMade) {
  for (const char* name : {"", "..", "a/b", "a\nb", "spiffe://kso/admin/x"}) {
    EXPECT_FALSE(MakeCertificateRequest(key_, name).ok()) << name;
  }
}

TEST_F(AuthorityTest, DamagedCertificatesAreNotPassedOver) {
  const std::string good = Must(root_.certificate().ToPem());
  std::string damaged = good;
  damaged[good.size() / 2] = '!';
  EXPECT_FALSE(ReadCertificates(damaged).ok());
  EXPECT_FALSE(ReadCertificates(good + damaged).ok());
  EXPECT_FALSE(ReadCertificates("").ok());
  EXPECT_EQ(Must(ReadCertificates("words\n" + good + "more\n" + good)).size(),
            2u);
}

TEST_F(AuthorityTest, EncryptedKeysAreRefusedWithoutAQuestion) {
  const absl::Status status =
      PrivateKey::FromPem(
          "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
          "-----END ENCRYPTED PRIVATE KEY-----\n")
          .status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(Words(status), HasSubstr("pass phrase"));
}

}  // namespace
}  // namespace kso::pki
