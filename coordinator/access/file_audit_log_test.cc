// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/file_audit_log.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

namespace fs = std::filesystem;

// Files of this process cannot grow beyond so many bytes while it lives.
class FullDisk {
 public:
  explicit FullDisk(size_t file_bytes) {
    // A write beyond the limit fails then, in place of ending the process.
    signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    struct rlimit limit = before_;
    limit.rlim_cur = file_bytes;
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  struct rlimit before_ = {};
};

class FileAuditLogTest : public ::testing::Test {
 protected:
  void Open(const AuditLimits& limits = {}) {
    log_.reset();
    auto log = OpenFileAuditLog(directory_.path(), &clock_, limits);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }
  static Deed Cancel(const std::string& build, absl::Status outcome) {
    Deed deed;
    deed.who.name = "alice";
    deed.who.how = IdentifiedBy::kToken;
    deed.who.id = "0123456789abcdef";
    deed.who.remote = "192.0.2.7:41234";
    deed.what = "CancelBuild";
    deed.on = "build " + build;
    deed.outcome = std::move(outcome);
    return deed;
  }
  static Deed Refused() {
    return Cancel("b", absl::PermissionDeniedError("ask an admin"));
  }
  std::vector<v1::AuditRecord> Read(absl::Time since = absl::InfinitePast(),
                                    size_t most = 1000) {
    auto records = log_->Read(since, most);
    EXPECT_TRUE(records.ok()) << records.status();
    return *records;
  }
  std::string File() {
    std::ifstream file(directory_.path() / "audit.jsonl");
    return std::string((std::istreambuf_iterator<char>(file)), {});
  }
  int64_t BytesOfAllFiles() {
    int64_t bytes = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(directory_.path())) {
      bytes += static_cast<int64_t>(entry.file_size());
    }
    return bytes;
  }

  testing::FakeClock clock_;
  testing::TempDirectory directory_;
  std::unique_ptr<AuditLog> log_;
};

TEST_F(FileAuditLogTest, ADeedIsALineForCollectors) {
  Open();
  log_->Note(Cancel("b1", absl::OkStatus()));
  log_.reset();
  EXPECT_EQ(File(),
            R"({"time":"2024-01-01T00:00:00.000000Z","who":"alice",)"
            R"("by":"token","id":"0123456789abcdef","from":"192.0.2.7:41234",)"
            R"("what":"CancelBuild","on":"build b1","allowed":true,)"
            R"("outcome":"OK"})"
            "\n");
}

TEST_F(FileAuditLogTest, WhatWasRefusedIsToldFromWhatFailed) {
  Open();
  log_->Note(Refused());
  log_->Note(Cancel("b", absl::UnauthenticatedError("no identity")));
  log_->Note(Cancel("b", absl::NotFoundError("there is no such build")));
  const auto records = Read();
  ASSERT_EQ(records.size(), 3);
  EXPECT_FALSE(records[0].allowed());
  EXPECT_EQ(records[0].outcome(), "PERMISSION_DENIED: ask an admin");
  EXPECT_FALSE(records[1].allowed());
  EXPECT_TRUE(records[2].allowed());
  EXPECT_EQ(records[2].outcome(), "NOT_FOUND: there is no such build");
}

TEST_F(FileAuditLogTest, DeedsSurviveARestartInTheirOrder) {
  Open();
  log_->Note(Cancel("b1", absl::OkStatus()));
  Open();
  clock_.Advance(absl::Hours(1));
  log_->Note(Cancel("b2", absl::OkStatus()));
  const auto records = Read();
  ASSERT_EQ(records.size(), 2);
  EXPECT_EQ(records[0].on(), "build b1");
  EXPECT_EQ(records[1].on(), "build b2");
  EXPECT_EQ(Read(clock_.Now()).size(), 1);
  ASSERT_EQ(Read(absl::InfinitePast(), 1).size(), 1);
  EXPECT_EQ(Read(absl::InfinitePast(), 1)[0].on(), "build b2");
}

TEST_F(FileAuditLogTest, TextFromOutsideMakesNoLineOfItsOwn) {
  Open();
  log_->Note(
      Cancel("b\n{\"who\":\"forged\"}\x1b[31m\xff" + std::string(1 << 20, 'x'),
             absl::OkStatus()));
  const auto records = Read();
  ASSERT_EQ(records.size(), 1);
  EXPECT_EQ(records[0].who(), "alice");
  EXPECT_LT(File().size(), 2000);
  for (const char* bad : {"\x1b", "\xff", "\n{"}) {
    EXPECT_FALSE(absl::StrContains(File(), bad));
  }
}

