// SPDX-License-Identifier: Apache-2.0
#include "coordinator/service/backup_service.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/hashing_sink.h"
#include "common/bytes/written_blob.h"
#include "common/files/file_io.h"
#include "common/files/free_space.h"
#include "common/files/private_directory.h"
#include "common/files/remove_tree.h"
#include "common/files/small_file.h"
#include "common/layer/tar_stream.h"
#include "common/rpc/call_watch.h"
#include "common/rpc/channel.h"
#include "common/text/text.h"
#include "coordinator/access/audit_log.h"
#include "coordinator/access/file_audit_log.h"
#include "coordinator/access/invitations.h"
#include "coordinator/access/token_store.h"
#include "coordinator/store/sqlite_state_store.h"
#include "coordinator/store/state_backup.h"
#include "kso/v1/backup.grpc.pb.h"

namespace kso::coordinator {
namespace {

namespace fs = std::filesystem;

using Writer = grpc::ServerWriter<v1::CreateBackupResponse>;

// The room that the copies leave to the journal, without which the coordinator
// ends.
constexpr int64_t kReserveBytes = 64 << 20;
constexpr size_t kChunkBytes = 512 << 10;
constexpr size_t kLargestFile = 64 << 20;
// Databases of the state directory, which only SQLite may open: the locks of a
// process on a file end as soon as it closes that file in any other way.
constexpr const char* kDatabases[] = {kJournalFile, TokenStore::kFile};

// Sends bytes as messages of a stream.
class StreamSink : public ByteSink {
 public:
  StreamSink(Writer* writer, rpc::CallWatch::Call* call)
      : writer_(*writer), call_(*call) {}

  absl::Status Write(std::string_view bytes) override {
    v1::CreateBackupResponse response;
    while (!bytes.empty()) {
      const std::string_view chunk = bytes.substr(0, kChunkBytes);
      response.set_data(std::string(chunk));
      KSO_RETURN_IF_ERROR(Send(response));
      bytes.remove_prefix(chunk.size());
    }
    return absl::OkStatus();
  }

  absl::Status Send(const v1::CreateBackupResponse& response) {
    if (call_.Wait([&] { return writer_.Write(response); })) {
      return absl::OkStatus();
    }
    KSO_RETURN_IF_ERROR(call_.verdict());
    return absl::CancelledError("whoever makes the backup has gone");
  }

 private:
  Writer& writer_;
  rpc::CallWatch::Call& call_;
};

// The files of `directory` that are part of a backup and no databases.
absl::StatusOr<std::vector<fs::path>> PlainFiles(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name == Invitations::kFile || absl::StartsWith(name, kAuditFile)) {
      files.push_back(entry->path());
    }
  }
  // A backup that lacks some of them would pass for a whole one.
  if (error) return FileError(error.value(), "list", directory);
  std::sort(files.begin(), files.end());
  return files;
}

class BackupServiceImpl : public v1::BackupService::Service {
 public:
  BackupServiceImpl(fs::path state_directory, const Doors& doors, Clock* clock)
      : directory_(std::move(state_directory)),
        copies_(directory_ / ".backup-in-progress"),
        doors_(doors),
        watch_(clock) {
    // A process that was killed may have left some.
    RemoveTree(copies_).IgnoreError();
  }

  grpc::Status CreateBackup(grpc::ServerContext* context,
                            const v1::CreateBackupRequest*,
                            Writer* writer) override {
    Deed deed;
    deed.who = CallerOf(*doors_.authenticator, *context);
    deed.what = "CreateBackup";
    rpc::CallWatch::Call call(&watch_, [context] { context->TryCancel(); }, {});
    StreamSink stream(writer, &call);
    deed.outcome = Create(stream);
    doors_.audit->Note(deed);
    return rpc::ToGrpc(deed.outcome);
  }

