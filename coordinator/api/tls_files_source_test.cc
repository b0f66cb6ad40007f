// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/tls_files_source.h"

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/openssl_authority.h"
#include "tests/fakes/shell.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

using kso::testing::OpensslAuthority;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Content(const std::string& path) {
  return kso::testing::Shell("cat " + path);
}

void Replace(const std::string& from, const std::string& to) {
  std::filesystem::copy_file(from, to,
                             std::filesystem::copy_options::overwrite_existing);
}

class TlsFilesSourceTest : public ::testing::Test {
 protected:
  TlsFilesSourceTest() {
    files_ = {.ca = directory_.string() + "/ca.crt",
              .cert = directory_.string() + "/own.crt",
              .key = directory_.string() + "/own.key"};
    Replace(authority_.ca(), files_.ca);
    Use(first_);
  }
  void Use(const OpensslAuthority::Pair& pair) {
    Replace(pair.cert, files_.cert);
    Replace(pair.key, files_.key);
  }

  kso::testing::TempDirectory directory_;
  OpensslAuthority authority_;
  const OpensslAuthority::Pair first_ =
      authority_.Issue("first", "DNS:farm.example.com,IP:192.0.2.7");
  const OpensslAuthority::Pair second_ =
      authority_.Issue("second", "DNS:other.example.com");
  rpc::TlsFiles files_;
  kso::testing::FakeClock clock_;
};

TEST_F(TlsFilesSourceTest, TheIdentityIsWhatTheFilesHave) {
  auto source = OpenTlsFiles(files_, &clock_);
  ASSERT_TRUE(source.ok()) << source.status();
  const auto identity = (*source)->Current();
  EXPECT_EQ(identity->certificate_chain, Content(first_.cert));
  EXPECT_EQ(identity->private_key, Content(first_.key));
  EXPECT_EQ(identity->client_authorities, Content(authority_.ca()));

  files_.ca.clear();
  source = OpenTlsFiles(files_, &clock_);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ((*source)->Current()->certificate_chain, Content(first_.cert));
  EXPECT_EQ((*source)->Current()->client_authorities, "");
}

TEST_F(TlsFilesSourceTest, FilesThatDoNotFitAreSaidSo) {
  Replace(second_.key, files_.key);
  EXPECT_TRUE(absl::IsInvalidArgument(OpenTlsFiles(files_, &clock_).status()));
  std::filesystem::remove(files_.cert);
  EXPECT_TRUE(absl::IsNotFound(OpenTlsFiles(files_, &clock_).status()));
}

TEST_F(TlsFilesSourceTest, FilesThatWereReplacedAreReadWithinFiveSeconds) {
  const auto source = OpenTlsFiles(files_, &clock_);
  ASSERT_TRUE(source.ok()) << source.status();
  const auto first = (*source)->Current();
  // An object that is the same says that nothing was renewed.
  clock_.Advance(absl::Seconds(5));
  EXPECT_EQ((*source)->Current(), first);

  Use(second_);
  clock_.Advance(absl::Milliseconds(4999));
  EXPECT_EQ((*source)->Current(), first);
  clock_.Advance(absl::Milliseconds(1));
  const auto second = (*source)->Current();
  EXPECT_EQ(second->certificate_chain, Content(second_.cert));
  EXPECT_EQ(second->private_key, Content(second_.key));

  Use(first_);
  clock_.Advance(absl::Milliseconds(4999));
  EXPECT_EQ((*source)->Current(), second);
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ((*source)->Current()->certificate_chain, Content(first_.cert));
}

TEST_F(TlsFilesSourceTest, OtherAuthoritiesAloneAreANewIdentity) {
  const auto source = OpenTlsFiles(files_, &clock_);
  ASSERT_TRUE(source.ok()) << source.status();
  const OpensslAuthority other;
  Replace(other.ca(), files_.ca);
  clock_.Advance(absl::Seconds(5));
  EXPECT_EQ((*source)->Current()->client_authorities, Content(other.ca()));
}

TEST_F(TlsFilesSourceTest, FilesThatCannotBeUsedLeaveTheOldIdentity) {
  const auto source = OpenTlsFiles(files_, &clock_);
  ASSERT_TRUE(source.ok()) << source.status();
  const auto first = (*source)->Current();
  Replace(second_.cert, files_.cert);
  clock_.Advance(absl::Seconds(5));
  EXPECT_EQ((*source)->Current(), first);
  // The key has come, too.
  Use(second_);
  clock_.Advance(absl::Seconds(5));
  EXPECT_EQ((*source)->Current()->certificate_chain, Content(second_.cert));
}

TEST_F(TlsFilesSourceTest, TheNamesOfACertificateAreItsHostsAndAddresses) {
  EXPECT_THAT(NamesOfCertificate(Content(first_.cert)),
              ElementsAre("farm.example.com", "192.0.2.7"));
  EXPECT_THAT(NamesOfCertificate("no certificate"), IsEmpty());
}

}  // namespace
}  // namespace kso::coordinator
