// SPDX-License-Identifier: Apache-2.0
// `ksoctl init`, as people type it and answer what it asks.
#include <errno.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands/release/release_commands.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/command_fixture.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Newer than any example that is shipped.
constexpr char kVersion[] = "9.0.0";

// A program that has one example release beside it.
class InitTest : public CommandFixture {
 protected:
  void SetUp() override {
    const std::filesystem::path example =
        root_ / "share/kso/releases" / (std::string("kubespray-") + kVersion);
    std::filesystem::create_directories(example);
    std::ofstream(example / "release.yaml")
        << "apiVersion: kso/v1\nkind: Release\nname: v0.1.0-9.0.0\n"
           "platforms: [linux/amd64, linux/arm64]\n"
           "files:\n  base: docker.io/library/nginx:1.25.2-alpine\n"
           "  lists:\n    amd64: amd64.list\n    arm64: arm64.list\n"
           "destination: docker://registry.example.com/team\n";
    std::ofstream(example / "amd64.list")
        << "https://dl.k8s.io/amd64/kubelet\n";
    std::ofstream(example / "arm64.list")
        << "https://dl.k8s.io/arm64/kubelet\n";
    program_ = (root_ / "bin/ksoctl").string();
    called_ = program_invocation_name;
    program_invocation_name = program_.data();
  }
  void TearDown() override { program_invocation_name = called_; }

  int Init(std::vector<std::string> args) {
    args.insert(args.begin(), made_.string());
    FakeCoordinatorClient coordinator;
    return Run(CreateInit, coordinator, args);
  }
  std::string Release() const {
    std::stringstream text;
    text << std::ifstream(made_ / "release.yaml").rdbuf();
    return text.str();
  }

  const testing::TempDirectory temp_;
  const std::filesystem::path root_ = temp_.path();
  const std::filesystem::path made_ = root_ / "made";

 private:
  std::string program_;
  char* called_ = nullptr;
};

TEST_F(InitTest, AsksForWhatIsNotGiven) {
  has_person_ = true;
  in_.str("\nlinux/arm64\noci:/srv/out\n");
  ASSERT_EQ(Init({}), 0) << error();
  EXPECT_THAT(err(), AllOf(HasSubstr("Kubespray version ("),
                           HasSubstr("[9.0.0]: "), HasSubstr("Platforms ["),
                           HasSubstr("Destination (docker://HOST/PATH")));
  EXPECT_THAT(Release(), AllOf(HasSubstr("platforms: [linux/arm64]\n"),
                               HasSubstr("destination: \"oci:/srv/out\"\n"),
                               Not(HasSubstr("amd64.list"))));
  EXPECT_THAT(out(), HasSubstr("1 file, 0 images, to oci:/srv/out\n"));
  EXPECT_THAT(out(), HasSubstr("ksoctl plan -f " + made_.string()));
}

TEST_F(InitTest, AsksForNothingThatIsGiven) {
  has_person_ = true;
  ASSERT_EQ(Init({"--release", kVersion, "--platform", "linux/amd64",
                  "--destination", "docker://r.example.com/a", "--name", "v7"}),
            0)
      << error();
  EXPECT_EQ(err(), "");
  EXPECT_THAT(Release(), AllOf(HasSubstr("name: \"v7\"\n"),
                               HasSubstr("platforms: [linux/amd64]\n")));
}

TEST_F(InitTest, WithoutAPersonTheDefaultsHold) {
  in_.str("2.25.1\nlinux/arm64\noci:/srv/out\n");
  ASSERT_EQ(Init({}), 0) << error();
  EXPECT_EQ(err(), "");
  EXPECT_THAT(Release(), AllOf(HasSubstr("name: v0.1.0-9.0.0\n"),
                               HasSubstr("linux/amd64, linux/arm64")));
  EXPECT_THAT(out(), HasSubstr("Set `destination:` in it first.\n"));
}

TEST_F(InitTest, AWrongAnswerLeavesNothing) {
  has_person_ = true;
  in_.str("\nlinux/amd46\noci:/srv/out\n");
  EXPECT_EQ(Init({}), 2);
  EXPECT_THAT(error(), HasSubstr("linux/amd46"));
  EXPECT_FALSE(std::filesystem::exists(made_));
}

TEST_F(InitTest, AVersionWithoutAnExampleIsToldWhatToDo) {
  EXPECT_EQ(Init({"--release", "1.0"}), 2);
  EXPECT_THAT(error(), AllOf(HasSubstr("only for"), HasSubstr("9.0.0"),
                             HasSubstr("--kubespray DIR")));
}

TEST_F(InitTest, AReleaseThatIsThereStays) {
  ASSERT_EQ(Init({"--name", "mine"}), 0) << error();
  EXPECT_EQ(Init({"--name", "yours"}), 2);
  EXPECT_THAT(Release(), HasSubstr("name: \"mine\"\n"));
}

}  // namespace
}  // namespace kso::cli
