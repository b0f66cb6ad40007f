// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/token_file.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::rpc {
namespace {

class TokenFileTest : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv("KSO_TOKEN"); }
  void TearDown() override { unsetenv("KSO_TOKEN"); }
  std::string File(const std::string& content, mode_t mode = 0600) {
    const std::string path = directory_.string() + "/token";
    std::ofstream(path) << content;
    chmod(path.c_str(), mode);
    return path;
  }

  testing::TempDirectory directory_;
};

TEST_F(TokenFileTest, TheFileGoesBeforeTheVariable) {
  EXPECT_EQ(ReadToken("").value(), "");
  setenv("KSO_TOKEN", " kso_variable\n", 1);
  EXPECT_EQ(ReadToken("").value(), "kso_variable");
  EXPECT_EQ(ReadToken(File("kso_file\n")).value(), "kso_file");
}

TEST_F(TokenFileTest, WhatIsNoTokenIsNotShown) {
  for (const std::string& bad :
       {std::string("secret words"), std::string("secret\nwords"),
        std::string("secret\x01"), std::string("secret\xff"), std::string("\n"),
        std::string(), std::string(7000, 's')}) {
    const auto token = ReadToken(File(bad));
    EXPECT_TRUE(absl::IsInvalidArgument(token.status())) << bad;
    EXPECT_FALSE(absl::StrContains(token.status().message(), "secret"));
  }
}

TEST_F(TokenFileTest, AFileThatOthersCanReadIsRefused) {
  EXPECT_TRUE(
      absl::IsPermissionDenied(ReadToken(File("kso_file", 0644)).status()));
  EXPECT_TRUE(
      absl::IsNotFound(ReadToken(directory_.string() + "/absent").status()));
}

}  // namespace
}  // namespace kso::rpc
