// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/commit_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"

namespace kso::coordinator {
namespace {

constexpr size_t kDigits = 16;

// One line: the number in hexadecimal, and a checksum of that.
std::string LineOf(int64_t commits) {
  const std::string number = absl::StrFormat("%016x", commits);
  return Concat(number, " ", Sha256Of(number).hex().substr(0, kDigits), "\n");
}

absl::StatusOr<std::string> ReadAtMost(const FileDescriptor& descriptor,
                                       size_t size,
                                       const std::filesystem::path& file) {
  std::string content(size, '\0');
  const ssize_t read = ::pread(descriptor.get(), content.data(), size, 0);
  if (read < 0) return FileError(errno, "read", file);
  content.resize(static_cast<size_t>(read));
  return content;
}

// Returns whether the file is empty or all zeros: it was made, but nothing of
// it was on disk when the machine crashed.
bool IsBlank(std::string_view content) {
  return std::all_of(content.begin(), content.end(),
                     [](char c) { return c == '\0'; });
}

}  // namespace

absl::StatusOr<std::unique_ptr<CommitMark>> CommitMark::Open(
    const std::filesystem::path& file) {
  KSO_ASSIGN_OR_RETURN(FileDescriptor descriptor,
                       OpenFile(file, O_RDWR | O_CREAT, 0600));
  KSO_ASSIGN_OR_RETURN(const std::string content,
                       ReadAtMost(descriptor, LineOf(0).size() + 1, file));
  std::unique_ptr<CommitMark> mark(new CommitMark(file, std::move(descriptor)));
  if (IsBlank(content)) return mark;
  uint64_t commits = 0;
  if (!absl::SimpleHexAtoi(content.substr(0, kDigits), &commits) ||
      LineOf(static_cast<int64_t>(commits)) != content) {
    return absl::DataLossError(Concat(file.string(),
                                      " is damaged; restore a backup of its "
                                      "directory, or start with an empty one"));
  }
  mark->commits_ = static_cast<int64_t>(commits);
  return mark;
}

absl::Status CommitMark::Write(int64_t commits) {
  const std::string line = LineOf(commits);
  if (::pwrite(descriptor_.get(), line.data(), line.size(), 0) !=
      static_cast<ssize_t>(line.size())) {
    return FileError(errno, "write", file_);
  }
  return absl::OkStatus();
}

}  // namespace kso::coordinator