 private:
  absl::Status Create(StreamSink& stream) {
    if (!one_at_a_time_.TryLock()) {
      return absl::FailedPreconditionError(
          "another backup is being made; wait for its end");
    }
    const absl::Cleanup unlock = [this] { one_at_a_time_.Unlock(); };
    KSO_RETURN_IF_ERROR(CheckRoom());
    KSO_RETURN_IF_ERROR(
        MakePrivateDirectory(copies_, "directory of the backup"));
    const absl::Cleanup remove = [this] { RemoveTree(copies_).IgnoreError(); };
    KSO_ASSIGN_OR_RETURN(const int64_t records,
                         CopyJournal(directory_, copies_ / kJournalFile));
    KSO_RETURN_IF_ERROR(CopyDatabase(directory_ / TokenStore::kFile,
                                     copies_ / TokenStore::kFile));
    HashingSink hashed(&stream);
    KSO_RETURN_IF_ERROR(WriteArchive(hashed));
    const WrittenBlob written = hashed.Finish();
    v1::CreateBackupResponse response;
    v1::BackupTrailer& trailer = *response.mutable_trailer();
    trailer.set_digest(written.digest.ToString());
    trailer.set_size(written.size);
    trailer.set_records(records);
    trailer.set_version(std::string(kVersion));
    return stream.Send(response);
  }

  absl::Status CheckRoom() const {
    int64_t wanted = kReserveBytes;
    for (const char* name : kDatabases) {
      for (const char* suffix : {"", "-wal"}) {
        std::error_code error;
        const auto size =
            fs::file_size(directory_ / absl::StrCat(name, suffix), error);
        if (!error) wanted += static_cast<int64_t>(size);
      }
    }
    KSO_ASSIGN_OR_RETURN(const int64_t free_bytes, FreeBytes(directory_));
    if (free_bytes >= wanted) return absl::OkStatus();
    return absl::ResourceExhaustedError(absl::StrCat(
        "a backup is copied beside the state first, which takes up to ",
        FormatBytes(wanted), ", and ", FormatBytes(free_bytes), " are free in ",
        directory_.string(), "; free some disk space"));
  }

  absl::Status WriteArchive(ByteSink& sink) const {
    TarStream archive(&sink);
    for (const char* name : kDatabases) {
      KSO_RETURN_IF_ERROR(AddFile(archive, copies_ / name));
    }
    KSO_ASSIGN_OR_RETURN(const std::vector<fs::path> files,
                         PlainFiles(directory_));
    for (const fs::path& file : files) {
      const absl::Status added = AddFile(archive, file);
      // The audit log renames its files.
      if (!absl::IsNotFound(added)) KSO_RETURN_IF_ERROR(added);
    }
    return archive.Finish();
  }

  static absl::Status AddFile(TarStream& archive, const fs::path& path) {
    // Databases may be large; the others are bounded.
    if (path.extension() == ".sqlite") {
      std::error_code error;
      const auto size = fs::file_size(path, error);
      if (error) return absl::InternalError(error.message());
      KSO_ASSIGN_OR_RETURN(FileDescriptor file, OpenFile(path, O_RDONLY));
      const std::unique_ptr<ByteSource> source =
          SourceOfFile(std::move(file), path);
      return archive.AddFile(path.filename().string(), kSecretFileMode,
                             static_cast<int64_t>(size), *source);
    }
    KSO_ASSIGN_OR_RETURN(const std::string content,
                         ReadSmallFile(path, kLargestFile));
    const std::unique_ptr<ByteSource> source = SourceOfString(content);
    return archive.AddFile(path.filename().string(), kSecretFileMode,
                           static_cast<int64_t>(content.size()), *source);
  }

  const fs::path directory_;
  // Copies, while a backup is made. Nobody else makes a directory of this name,
  // which is deleted when a process begins.
  const fs::path copies_;
  const Doors doors_;
  rpc::CallWatch watch_;
  absl::Mutex one_at_a_time_;
};

}  // namespace

std::unique_ptr<grpc::Service> CreateBackupService(
    const fs::path& state_directory, const Doors& doors, Clock* clock) {
  return std::make_unique<BackupServiceImpl>(state_directory, doors, clock);
}

}  // namespace kso::coordinator
