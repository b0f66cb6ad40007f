// SPDX-License-Identifier: Apache-2.0
// `ksoctl backup`, as people type it.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands/farm/farm_commands.h"
#include "common/bytes/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/command_fixture.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kArchive[] = "all that the coordinator knows";

// A coordinator whose backup ends with `trailer`, or with an error.
class BackupCoordinator : public FakeCoordinatorClient {
 public:
  BackupCoordinator() {
    trailer.set_size(static_cast<int64_t>(sizeof kArchive - 1));
    trailer.set_digest(Sha256Of(kArchive).ToString());
    trailer.set_records(7);
    trailer.set_version("0.3.0");
  }

  absl::StatusOr<v1::BackupTrailer> CreateBackup(ByteSink& sink) override {
    const absl::Status written = sink.Write(kArchive);
    if (!written.ok()) return written;
    if (!error.ok()) return error;
    return trailer;
  }

  v1::BackupTrailer trailer;
  absl::Status error;
};

class BackupTest : public CommandFixture {
 protected:
  int Backup(const std::string& path) {
    return Run(CreateBackup, coordinator_, {path});
  }
  std::string Read(const fs::path& path) const {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  BackupCoordinator coordinator_;
  const kso::testing::TempDirectory temp_;
  const fs::path directory_ = temp_.string();
};

TEST_F(BackupTest, IsInTheNamedFileThatOnlyItsOwnerReads) {
  const fs::path file = directory_ / "farm.tar";
  ASSERT_EQ(Backup(file.string()), 0) << error();
  EXPECT_EQ(Read(file), kArchive);
  EXPECT_THAT(Files(), ElementsAre("farm.tar"));
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_THAT(out(), HasSubstr("30 B, 7 records of kso-coordinator 0.3.0"));
  EXPECT_THAT(out(), HasSubstr("tar -C STATE_DIR -xf " + file.string()));
}

TEST_F(BackupTest, ADirectoryGetsAFileThatIsNamedAfterTheTime) {
  json_lines_ = true;
  ASSERT_EQ(Backup(directory_.string()), 0) << error();
  EXPECT_THAT(Files(), ElementsAre("kso-backup-20240101-000000.tar"));
  EXPECT_THAT(out(),
              HasSubstr("kso-backup-20240101-000000.tar\",\"bytes\":30"));
  EXPECT_THAT(out(), HasSubstr("\"records\":7"));
  // The next one within the same second would replace it.
  EXPECT_EQ(Backup(directory_.string()), 2);
}

TEST_F(BackupTest, WhatIsThereStays) {
  const fs::path file = directory_ / "farm.tar";
  std::ofstream(file) << "last week's";
  EXPECT_EQ(Backup(file.string()), 2);
  EXPECT_THAT(error(), HasSubstr("is there; name another file"));
  EXPECT_EQ(Read(file), "last week's");
}

TEST_F(BackupTest, OneThatWasCutOrChangedOnItsWayIsNone) {
  coordinator_.trailer.set_size(31);
  EXPECT_EQ(Backup((directory_ / "farm.tar").string()), 1);
  EXPECT_THAT(error(), HasSubstr("did not come as it was sent"));
  EXPECT_THAT(Files(), IsEmpty());
  coordinator_.trailer.set_size(30);
  coordinator_.trailer.set_digest(Sha256Of("other").ToString());
  EXPECT_EQ(Backup((directory_ / "farm.tar").string()), 1);
  EXPECT_THAT(error(), HasSubstr("did not come as it was sent"));
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(BackupTest, ABrokenOneLeavesNothingAndTheNextOneIsWhole) {
  const fs::path file = directory_ / "farm.tar";
  coordinator_.error = absl::UnavailableError("the coordinator stopped");
  EXPECT_EQ(Backup(file.string()), 3);
  EXPECT_THAT(Files(), IsEmpty());
  // As a ksoctl that was killed leaves it.
  std::ofstream(directory_ / "farm.tar.partial") << "half";
  coordinator_.error = absl::OkStatus();
  ASSERT_EQ(Backup(file.string()), 0) << error();
  EXPECT_EQ(Read(file), kArchive);
  EXPECT_THAT(Files(), ElementsAre("farm.tar"));
}

}  // namespace
}  // namespace kso::cli