TEST_F(FileAuditLogTest, TheFileIsTheOwnersAlone) {
  Open();
  log_->Note(Refused());
  Read();
  struct stat status;
  ASSERT_EQ(stat((directory_.path() / "audit.jsonl").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
}

TEST_F(FileAuditLogTest, AFloodOfRefusalsIsCountedAndNotWritten) {
  Open({.refusals = 10, .refusal_period = absl::Minutes(1)});
  for (int i = 0; i < 1000; ++i) log_->Note(Refused());
  // A deed that is allowed is written meanwhile, and says how many are missing.
  log_->Note(Cancel("b", absl::OkStatus()));
  auto records = Read();
  ASSERT_EQ(records.size(), 11);
  EXPECT_TRUE(records.back().allowed());
  EXPECT_EQ(records.back().left_out(), 990);
  // In the next minute, there are as many again.
  clock_.Advance(absl::Minutes(1));
  for (int i = 0; i < 11; ++i) log_->Note(Refused());
  EXPECT_EQ(Read().size(), 21);
  clock_.Advance(absl::Minutes(1) - absl::Milliseconds(1));
  log_->Note(Refused());
  EXPECT_EQ(Read().size(), 21);
}

TEST_F(FileAuditLogTest, NobodyDrivesOldLinesOutByAFlood) {
  Open({.refusals = 10, .deeds = 20});
  // Deeds that fail change nothing.
  for (int i = 0; i < 100; ++i) {
    log_->Note(Cancel(absl::StrCat("none-", i), absl::NotFoundError("none")));
  }
  EXPECT_EQ(Read().size(), 10);
  // Nor does one that is done already.
  for (int i = 0; i < 100; ++i) log_->Note(Cancel("b", absl::OkStatus()));
  EXPECT_EQ(Read().size(), 11);
  // Other identities are others.
  Deed of_bob = Cancel("b", absl::OkStatus());
  of_bob.who.id = "fedcba9876543210";
  log_->Note(of_bob);
  auto records = Read();
  ASSERT_EQ(records.size(), 12);
  EXPECT_EQ(records[10].left_out(), 90);
  EXPECT_EQ(records[11].left_out(), 99);
  for (int i = 0; i < 100; ++i) {
    log_->Note(Cancel(absl::StrCat("b", i), absl::OkStatus()));
  }
  EXPECT_EQ(Read().size(), 30);
  clock_.Advance(absl::Minutes(1));
  log_->Note(Cancel("b", absl::OkStatus()));
  records = Read();
  ASSERT_EQ(records.size(), 31);
  EXPECT_EQ(records.back().left_out(), 82);
}

// docs/security.md names these bounds.
TEST_F(FileAuditLogTest, AMinuteHasTwoHundredRefusalsAndTwoThousandDeeds) {
  Open();
  for (int i = 0; i < 201; ++i) log_->Note(Refused());
  EXPECT_EQ(Read().size(), 200);
  for (int i = 0; i < 2001; ++i) {
    log_->Note(Cancel(absl::StrCat("b", i), absl::OkStatus()));
  }
  EXPECT_EQ(Read(absl::InfinitePast(), 10'000).size(), 2200);
}

TEST_F(FileAuditLogTest, AFileHasSixteenMebibytes) {
  Open();
  log_->Note(Cancel("b1", absl::OkStatus()));
  Read();
  log_.reset();
  const fs::path file = directory_.path() / "audit.jsonl";
  const fs::path old = directory_.path() / "audit.jsonl.1";
  const auto line = static_cast<int64_t>(fs::file_size(file));
  // Another line fits exactly. The hole is a line that says nothing.
  fs::resize_file(file, (int64_t{16} << 20) - line - 1);
  std::ofstream(file, std::ios::app) << "\n";
  Open();
  log_->Note(Cancel("b2", absl::OkStatus()));
  Read();
  EXPECT_FALSE(fs::exists(old));
  log_->Note(Cancel("b3", absl::OkStatus()));
  Read();
  EXPECT_TRUE(fs::exists(old));
}

TEST_F(FileAuditLogTest, EightOldFilesAreKept) {
  Open({.file_bytes = 10});
  for (int i = 0; i < 12; ++i) {
    log_->Note(Cancel(absl::StrCat("b", i), absl::OkStatus()));
    Read();
  }
  EXPECT_TRUE(fs::exists(directory_.path() / "audit.jsonl.8"));
  EXPECT_FALSE(fs::exists(directory_.path() / "audit.jsonl.9"));
  EXPECT_EQ(Read().size(), 9);
}

TEST_F(FileAuditLogTest, WhatIsDoneAndUndoneIsWrittenEachTime) {
  Open();
  Deed retry = Cancel("b", absl::OkStatus());
  retry.what = "RetryBuild";
  for (int i = 0; i < 3; ++i) {
    log_->Note(Cancel("b", absl::OkStatus()));
    log_->Note(retry);
  }
  EXPECT_EQ(Read().size(), 6);
}

TEST_F(FileAuditLogTest, NoMoreRecordsWaitForTheDiskThanMay) {
  // Not even one may wait here, so that no writer is faster than this test.
  Open({.waiting = 0});
  for (int i = 0; i < 3; ++i) log_->Note(Cancel("b", absl::OkStatus()));
  EXPECT_TRUE(Read().empty());
  log_.reset();
  EXPECT_EQ(File(), "");
}

TEST_F(FileAuditLogTest, AFileIsAsLargeAsItMayBe) {
  const auto files = [this] {
    using Files = std::filesystem::directory_iterator;
    return std::distance(Files(directory_.path()), Files());
  };
  Open();
  log_->Note(Cancel("b1", absl::OkStatus()));
  Read();
  const auto line = static_cast<int64_t>(File().size());
  // Two lines fit exactly, also in one that is opened anew.
  Open({.file_bytes = 2 * line, .old_files = 3});
  log_->Note(Cancel("b2", absl::OkStatus()));
  Read();
  EXPECT_EQ(files(), 1);
  for (const char* build : {"b3", "b4"}) {
    log_->Note(Cancel(build, absl::OkStatus()));
    Read();
    EXPECT_EQ(files(), 2);
  }
  log_->Note(Cancel("b5", absl::OkStatus()));
  const auto records = Read();
  EXPECT_EQ(files(), 3);
  ASSERT_EQ(records.size(), 5);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(records[i].on(), absl::StrCat("build b", i + 1));
  }
}

TEST_F(FileAuditLogTest, ALineThatIsTooLargeForAnyFileHasOneOfItsOwn) {
  Open({.file_bytes = 10, .old_files = 3});
  log_->Note(Cancel("b1", absl::OkStatus()));
  EXPECT_EQ(Read().size(), 1);
  using Files = std::filesystem::directory_iterator;
  EXPECT_EQ(std::distance(Files(directory_.path()), Files()), 1);
  log_->Note(Cancel("b2", absl::OkStatus()));
  EXPECT_EQ(Read().size(), 2);
  EXPECT_EQ(std::distance(Files(directory_.path()), Files()), 2);
}

TEST_F(FileAuditLogTest, TheFilesTogetherAreBounded) {
  Open({.file_bytes = 2000, .old_files = 3});
  for (int i = 0; i < 200; ++i) {
    log_->Note(Cancel(absl::StrCat("b", i), absl::OkStatus()));
    Read();
  }
  EXPECT_LE(BytesOfAllFiles(), 4 * 2000);
  EXPECT_GT(BytesOfAllFiles(), 2 * 2000);
  const auto records = Read();
  ASSERT_GT(records.size(), 20);
  EXPECT_EQ(records.back().on(), "build b199");
}

TEST_F(FileAuditLogTest, ADamagedLineHidesNoOther) {
  Open();
  log_->Note(Cancel("b1", absl::OkStatus()));
  log_.reset();
  std::ofstream(directory_.path() / "audit.jsonl", std::ios::app)
      << "[[[[\n{}\n{\"time\":\"2024-";
  Open();
  log_->Note(Cancel("b2", absl::OkStatus()));
  EXPECT_EQ(Read().size(), 2);
}

TEST_F(FileAuditLogTest, WhatAFullDiskDidNotTakeIsCountedAndHidesNothing) {
  Open();
  log_->Note(Cancel("b1", absl::OkStatus()));
  ASSERT_EQ(Read().size(), 1);
  {
    const FullDisk full(File().size() + 100);
    log_->Note(Cancel("b2", absl::OkStatus()));
    log_->Note(Cancel("b3", absl::OkStatus()));
    EXPECT_EQ(Read().size(), 1);
  }
  log_->Note(Cancel("b4", absl::OkStatus()));
  const auto records = Read();
  ASSERT_EQ(records.size(), 2);
  EXPECT_EQ(records[1].on(), "build b4");
  EXPECT_EQ(records[1].left_out(), 2);
}

TEST_F(FileAuditLogTest, ALostRecordLosesNoCountOfOthers) {
  Open({.refusals = 0});
  log_->Note(Cancel("b1", absl::OkStatus()));
  ASSERT_EQ(Read().size(), 1);
  {
    const FullDisk full(File().size() + 100);
    for (int i = 0; i < 3; ++i) log_->Note(Refused());
    // It tells of three, and is lost itself.
    log_->Note(Cancel("b2", absl::OkStatus()));
    EXPECT_EQ(Read().size(), 1);
  }
  log_->Note(Cancel("b3", absl::OkStatus()));
  const auto records = Read();
  ASSERT_EQ(records.size(), 2);
  EXPECT_EQ(records[0].left_out(), 0);
  EXPECT_EQ(records[1].left_out(), 4);
}

TEST_F(FileAuditLogTest, ADirectoryThatIsNotThereIsSaid) {
  EXPECT_FALSE(OpenFileAuditLog(directory_.path() / "absent", &clock_).ok());
}

}  // namespace
}  // namespace kso::coordinator
