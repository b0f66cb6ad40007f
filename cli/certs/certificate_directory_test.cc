// SPDX-License-Identifier: Apache-2.0
#include "cli/certs/certificate_directory.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/time/clock.h"
#include "cli/certs/certificates_text.h"
#include "common/access/role.h"
#include "common/files/small_file.h"
#include "common/pki/authority.h"
#include "common/pki/certificate.h"
#include "common/pki/keys.h"
#include "common/pki/revocation_list.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The judges are programs of others, whose clock is the machine's.
const absl::Time kNow = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));

class CertificateDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto made =
        farm_.Init({.hosts = {"farm.example.com", "10.0.0.1"}}, kNow);
    ASSERT_TRUE(made.ok()) << made.status();
  }

  std::string Path(const std::string& name) const {
    return (temp_.path() / "pki" / name).string();
  }
  std::string Content(const std::string& name) const {
    return ReadSmallFile(Path(name), 1 << 20).value_or("");
  }
  int ModeOf(const std::string& name) const {
    struct stat status{};
    return ::stat(Path(name).c_str(), &status) == 0 ? status.st_mode & 0777
                                                    : -1;
  }
  // Runs openssl; returns whether it is content.
  bool Openssl(const std::string& args) const {
    return std::system(("openssl " + args + " >/dev/null 2>&1").c_str()) == 0;
  }
  pki::CertificateFacts Facts(const std::string& name) const {
    return ReadFiledCertificates(Path(name)).value().front().facts;
  }

  const kso::testing::TempDirectory temp_;
  const CertificateDirectory farm_{temp_.path() / "pki"};
};

TEST_F(CertificateDirectoryTest, KeysAreForTheirOwnerOnly) {
  for (const char* key : {"ca.key", "issuer.key", "coordinator.key"}) {
    EXPECT_EQ(ModeOf(key), 0600) << key;
  }
}

TEST_F(CertificateDirectoryTest, OpensslTrustsTheCoordinator) {
  const std::string verify = "verify -x509_strict -CAfile " + Path("ca.crt");
  EXPECT_TRUE(Openssl(verify + " -purpose sslserver -verify_hostname " +
                      "farm.example.com " + Path("coordinator.crt")));
  EXPECT_TRUE(Openssl(verify + " -purpose sslserver -verify_ip 10.0.0.1 " +
                      Path("coordinator.crt")));
  EXPECT_TRUE(Openssl(verify + " -purpose sslserver -verify_hostname " +
                      "localhost " + Path("coordinator.crt")));
  EXPECT_FALSE(Openssl(verify + " -purpose sslserver -verify_hostname " +
                       "other.example.com " + Path("coordinator.crt")));
  EXPECT_FALSE(
      Openssl(verify + " -purpose sslclient " + Path("coordinator.crt")));
}

TEST_F(CertificateDirectoryTest, OpensslTrustsAWorkerAsAClientOnly) {
  ASSERT_TRUE(
      farm_.Issue({.role = access::Role::kWork, .name = "box-1"}, kNow).ok());
  const std::string verify = "verify -x509_strict -CAfile " + Path("ca.crt") +
                             " -untrusted " + Path("box-1.crt");
  EXPECT_TRUE(Openssl(verify + " -purpose sslclient " + Path("box-1.crt")));
  EXPECT_FALSE(Openssl(verify + " -purpose sslserver " + Path("box-1.crt")));
  EXPECT_TRUE(
      Openssl("x509 -noout -in " + Path("box-1.crt") + " -checkend 2500000"));
  EXPECT_FALSE(
      Openssl("x509 -noout -in " + Path("box-1.crt") + " -checkend 2600000"));
  EXPECT_EQ(ModeOf("box-1.key"), 0600);
  EXPECT_THAT(Facts("box-1.crt").uris,
              ElementsAre("spiffe://farm/kso/work/box-1"));
}

TEST_F(CertificateDirectoryTest, TheRootsKeyIsNotNeededFromDayToDay) {
  std::filesystem::remove(Path("ca.key"));
  EXPECT_TRUE(farm_.Issue({.name = "ann"}, kNow).ok());
  EXPECT_TRUE(farm_.Renew(Path("ann.crt"), {}, kNow).ok());
  const absl::Status status =
      farm_.Renew(Path("coordinator.crt"), {}, kNow).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("ca.key"));
}

TEST_F(CertificateDirectoryTest, RevokesACertificateByItsFileAndAnIdentity) {
  ASSERT_TRUE(farm_.Issue({.name = "ann"}, kNow).ok());
  const auto line = farm_.Revoke(Path("ann.crt"), "laptop lost", kNow);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_THAT(*line, HasSubstr("serial:" + Facts("ann.crt").serial));
  EXPECT_THAT(*line, HasSubstr("laptop lost"));
  EXPECT_TRUE(farm_.Revoke("spiffe://farm/kso/work/box-1", "", kNow).ok());
  EXPECT_EQ(ModeOf("revoked"), 0644);
  const auto list = pki::RevocationList::Parse(Content("revoked"));
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->size(), 2U);
  for (const std::string& again :
       {Path("ann.crt"), "serial:" + Facts("ann.crt").serial,
        "SERIAL:" + Facts("ann.crt").serial}) {
    EXPECT_TRUE(absl::IsAlreadyExists(farm_.Revoke(again, "", kNow).status()))
        << again;
  }
}

