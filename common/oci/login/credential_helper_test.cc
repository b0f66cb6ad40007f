// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/credential_helper.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "common/oci/login/credentials.h"

namespace kso::oci {
namespace {

class CredentialHelperTest : public ::testing::Test {
 protected:
  CredentialHelperTest()
      : directory_(
            std::filesystem::path(::testing::TempDir()) /
            ::testing::UnitTest::GetInstance()->current_test_info()->name()),
        path_(std::getenv("PATH")) {
    std::filesystem::create_directories(directory_);
    setenv("PATH", (directory_.string() + ":" + path_).c_str(), 1);
  }
  ~CredentialHelperTest() override { setenv("PATH", path_.c_str(), 1); }

  // A helper that notes what it was asked, then does `script`.
  void Install(const std::string& name, const std::string& script) {
    const std::filesystem::path file =
        directory_ / ("docker-credential-" + name);
    std::ofstream(file) << "#!/bin/sh\ncd " << directory_
                        << "\necho \"$@\" >>arguments\ncat >asked\n"
                        << script << "\n";
    chmod(file.c_str(), 0755);
  }

  std::string Noted(const std::string& name) const {
    std::ifstream file(directory_ / name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  const std::filesystem::path directory_;
  const std::string path_;
};

constexpr char kAnswer[] =
    R"(echo '{"ServerURL":"x","Username":"robot","Secret":"s3cret"}')";

TEST_F(CredentialHelperTest, IsAskedOnStandardInput) {
  Install("fake", kAnswer);
  const auto login = AskCredentialHelper("fake", "quay.io");
  ASSERT_TRUE(login.ok()) << login.status();
  ASSERT_TRUE(login->has_value());
  EXPECT_EQ((*login)->username, "robot");
  EXPECT_EQ((*login)->password, "s3cret");
  EXPECT_EQ(Noted("arguments"), "get\n");
  EXPECT_EQ(Noted("asked"), "quay.io");
}

TEST_F(CredentialHelperTest, IdentityTokensAreMarkedByTheirName) {
  Install("fake", R"(echo '{"Username":"<token>","Secret":"t0ken"}')");
  const auto login = AskCredentialHelper("fake", "quay.io");
  ASSERT_TRUE(login.ok() && login->has_value()) << login.status();
  EXPECT_EQ((*login)->identity_token, "t0ken");
  EXPECT_EQ((*login)->username, "");
}

TEST_F(CredentialHelperTest, NotFoundIsNobody) {
  Install("fake", "echo 'credentials not found in native keychain'; exit 1");
  const auto login = AskCredentialHelper("fake", "quay.io");
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_FALSE(login->has_value());
}

TEST_F(CredentialHelperTest, TroubleIsNamedAndNothingIsShown) {
  Install("fails", "echo s3cret; echo s3cret >&2; exit 3");
  Install("babbles", "echo s3cret");
  Install("hangs", "exec sleep 100");
  for (const char* name : {"fails", "babbles", "hangs", "missing"}) {
    const absl::Status status =
        AskCredentialHelper(name, "quay.io", absl::Milliseconds(500)).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    const std::string message(status.message());
    EXPECT_NE(message.find(std::string("docker-credential-") + name),
              std::string::npos)
        << message;
    EXPECT_EQ(message.find("s3cret"), std::string::npos) << message;
  }
  for (const char* name : {"", "../x", "a/b", "a b", ".hidden"}) {
    EXPECT_TRUE(
        absl::IsInvalidArgument(AskCredentialHelper(name, "quay.io").status()))
        << name;
  }
}

TEST_F(CredentialHelperTest, TheFileOfLoginsSaysWhomToAsk) {
  Install("fake", kAnswer);
  Install("store", R"(echo '{"Username":"kept","Secret":"other"}')");
  const auto credentials = Credentials::FromJson(R"({
    "auths": {"ghcr.io": {"auth": "Z2g6cHc="}, "quay.io": {}},
    "credHelpers": {"quay.io": "fake"},
    "credsStore": "store"})");
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  for (int i = 0; i < 3; ++i) {
    const auto login = credentials->Find("quay.io", "a");
    ASSERT_TRUE(login.ok()) << login.status();
    EXPECT_EQ((*login)->username, "robot");
  }
  // Remembered: nobody likes to be asked for a password at each request.
  EXPECT_EQ(Noted("arguments"), "get\n");
  EXPECT_EQ((**credentials->Find("ghcr.io", "a")).username, "gh");
  EXPECT_EQ((**credentials->Find("docker.io", "a")).username, "kept");
  EXPECT_EQ(Noted("asked"), "https://index.docker.io/v1/");
}

}  // namespace
}  // namespace kso::oci
