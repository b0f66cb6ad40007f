// SPDX-License-Identifier: Apache-2.0
#include "coordinator/service/backup_service.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/access/role.h"
#include "common/base/version.h"
#include "common/bytes/digest.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/run/clock.h"
#include "coordinator/access/access_gate.h"
#include "coordinator/access/farm_doors.h"
#include "coordinator/access/file_audit_log.h"
#include "coordinator/access/invitations.h"
#include "coordinator/store/sqlite_state_store.h"
#include "gtest/gtest.h"
#include "kso/v1/backup.grpc.pb.h"
#include "kso/v1/journal.pb.h"
#include "tests/fakes/shell.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

namespace fs = std::filesystem;

// The service of a coordinator at work: its journal and its doors are open.
class BackupServiceTest : public ::testing::Test {
 protected:
  BackupServiceTest() {
    fs::create_directory(directory_.path() / "restored");
    store_ = *OpenSqliteStateStore(state_);
    doors_ = *FarmDoors::Open(state_, {}, Clock::Real());
    service_ = CreateBackupService(state_, doors_->doors(), Clock::Real());
    rpc::ServerSecurity security;
    security.gate = CreateAccessGate(doors_->doors());
    server_ =
        *rpc::StartServer("127.0.0.1:0", {service_.get()}, std::move(security));
  }

  void Commit(const std::string& worker) {
    v1::JournalRecord record;
    record.mutable_worker_drained()->set_worker(worker);
    ASSERT_TRUE(store_->Commit({record}).ok());
  }

  // Makes a backup, and returns its archive.
  absl::StatusOr<std::string> Backup(const std::string& token = "") {
    rpc::ChannelSecurity security;
    security.token = token;
    v1::BackupService::Stub stub(
        *rpc::CreateSecureChannel(server_->address(), security));
    grpc::ClientContext context;
    const auto reader = stub.CreateBackup(&context, {});
    std::string archive;
    v1::CreateBackupResponse part;
    while (reader->Read(&part)) {
      EXPECT_LE(part.data().size(), size_t{1} << 20);
      archive += part.data();
    }
    const absl::Status status = rpc::FromGrpc(reader->Finish());
    if (!status.ok()) return status;
    trailer_ = part.trailer();
    return archive;
  }

  // Unpacks it as an operator does.
  void Restore(const std::string& archive) {
    const fs::path file = directory_.path() / "farm.tar";
    std::ofstream(file, std::ios::binary) << archive;
    kso::testing::Shell(
        absl::StrCat("tar -C ", restored_.string(), " -xf ", file.string()));
  }

  kso::testing::TempDirectory directory_;
  const fs::path state_ = directory_.path() / "state";
  const fs::path restored_ = directory_.path() / "restored";
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<FarmDoors> doors_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<rpc::Server> server_;
  v1::BackupTrailer trailer_;
};

TEST_F(BackupServiceTest, WhatIsRestoredHasJournalAndTokens) {
  Commit("one");
  Commit("two");
  const auto token =
      doors_->tokens().Create({.name = "ci",
                               .roles = access::RoleSet{access::Role::kAdmin},
                               .life = absl::InfiniteDuration(),
                               .created_by = ""});
  ASSERT_TRUE(token.ok()) << token.status();
  const auto archive = Backup(token->token());
  ASSERT_TRUE(archive.ok()) << archive.status();
  EXPECT_EQ(trailer_.records(), 2);
  EXPECT_EQ(trailer_.size(), static_cast<int64_t>(archive->size()));
  EXPECT_EQ(trailer_.digest(), Sha256Of(*archive).ToString());

  Restore(*archive);
  const auto journal = OpenSqliteStateStore(restored_);
  ASSERT_TRUE(journal.ok()) << journal.status();
  int records = 0;
  EXPECT_TRUE((*journal)
                  ->Replay([&records](const v1::JournalRecord&) {
                    ++records;
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(records, 2);
  const auto doors = FarmDoors::Open(restored_, {}, Clock::Real());
  ASSERT_TRUE(doors.ok()) << doors.status();
  EXPECT_TRUE((*doors)->tokens().Identify(token->token()).ok());
}

TEST_F(BackupServiceTest, InvitationsAndTheAuditLogAreInItAndOtherFilesAreNot) {
  std::ofstream(state_ / Invitations::kFile) << R"({"invitations": []})";
  std::ofstream(state_ / "issuer.key") << "a secret of another place";
  ASSERT_TRUE(Backup().ok());
  const auto deeds = doors_->doors().audit->Read(absl::InfinitePast(), 10);
  ASSERT_TRUE(deeds.ok()) << deeds.status();
  ASSERT_EQ(deeds->size(), 1u);
  EXPECT_EQ(deeds->front().what(), "CreateBackup");
  const auto archive = Backup();
  ASSERT_TRUE(archive.ok()) << archive.status();
  EXPECT_EQ(trailer_.version(), kVersion);
  Restore(*archive);
  EXPECT_EQ(fs::file_size(restored_ / Invitations::kFile),
            fs::file_size(state_ / Invitations::kFile));
  EXPECT_GT(fs::file_size(restored_ / kAuditFile), 0u);
  EXPECT_FALSE(fs::exists(restored_ / "issuer.key"));
}

TEST_F(BackupServiceTest, OnlyAnAdminGetsOne) {
  const auto token =
      doors_->tokens().Create({.name = "ci",
                               .roles = access::RoleSet{access::Role::kView},
                               .life = absl::InfiniteDuration(),
                               .created_by = ""});
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_TRUE(absl::IsPermissionDenied(Backup(token->token()).status()));
  EXPECT_FALSE(Backup().ok());
}

TEST_F(BackupServiceTest, NothingIsLeftInTheStateDirectory) {
  ASSERT_TRUE(Backup().ok());
  EXPECT_FALSE(fs::exists(state_ / ".backup-in-progress"));
  // Backups may be kept there.
  fs::create_directory(state_ / "backup");
  // A process that was killed has left its copies.
  fs::create_directory(state_ / ".backup-in-progress");
  service_ = CreateBackupService(state_, doors_->doors(), Clock::Real());
  EXPECT_TRUE(fs::exists(state_ / "backup"));
  EXPECT_FALSE(fs::exists(state_ / ".backup-in-progress"));
}

TEST_F(BackupServiceTest, TheFarmGoesOnMeanwhile) {
  for (int i = 0; i < 20; ++i) {
    Commit(absl::StrCat("worker-", i));
    ASSERT_TRUE(Backup().ok());
    EXPECT_EQ(trailer_.records(), i + 1);
  }
}

}  // namespace
}  // namespace kso::coordinator
