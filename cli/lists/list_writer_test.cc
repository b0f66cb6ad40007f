// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/list_writer.h"

#include <filesystem>
#include <fstream>

#include "cli/lists/generate.h"
#include "common/release_file/release_on_disk.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Generated MadeUp() {
  Generated generated;
  generated.version = "9.9.9";
  generated.ansible_version = "2.16.14";
  Listing& listing = generated.listing;
  const std::string digest = "sha256:" + std::string(64, 'a');
  listing.AddFile("https://h.example/amd64/x", digest, "amd64",
                  {"x", "kubespray_defaults", "x_url"});
  listing.AddFile("https://h.example/arm64/x", "", "arm64",
                  {"x", "kubespray_defaults", "x_url"});
  listing.AddFile("https://h.example/both", "sha512:" + std::string(128, 'b'),
                  "amd64", {"both", "", ""});
  listing.AddFile("https://h.example/both", "", "arm64", {"both", "", ""});
  listing.AddImage("quay.io/a/b:v1", {"b", "apps/b", "b_tag"});
  listing.AddImage("docker.io/mirantis/c:v1", {"c", "apps/c", "c_tag"});
  listing.AddUnsettled({"apps/d", "d_image", "'d_image' is\nundefined"});
  return generated;
}

TEST(ListWriterTest, WhatIsWrittenIsAReleaseThatCanBeRead) {
  const testing::TempDirectory directory;
  const auto kept = WriteRelease(MadeUp(), "oci:out", directory.path() / "r");
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_FALSE(*kept);
  const auto release =
      release_file::ReadRelease(directory.path() / "r" / kReleaseFile);
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_EQ(release->name(), "v0.1.0-9.9.9");
  ASSERT_EQ(release->files_size(), 3);
  EXPECT_EQ(release->files(0).digest(), "sha256:" + std::string(64, 'a'));
  EXPECT_EQ(release->images_size(), 2);
  EXPECT_EQ(release->missing_platform().allow_size(), 1);
}

TEST(ListWriterTest, EachLineSaysWhyItIsThere) {
  const auto files = ReleaseFiles(MadeUp(), "");
  EXPECT_THAT(files.at("files-amd64.list"),
              HasSubstr("https://h.example/amd64/x  # x, "
                        "roles/kubespray_defaults, x_url\n"));
  EXPECT_THAT(files.at("files-arm64.list"),
              HasSubstr("arm64/x  # x, roles/kubespray_defaults, x_url; no "
                        "hash is stated\n"));
  EXPECT_THAT(files.at("files-amd64.list"), Not(HasSubstr("arm64/x")));
  EXPECT_THAT(files.at("images.list"),
              HasSubstr("quay.io/a/b:v1  # b, roles/apps/b, b_tag\n"));
}

TEST(ListWriterTest, WhatIsNotSettledStandsInTheListAsAComment) {
  EXPECT_THAT(
      ReleaseFiles(MadeUp(), "").at("images.list"),
      HasSubstr("\n#   roles/apps/d, d_image: 'd_image' is undefined\n"));
}

TEST(ListWriterTest, TheSameListsMakeTheSameBytes) {
  EXPECT_EQ(ReleaseFiles(MadeUp(), ""), ReleaseFiles(MadeUp(), ""));
}

TEST(ListWriterTest, AReleaseFileThatPeopleEditedIsKept) {
  const testing::TempDirectory directory;
  const auto file = directory.path() / kReleaseFile;
  std::ofstream(file) << "mine";
  const auto kept = WriteRelease(MadeUp(), "", directory.path());
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_TRUE(*kept);
  EXPECT_EQ(std::filesystem::file_size(file), 4u);
  EXPECT_TRUE(std::filesystem::exists(directory.path() / kImagesList));
}

}  // namespace
}  // namespace kso::cli
