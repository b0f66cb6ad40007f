// SPDX-License-Identifier: Apache-2.0
#include "common/release_file/sent_files.h"

#include <string>

#include "absl/status/status.h"
#include "common/release_file/release_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::release_file {
namespace {

using ::testing::HasSubstr;

// A release of one file, whose list is named as it is given.
std::string ReleaseOf(const std::string& list) {
  return "apiVersion: kso/v1\n"
         "kind: Release\n"
         "name: v1\n"
         "platforms: [linux/amd64]\n"
         "files:\n"
         "  base: docker.io/library/nginx:1.25\n"
         "  lists: {amd64: " +
         list +
         "}\n"
         "destination: oci:out\n";
}

TEST(SentFilesTest, AReleaseIsReadFromWhatWasSent) {
  for (const std::string name : {"a.list", "./a.list", "sub/../a.list"}) {
    SentFiles files;
    ASSERT_TRUE(files.Add("release.yaml", ReleaseOf(name)).ok());
    ASSERT_TRUE(
        files.Add("a.list", "\xEF\xBB\xBFhttps://example.com/x\n").ok());
    const auto release = ReadRelease("release.yaml", files);
    ASSERT_TRUE(release.ok()) << release.status();
    ASSERT_EQ(release->files_size(), 1);
    EXPECT_EQ(release->files(0).url(), "https://example.com/x");
    EXPECT_EQ(release->files(0).location(), name + ":1");
    // The sender's directory is not this machine's.
    EXPECT_EQ(release->destination().location(), "out");
  }
}

TEST(SentFilesTest, NoFileOfThisMachineIsRead) {
  for (const std::string name :
       {"/etc/hostname", "/etc/passwd", "../../../../../../etc/passwd",
        "/proc/self/environ", "release_reader.h", "."}) {
    SentFiles files;
    ASSERT_TRUE(files.Add("release.yaml", ReleaseOf(name)).ok());
    const auto release = ReadRelease("release.yaml", files);
    ASSERT_FALSE(release.ok()) << name;
    EXPECT_EQ(release.status().message(),
              "release.yaml:7: '" + name +
                  "': this file was not sent; paths are relative to the "
                  "release file");
  }
}

TEST(SentFilesTest, ListsAreBesideTheirRelease) {
  SentFiles files;
  ASSERT_TRUE(files.Add("lab/release.yaml", ReleaseOf("../a.list")).ok());
  ASSERT_TRUE(files.Add("a.list", "not a url\n").ok());
  const auto release = ReadRelease("lab/release.yaml", files);
  EXPECT_THAT(std::string(release.status().message()),
              HasSubstr("lab/../a.list:1: "));
}

TEST(SentFilesTest, AFileHasOneContentAndAName) {
  SentFiles files;
  ASSERT_TRUE(files.Add("a.list", "").ok());
  EXPECT_EQ(files.Add("./a.list", "").message(),
            "the file './a.list' was sent twice");
  EXPECT_TRUE(absl::IsInvalidArgument(files.Add("", "")));
}

TEST(SentFilesTest, WhatIsTooLargeOrNoTextIsRefused) {
  SentFiles files;
  ASSERT_TRUE(files.Add("large", std::string(5, 'x')).ok());
  ASSERT_TRUE(files.Add("binary", std::string("a\0b", 3)).ok());
  EXPECT_TRUE(files.Read("large", 5).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(files.Read("large", 4).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(files.Read("binary", 5).status()));
  EXPECT_TRUE(absl::IsNotFound(files.Read("none", 5).status()));
}

}  // namespace
}  // namespace kso::release_file
