// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/credentials.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kso::oci {
namespace {

// "hub:secret", "team:pass:word" and "site:other" in base64.
constexpr char kFile[] = R"({
  "auths": {
    "https://index.docker.io/v1/": {"auth": "aHViOnNlY3JldA=="},
    "quay.io/team": {"auth": "dGVhbTpwYXNzOndvcmQ="},
    "quay.io": {"auth": "c2l0ZTpvdGhlcg=="},
    "token.example.com": {"identitytoken": "abc"},
    "helper.example.com": {}
  }
})";

TEST(CredentialsTest, FindsTheMostSpecificLogin) {
  const auto credentials = Credentials::FromJson(kFile);
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  const auto find = [&](const char* host, const char* repository) {
    return *credentials->Find(host, repository);
  };
  EXPECT_EQ(find("quay.io", "team/image")->username, "team");
  EXPECT_EQ(find("quay.io", "team/image")->password, "pass:word");
  EXPECT_EQ(find("quay.io", "teams/image")->username, "site");
  EXPECT_EQ(find("token.example.com", "a")->identity_token, "abc");
  EXPECT_FALSE(find("helper.example.com", "a").has_value());
  EXPECT_FALSE(find("example.com", "quay.io").has_value());
}

TEST(CredentialsTest, DockerHubHasManyNames) {
  const auto credentials = Credentials::FromJson(kFile);
  ASSERT_TRUE(credentials.ok());
  for (const char* host : {"docker.io", "index.docker.io",
                           "registry-1.docker.io", "registry.hub.docker.com"}) {
    EXPECT_EQ((**credentials->Find(host, "library/nginx")).username, "hub")
        << host;
  }
}

TEST(CredentialsTest, ABadLoginIsNamedButNotShown) {
  const auto credentials =
      Credentials::FromJson(R"({"auths":{"quay.io":{"auth":"c2VjcmV0"}}})");
  EXPECT_EQ(credentials.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(credentials.status().message());
  EXPECT_NE(message.find("quay.io"), std::string::npos);
  EXPECT_EQ(message.find("secret"), std::string::npos);
  EXPECT_EQ(message.find("c2VjcmV0"), std::string::npos);
}

// Files of logins in a home of their own.
class CredentialFilesTest : public ::testing::Test {
 protected:
  CredentialFilesTest()
      : home_(std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(home_);
    Set("HOME", home_.string());
    Set("XDG_RUNTIME_DIR", (home_ / "run").string());
    Set("DOCKER_CONFIG", "");
    Set("REGISTRY_AUTH_FILE", "");
  }
  ~CredentialFilesTest() override {
    for (const auto& [name, value] : before_) {
      if (value.has_value()) {
        setenv(name.c_str(), value->c_str(), 1);
      } else {
        unsetenv(name.c_str());
      }
    }
  }

  void Set(const std::string& name, const std::string& value) {
    const char* before = std::getenv(name.c_str());
    before_.try_emplace(name, before == nullptr
                                  ? std::nullopt
                                  : std::optional<std::string>(before));
    setenv(name.c_str(), value.c_str(), 1);
  }

  void Write(const std::string& file, const std::string& content) {
    std::filesystem::create_directories((home_ / file).parent_path());
    std::ofstream(home_ / file) << content;
  }

  static std::string User(const Credentials& credentials,
                          const std::string& host,
                          const std::string& repository = "a") {
    const auto login = credentials.Find(host, repository);
    if (!login.ok()) return std::string(login.status().message());
    return login->has_value() ? (*login)->username : "nobody";
  }

  const std::filesystem::path home_;
  std::map<std::string, std::optional<std::string>> before_;
};

constexpr char kPodman[] = R"({"auths":{
  "quay.io": {"auth": "cG9kbWFuOng="},
  "ghcr.io/team": {"auth": "cG9kbWFuOng="}}})";
constexpr char kDocker[] = R"({"auths":{
  "quay.io": {"auth": "ZG9ja2VyOng="},
  "ghcr.io": {"auth": "ZG9ja2VyOng="}}})";

TEST_F(CredentialFilesTest, TheFirstFileWithALoginForTheRegistryCounts) {
  Write("run/containers/auth.json", kPodman);
  Write(".docker/config.json", kDocker);
  const auto credentials = Credentials::FromEnvironment();
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  EXPECT_EQ(User(*credentials, "quay.io"), "podman");
  EXPECT_EQ(User(*credentials, "ghcr.io", "team/a"), "podman");
  EXPECT_EQ(User(*credentials, "ghcr.io", "other/a"), "docker");
  EXPECT_EQ(User(*credentials, "docker.io"), "nobody");
}

TEST_F(CredentialFilesTest, TheFileThatTheEnvironmentNamesIsTheOnlyOne) {
  Write("run/containers/auth.json", kPodman);
  Write("mine.json", R"({"auths":{"ghcr.io": {"auth": "bWluZTp4"}}})");
  Set("REGISTRY_AUTH_FILE", (home_ / "mine.json").string());
  const auto credentials = Credentials::FromEnvironment();
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  EXPECT_EQ(User(*credentials, "ghcr.io"), "mine");
  EXPECT_EQ(User(*credentials, "quay.io"), "nobody");
}

TEST_F(CredentialFilesTest, AnEmptyFileIsNoTrouble) {
  for (const char* empty : {"", "\n", "{}", "{\"auths\":{}}"}) {
    Write("run/containers/auth.json", empty);
    Write(".docker/config.json", kDocker);
    const auto credentials = Credentials::FromEnvironment();
    ASSERT_TRUE(credentials.ok()) << credentials.status();
    EXPECT_EQ(User(*credentials, "quay.io"), "docker");
  }
}

TEST_F(CredentialFilesTest, ABrokenFileIsNamed) {
  Write("run/containers/auth.json", kPodman);
  Write(".docker/config.json", "{\"auths\":");
  const absl::Status status = Credentials::FromEnvironment().status();
  EXPECT_NE(std::string(status.message()).find(".docker/config.json: "),
            std::string::npos)
      << status;
}

TEST_F(CredentialFilesTest, AHelperInTroubleIsToldOnceAndOthersAreAsked) {
  Write("run/containers/auth.json",
        R"({"credHelpers":{"quay.io":"kso-missing","gcr.io":"kso-missing"}})");
  Write(".docker/config.json", kDocker);
  std::vector<std::string> told;
  const auto credentials = Credentials::FromEnvironment(
      [&](const std::string& trouble) { told.push_back(trouble); });
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  EXPECT_EQ(User(*credentials, "quay.io"), "docker");
  EXPECT_NE(User(*credentials, "gcr.io").find("docker-credential-kso-missing"),
            std::string::npos);
  EXPECT_EQ(User(*credentials, "ghcr.io"), "docker");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].find("docker-credential-kso-missing"), std::string::npos);
}

TEST(CredentialsTest, NobodyIsKnownByDefault) {
  EXPECT_FALSE(Credentials().Find("quay.io", "a")->has_value());
  EXPECT_TRUE(Credentials::FromJson("{}").ok());
  EXPECT_FALSE(Credentials::FromJson("not json").ok());
}

}  // namespace
}  // namespace kso::oci
