// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/outcome/own_target.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "cli/carry/export_record.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

class OwnTargetTest : public ::testing::Test {
 protected:
  OwnTargetTest() { fs::create_directories(directory_); }
  ~OwnTargetTest() override { fs::remove_all(directory_); }

  void Put(const std::string& name, const std::string& content) const {
    std::ofstream(directory_ / name) << content;
  }
  absl::Status Check(v1::Destination::Kind kind,
                     const std::string& name) const {
    v1::Destination destination;
    destination.set_kind(kind);
    destination.set_location(directory_ / name);
    return CheckOwnTarget(destination);
  }
  absl::Status Archive(const std::string& name) const {
    return Check(v1::Destination::OCI_ARCHIVE, name);
  }
  absl::Status Layout(const std::string& name) const {
    return Check(v1::Destination::OCI_LAYOUT, name);
  }

  const fs::path directory_ = fs::path(::testing::TempDir()) / "own_target";
};

TEST_F(OwnTargetTest, ANewFileIsNobodys) {
  EXPECT_TRUE(Archive("new.tar").ok());
  EXPECT_TRUE(Layout("new").ok());
}

TEST_F(OwnTargetTest, AnotherFileIsNotReplaced) {
  Put(".bashrc", "alias ls=ls");
  const absl::Status refused = Archive(".bashrc");
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("-o oci-archive:"));
  Put("parts.000", "a part of something");
  EXPECT_FALSE(Archive("parts").ok());
  Put("sums.sha256", "a list of checksums");
  EXPECT_FALSE(Archive("sums").ok());
  fs::create_symlink("/nowhere", directory_ / "link.tar");
  EXPECT_FALSE(Archive("link.tar").ok());
}

TEST_F(OwnTargetTest, AnEarlierExportIsReplaced) {
  Put("release.tar", "an archive");
  Put("release.tar.sha256", FormatExportRecord({}));
  EXPECT_TRUE(Archive("release.tar").ok());
}

TEST_F(OwnTargetTest, ADirectoryIsALayoutOrEmpty) {
  fs::create_directories(directory_ / "etc");
  EXPECT_TRUE(Layout("etc").ok());
  Put("etc/passwd", "root");
  EXPECT_FALSE(Layout("etc").ok());
  fs::create_directories(directory_ / "layout");
  Put("layout/oci-layout", "{}");
  EXPECT_TRUE(Layout("layout").ok());
  Put("file", "x");
  EXPECT_FALSE(Layout("file").ok());
}

}  // namespace
}  // namespace kso::cli
