// SPDX-License-Identifier: Apache-2.0
#include "cli/releases/releases_text.h"

#include <string>

#include "cli/releases/inventory.h"
#include "cli/releases/removal_plan.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kDestination[] = "docker://registry.example.com/team";

RemovalPlan ExamplePlan() {
  RemovalPlan plan;
  plan.id = "5f0c2a9be1d47733";
  plan.names = {"v1"};
  plan.removal.tags = {{"kubespray-files", "v1", "sha256:aa"}};
  plan.removal.documents = {{"kubespray-files", "sha256:aa"}};
  plan.freed["sha256:bb"].set_size(1 << 20);
  plan.freed_bytes = 1 << 20;
  KeptRelease kept;
  kept.name = "v2";
  kept.documents = 3;
  kept.blobs = 7;
  kept.bytes = 5 << 20;
  kept.shared = 4;
  plan.kept = {kept};
  plan.kept_parts[{"kubespray-files", "sha256:cc"}].set_size(1);
  return plan;
}

TEST(ReleasesTextTest, ReleasesSayWhatOnlyTheyHave) {
  PlacedRelease release;
  release.name = "v1";
  release.tags = {{"kubespray-files", "v1", "sha256:aa"}};
  release.platforms = {"linux/amd64", "linux/arm64"};
  release.bytes = 3 << 20;
  release.own_bytes = 1 << 20;
  EXPECT_EQ(ReleasesText(kDestination, {{"v1", release}}),
            "v1  linux/amd64, linux/arm64  3.0 MiB, 1.0 MiB of it in no other "
            "release\n"
            "  kubespray-files:v1  sha256:aa\n");
  EXPECT_EQ(ReleasesText(kDestination, {}),
            "There are no releases at docker://registry.example.com/team.\n");
  const auto json = ReleasesJson(kDestination, {{"v1", release}});
  EXPECT_EQ(json["releases"][0]["ownBytes"], 1 << 20);
  EXPECT_EQ(json["releases"][0]["tags"][0]["name"], "kubespray-files:v1");
}

TEST(ReleasesTextTest, APlanSaysWhatGoesAndWhatStays) {
  const std::string text = PlanText(kDestination, ExamplePlan(), {});
  for (const char* part : {"5f0c2a9be1d47733", "kubespray-files:v1  sha256:aa",
                           "1.0 MiB", "v2     3          7      5.0 MiB  4",
                           "All 1 of them were asked for, and are there."}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(ReleasesTextTest, WhatIsMissingAlreadyIsSaid) {
  const std::string text =
      PlanText(kDestination, ExamplePlan(), {{"kubespray-files", "sha256:cc"}});
  EXPECT_THAT(text, HasSubstr("kubespray-files@sha256:cc"));
  EXPECT_THAT(text, Not(HasSubstr("and are there.")));
}

TEST(ReleasesTextTest, ProgramsGetTheSame) {
  const auto json = PlanJson(kDestination, ExamplePlan(), {}, /*done=*/false);
  EXPECT_EQ(json["plan"], "5f0c2a9be1d47733");
  EXPECT_EQ(json["manifests"][0], "kubespray-files@sha256:aa");
  EXPECT_EQ(json["blobs"][0]["size"], 1 << 20);
  EXPECT_EQ(json["kept"][0]["shared"], 4);
  EXPECT_EQ(json["done"], false);
}

// Names come from a registry, and are printed on a terminal.
TEST(ReleasesTextTest, NothingOfARegistryActsOnATerminal) {
  PlacedRelease release;
  release.name = "v1\x1b[2J";
  release.trouble = absl::DataLossError("\x1b[2J");
  EXPECT_THAT(ReleasesText(kDestination, {{"v1", release}}),
              Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace kso::cli
