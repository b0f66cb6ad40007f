// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/file_audit_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <fstream>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/proto_time.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/file_io.h"
#include "common/files/small_file.h"
#include "common/run/executor.h"
#include "coordinator/access/audit_line.h"
#include "spdlog/spdlog.h"

namespace kso::coordinator {
namespace {

namespace fs = std::filesystem;

class FileAuditLog : public AuditLog {
 public:
  FileAuditLog(fs::path path, Clock* clock, const AuditLimits& limits)
      : path_(std::move(path)), clock_(clock), limits_(limits) {}

  absl::Status Open() {
    absl::MutexLock lock(&file_mutex_);
    return OpenLocked();
  }

  void Note(const Deed& deed) override {
    const absl::Time now = clock_->Now();
    v1::AuditRecord record = AuditRecordOf(deed, now);
    absl::MutexLock lock(&mutex_);
    if (!MayWrite(record, now)) {
      ++left_out_;
      return;
    }
    record.set_left_out(std::exchange(left_out_, 0));
    waiting_.push_back(std::move(record));
    if (waiting_.size() == 1) writer_.Schedule([this] { WriteWaiting(); });
  }

  absl::StatusOr<std::vector<v1::AuditRecord>> Read(absl::Time since,
                                                    size_t most) override {
    absl::MutexLock lock(&file_mutex_);
    WriteWaitingLocked();
    std::deque<v1::AuditRecord> newest;
    for (int age = limits_.old_files; age >= 0; --age) {
      ReadFile(FileOf(age), since, most, newest);
    }
    return std::vector<v1::AuditRecord>(std::make_move_iterator(newest.begin()),
                                        std::make_move_iterator(newest.end()));
  }

 private:
  // The file that has been renamed `age` times.
  fs::path FileOf(int age) const {
    return age == 0 ? path_ : fs::path(Concat(path_.string(), ".", age));
  }

  absl::Status OpenLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_) {
    KSO_ASSIGN_OR_RETURN(
        file_, OpenFile(path_, O_RDWR | O_CREAT | O_APPEND, kSecretFileMode));
    struct stat status;
    if (fstat(file_.get(), &status) != 0) {
      return FileError(errno, "stat", path_);
    }
    size_ = status.st_size;
    char last = '\n';
    if (size_ > 0 && pread(file_.get(), &last, 1, size_ - 1) != 1) {
      return FileError(errno, "read", path_);
    }
    ends_in_line_ = last == '\n';
    return absl::OkStatus();
  }

  // Deeds that changed nothing, or are done again and again, must not drive
  // older lines out.
  bool MayWrite(const v1::AuditRecord& record, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (waiting_.size() >= static_cast<size_t>(limits_.waiting)) return false;
    if (now >= period_begins_ + limits_.refusal_period) {
      period_begins_ = now;
      refusals_ = 0;
      deeds_ = 0;
      last_.clear();
    }
    if (record.outcome() == kDone) return IsAnother(record);
    return ++refusals_ <= limits_.refusals;
  }

  // Counts a deed that is not the last one on what it concerns once more.
  bool IsAnother(const v1::AuditRecord& record)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (deeds_ >= limits_.deeds) return false;
    const std::string deed = Concat(record.by(), "\n", record.id(), "\n",
                                    record.who(), "\n", record.what());
    std::string& last = last_[record.on()];
    if (last == deed) return false;
    last = deed;
    ++deeds_;
    return true;
  }

  void WriteWaiting() {
    absl::MutexLock lock(&file_mutex_);
    WriteWaitingLocked();
  }

  // Counts the records that the disk does not take, and says so in the
  // program's log.
  void WriteWaitingLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_) {
    std::vector<v1::AuditRecord> records;
    {
      absl::MutexLock lock(&mutex_);
      records.swap(waiting_);
    }
    if (records.empty()) return;
    absl::Status status;
    int64_t lost = 0;
    for (const v1::AuditRecord& record : records) {
      if (status.ok()) status = AppendLine(AuditLine(record));
      if (!status.ok()) lost += 1 + record.left_out();
    }
    if (fdatasync(file_.get()) != 0) {
      status.Update(FileError(errno, "write", path_));
    }
    if (status.ok()) return;
    spdlog::error("what was done is not in the audit log: {}",
                  ToStd(status.message()));
    absl::MutexLock lock(&mutex_);
    left_out_ += lost;
  }

  absl::Status AppendLine(std::string_view line)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_) {
    if (size_ > 0 &&
        size_ + static_cast<int64_t>(line.size()) > limits_.file_bytes) {
      KSO_RETURN_IF_ERROR(Rotate());
    }
    // A line that a crash or a full disk cut must not run into the next one.
    if (!ends_in_line_) KSO_RETURN_IF_ERROR(Append("\n"));
    return Append(line);
  }

  absl::Status Append(std::string_view bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_) {
    while (!bytes.empty()) {
      const ssize_t count = write(file_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return FileError(errno, "write", path_);
      size_ += count;
      bytes.remove_prefix(static_cast<size_t>(count));
      // The bytes have one line feed, their last.
      ends_in_line_ = bytes.empty();
    }
    return absl::OkStatus();
  }

  absl::Status Rotate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_) {
    for (int age = limits_.old_files; age > 0; --age) {
      std::error_code error;
      fs::rename(FileOf(age - 1), FileOf(age), error);
      if (error && error != std::errc::no_such_file_or_directory) {
        return FileError(error.value(), "rename", FileOf(age - 1));
      }
    }
    return OpenLocked();
  }

  static void ReadFile(const fs::path& path, absl::Time since, size_t most,
                       std::deque<v1::AuditRecord>& newest) {
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
      absl::StatusOr<v1::AuditRecord> record = ParseAuditLine(line);
      if (!record.ok() || FromProto(record->time()) < since) continue;
      newest.push_back(*std::move(record));
      if (newest.size() > most) newest.pop_front();
    }
  }

  const fs::path path_;
  Clock* const clock_;
  const AuditLimits limits_;
  // Taken before `mutex_` where both are.
  absl::Mutex file_mutex_;
  FileDescriptor file_ ABSL_GUARDED_BY(file_mutex_);
  int64_t size_ ABSL_GUARDED_BY(file_mutex_) = 0;
  // The file is empty, or its last byte is a line feed.
  bool ends_in_line_ ABSL_GUARDED_BY(file_mutex_) = true;
  absl::Mutex mutex_;
  std::vector<v1::AuditRecord> waiting_ ABSL_GUARDED_BY(mutex_);
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time period_begins_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int refusals_ ABSL_GUARDED_BY(mutex_) = 0;
  int deeds_ ABSL_GUARDED_BY(mutex_) = 0;
  // The last deed of the period on each build, worker or token.
  std::map<std::string, std::string> last_ ABSL_GUARDED_BY(mutex_);
  // The last member: its thread ends, having written all, before the others.
  Executor writer_{1};
};

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> OpenFileAuditLog(
    const fs::path& directory, Clock* clock, const AuditLimits& limits) {
  auto log =
      std::make_unique<FileAuditLog>(directory / kAuditFile, clock, limits);
  KSO_RETURN_IF_ERROR(log->Open());
  return log;
}

}  // namespace kso::coordinator
