// SPDX-License-Identifier: Apache-2.0
// The things that `ksoctl load`, `sign`, `summary`, `releases` and `verify`
// refuse before they ask a registry for anything.
#include "cli/commands/images/image_commands.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/command_fixture.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;

class ImageCommandsTest : public CommandFixture {
 protected:
  // Expects a refusal that says `words`.
  void ExpectRefused(CreateCommand create, const std::vector<std::string>& args,
                     const std::string& words) {
    FakeCoordinatorClient coordinator;
    EXPECT_EQ(Run(create, coordinator, args), 2) << words;
    EXPECT_THAT(error(), HasSubstr(words));
    EXPECT_EQ(out(), "");
  }
};

TEST_F(ImageCommandsTest, LoadWantsAnArchiveAndThenARegistry) {
  constexpr char kForm[] = "name the archive's files, then the registry";
  ExpectRefused(CreateLoad, {"docker://r.example/team"}, kForm);
  ExpectRefused(CreateLoad, {"release.tar"}, kForm);
  ExpectRefused(CreateLoad, {"docker://r.example/team", "release.tar"}, kForm);
  ExpectRefused(CreateLoad, {"a.tar", "oci:/srv/layout"}, kForm);
  // The last word alone is the registry.
  ExpectRefused(CreateLoad, {"/nowhere/a.tar", "docker://r.example/team"},
                "/nowhere/a.tar");
  ExpectRefused(CreateLoad, {"/nowhere/a.tar", "docker://r.example/UPPER"},
                "UPPER");
}

TEST_F(ImageCommandsTest, SignWantsOneThingToSignWith) {
  constexpr char kEither[] = "either --key or --command";
  // A reference may be written as a destination is.
  ExpectRefused(CreateSign, {"docker://r.example/team/a:v1"}, kEither);
  ExpectRefused(CreateSign, {"r.example/team/a:v1"}, kEither);
  ExpectRefused(
      CreateSign,
      {"r.example/team/a:v1", "--key", "cosign.key", "--command", "sign"},
      kEither);
  ExpectRefused(CreateSign, {"r.example/team/a:v1", "--key", "/nowhere.key"},
                "/nowhere.key");
  ExpectRefused(CreateSign, {"r.example/UPPER:v1", "--command", "sign"},
                "UPPER");
}

TEST_F(ImageCommandsTest, SummaryIsOfOneThing) {
  constexpr char kOne[] = "name one image, one archive";
  ExpectRefused(CreateSummary, {"r.example/a:v1", "r.example/a:v2"}, kOne);
}

TEST_F(ImageCommandsTest, ReleasesAreAtADestinationThatKeepsThem) {
  ExpectRefused(CreateReleases, {"ls", "oci-archive:/srv/a.tar"},
                "is an archive");
  ExpectRefused(CreateReleases, {"ls", "nowhere"}, "nowhere");
}

TEST_F(ImageCommandsTest, VerifyingQuicklyReadsNothingToJudge) {
  ExpectRefused(CreateVerify, {"--quick", "--level", "static", "r.example/a:1"},
                "give one of them");
  ExpectRefused(CreateVerify, {"--platform", "amd64", "r.example/a:1"},
                "amd64");
}

}  // namespace
}  // namespace kso::cli