TEST_F(CertificateDirectoryTest, WhatCannotBeRevokedChangesNothing) {
  const std::string before = Content("revoked");
  for (const std::string& what :
       {std::string("ann"), Path("coordinator.crt"), Path("issuer.crt"),
        Path("ca.key"), std::string("serial:x")}) {
    EXPECT_FALSE(farm_.Revoke(what, "", kNow).ok()) << what;
  }
  EXPECT_EQ(Content("revoked"), before);
}

TEST_F(CertificateDirectoryTest, NothingIsOverwritten) {
  const std::string key = Content("ca.key");
  EXPECT_TRUE(absl::IsAlreadyExists(farm_.Init({}, kNow).status()));
  EXPECT_EQ(Content("ca.key"), key);
  for (const char* name : {"ca", "coordinator", "issuer"}) {
    EXPECT_TRUE(
        absl::IsAlreadyExists(farm_.Issue({.name = name}, kNow).status()))
        << name;
  }
  ASSERT_TRUE(farm_.Issue({.name = "ann"}, kNow).ok());
  EXPECT_TRUE(
      absl::IsAlreadyExists(farm_.Issue({.name = "ann"}, kNow).status()));
}

TEST_F(CertificateDirectoryTest, NoNameLeadsOutOfTheDirectory) {
  for (const char* name : {"", "..", "../eve", "a/b", "/tmp/eve", "a b"}) {
    EXPECT_TRUE(
        absl::IsInvalidArgument(farm_.Issue({.name = name}, kNow).status()))
        << name;
  }
}

TEST_F(CertificateDirectoryTest, RenewsForTheSameKeyNameAndLife) {
  ASSERT_TRUE(
      farm_.Issue({.role = access::Role::kAdmin, .name = "ann"}, kNow).ok());
  const pki::CertificateFacts before = Facts("ann.crt");
  const std::string key = Content("ann.key");
  const absl::Time later = kNow + absl::Hours(24 * 60);
  const auto renewed = farm_.Renew(Path("ann.crt"), {}, later);
  ASSERT_TRUE(renewed.ok()) << renewed.status();
  const pki::CertificateFacts after = Facts("ann.crt");
  EXPECT_EQ(after.uris, before.uris);
  EXPECT_EQ(absl::ToUnixSeconds(after.not_after),
            absl::ToUnixSeconds(later + pki::kCertificateLife));
  EXPECT_NE(after.serial, before.serial);
  EXPECT_EQ(Content("ann.key"), key);
  EXPECT_TRUE(pki::Certificate::FromPem(Content("ann.crt"))
                  ->Fits(*pki::PrivateKey::FromPem(key)));
}

TEST_F(CertificateDirectoryTest, RenewsTheCoordinatorForAllItsHosts) {
  const pki::CertificateFacts before = Facts("coordinator.crt");
  ASSERT_TRUE(farm_.Renew(Path("coordinator.crt"), {}, kNow).ok());
  const pki::CertificateFacts after = Facts("coordinator.crt");
  EXPECT_EQ(after.dns_names, before.dns_names);
  EXPECT_EQ(after.ip_addresses, before.ip_addresses);
  EXPECT_TRUE(Openssl("verify -CAfile " + Path("ca.crt") +
                      " -purpose sslserver " + Path("coordinator.crt")));
}

TEST_F(CertificateDirectoryTest, ACoordinatorMayMove) {
  ASSERT_TRUE(
      farm_.Renew(Path("coordinator.crt"), {"new.example.com"}, kNow).ok());
  EXPECT_THAT(Facts("coordinator.crt").dns_names,
              ElementsAre("localhost", "new.example.com"));
  EXPECT_FALSE(farm_.Renew(Path("coordinator.crt"), {"a:1"}, kNow).ok());
  EXPECT_FALSE(farm_.Renew(Path("issuer.crt"), {"a.example"}, kNow).ok());
}

TEST_F(CertificateDirectoryTest, RenewsAnIssuerAndNotARoot) {
  ASSERT_TRUE(farm_.Issue({.name = "ann"}, kNow).ok());
  ASSERT_TRUE(farm_.Renew(Path("issuer.crt"), {}, kNow + absl::Hours(24)).ok());
  // A certificate that the issuer signed before stays good: its key is the
  // same.
  EXPECT_TRUE(Openssl("verify -CAfile " + Path("ca.crt") + " -untrusted " +
                      Path("ann.crt") + " " + Path("ann.crt")));
  EXPECT_THAT(
      std::string(farm_.Renew(Path("ca.crt"), {}, kNow).status().message()),
      HasSubstr("root"));
}

TEST_F(CertificateDirectoryTest, RefusesWhatIsNoCertificate) {
  std::ofstream(Path("junk.crt")) << "junk";
  const absl::Status status = ReadFiledCertificates(Path("junk.crt")).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("junk.crt"));
  EXPECT_TRUE(
      absl::IsNotFound(ReadFiledCertificates(Path("missing.crt")).status()));
}

TEST_F(CertificateDirectoryTest, ADirectoryIsShownWhole) {
  const auto all = ReadFiledCertificates(temp_.path() / "pki");
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 3u);
  const std::string text = CertificatesText(*all, kNow);
  EXPECT_THAT(text, HasSubstr("server at localhost, farm.example.com"));
  EXPECT_THAT(text, HasSubstr("90 days left"));
  EXPECT_THAT(CertificatesText(*all, kNow + absl::Hours(24 * 91)),
              HasSubstr("EXPIRED"));
  EXPECT_THAT(CertificatesJson(*all, kNow).dump(), HasSubstr("\"dnsNames\":["));
}

}  // namespace
}  // namespace kso::cli
