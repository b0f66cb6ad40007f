// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/init/example_releases.h"
#include "cli/init/question.h"
#include "cli/init/release_edit.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;

constexpr char kYaml[] =
    "# A comment.\n"
    "name: v0.1.0-2.25.1\n"
    "platforms: [linux/amd64, linux/arm64]\n"
    "\n"
    "files:\n"
    "  lists:\n"
    "    amd64: files-amd64.list\n"
    "    arm64: files-arm64.list\n"
    "  checksums: [a, b]\n"
    "# EDIT THIS. Where the two images go.\n"
    "destination: docker://registry.example.com/team\n";

TEST(EditRelease, ChangesWhatWasChosenAndNothingElse) {
  EXPECT_EQ(EditRelease(kYaml, {}), kYaml);
  const std::string edited =
      EditRelease(kYaml, {.name = "v1", .destination = "oci:/a \"b\""});
  EXPECT_THAT(edited, HasSubstr("# A comment.\nname: \"v1\"\n"));
  EXPECT_THAT(edited, HasSubstr("# Where the two images go.\n"
                                "destination: \"oci:/a \\\"b\\\"\"\n"));
  EXPECT_THAT(edited, HasSubstr("platforms: [linux/amd64, linux/arm64]\n"));
}

TEST(EditRelease, LeavesOutListsOfOtherArchitectures) {
  const std::string edited = EditRelease(kYaml, {.platforms = {"linux/arm64"}});
  EXPECT_THAT(edited, HasSubstr("platforms: [linux/arm64]\n"));
  EXPECT_THAT(edited, HasSubstr("  lists:\n    arm64: files-arm64.list\n"
                                "  checksums: [a, b]\n"));
  EXPECT_THAT(edited, Not(HasSubstr("amd64")));
}

TEST(ExampleReleases, AreFoundAboveTheProgram) {
  const kso::testing::TempDirectory temp;
  const std::filesystem::path root = temp.string();
  for (const char* directory :
       {"deploy/releases/kubespray-2.25.1",
        "share/kso/releases/kubespray-2.26.0",
        "deploy/releases/kubespray-empty", "deploy/releases/other"}) {
    std::filesystem::create_directories(root / directory);
  }
  for (const char* name :
       {"deploy/releases/kubespray-2.25.1",
        "share/kso/releases/kubespray-2.26.0", "deploy/releases/other"}) {
    std::ofstream(root / name / "release.yaml") << "x";
  }
  EXPECT_THAT(ExampleReleases(root / "bin/cli/ksoctl"),
              ElementsAre(Key("2.25.1"), Key("2.26.0")));
}

TEST(AskFor, TakesALineOrItsDefault) {
  std::istringstream in("  docker://r/x \n\n");
  std::ostringstream out;
  EXPECT_EQ(AskFor("Destination", "oci:out", in, out), "docker://r/x");
  EXPECT_EQ(AskFor("Name", "v1", in, out), "v1");
  EXPECT_EQ(AskFor("Platforms", "all", in, out), "all");
  EXPECT_THAT(out.str(), HasSubstr("Destination [oci:out]: "));
}

}  // namespace
}  // namespace kso::cli
