// SPDX-License-Identifier: Apache-2.0
#include "common/content/find_programs.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/content/archive_reader.h"
#include "common/content/elf.h"
#include "common/text/printable_text.h"

namespace kso::content {
namespace {

using std::string_view_literals::operator""sv;

// How much of a file's beginning tells whether it is a program or an archive: a
// block of tar.
constexpr size_t kBeginningBytes = 512;
// No budget ends so.
constexpr int64_t kNever = std::numeric_limits<int64_t>::min();
// The longest name of a file in an archive that is told.
constexpr size_t kLongestPath = 200;

// Returns whether a file that begins so may be an archive or compressed. Where
// it turns out to be neither, libarchive takes it for one file.
bool MayBeArchive(std::string_view beginning) {
  constexpr size_t kUstarAt = 257;
  for (const std::string_view magic :
       {"\x1f\x8b"sv, "\xfd\x37zXZ\0"sv, "\x28\xb5\x2f\xfd"sv, "BZh"sv,
        "]\0\0"sv, "PK\x03\x04"sv, "!<arch>\n"sv, "070701"sv, "070702"sv,
        "070707"sv, "\xed\xab\xee\xdb"sv}) {
    if (beginning.starts_with(magic)) return true;
  }
  return beginning.size() > kUstarAt &&
         beginning.substr(kUstarAt).starts_with("ustar");
}

// Passes on what `file` has until a stop is requested.
class StoppableSource : public ByteSource {
 public:
  StoppableSource(ByteSource& file, const std::stop_token& stop)
      : file_(file), stop_(stop) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (stop_.stop_requested()) {
      return absl::CancelledError("nobody waits for it any more");
    }
    return file_.Read(buffer, size);
  }

 private:
  ByteSource& file_;
  const std::stop_token& stop_;
};

// The rest of what one search may spend.
struct Budget {
  int64_t bytes = 0;
  int64_t files = 0;

  bool spent() const { return bytes < 0 || files < 0; }
};

// The bytes of the file that an ArchiveReader stands at, in its blocks. A
// reader that fails stays failed.
class EntrySource : public ByteSource {
 public:
  EntrySource(ArchiveReader& reader, Budget& budget)
      : reader_(reader), budget_(budget) {}

  // Reads until there are kBeginningBytes, or all, and keeps them to be read.
  absl::StatusOr<std::string_view> Beginning() {
    while (beginning_.size() < kBeginningBytes) {
      KSO_ASSIGN_OR_RETURN(const std::string_view block, Next());
      if (block.empty()) break;
      const size_t count =
          std::min(block.size(), kBeginningBytes - beginning_.size());
      beginning_.append(block.substr(0, count));
      block_ = block.substr(count);
    }
    unread_ = beginning_;
    return std::string_view(beginning_);
  }

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (unread_.empty()) {
      unread_ = std::exchange(block_, {});
    }
    if (unread_.empty()) {
      KSO_ASSIGN_OR_RETURN(unread_, Next());
    }
    const size_t count = std::min(size, unread_.size());
    std::memcpy(buffer, unread_.data(), count);
    unread_.remove_prefix(count);
    return count;
  }

  // Reads all that is left, so that it counts. Ends early, and returns false,
  // as soon as no more than `least` bytes of the budget are left.
  absl::StatusOr<bool> Skip(int64_t least) {
    while (budget_.bytes > least) {
      KSO_ASSIGN_OR_RETURN(const std::string_view block, Next());
      if (block.empty()) return true;
    }
    return false;
  }

 private:
  // The next block; empty at the end. It is good until the next call.
  absl::StatusOr<std::string_view> Next() {
    const void* bytes = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    // A block may be empty before the end.
    while (size == 0) {
      const int result =
          archive_read_data_block(reader_.get(), &bytes, &size, &offset);
      if (result == ARCHIVE_EOF) return std::string_view();
      if (result < ARCHIVE_WARN) return reader_.Failure();
    }
    budget_.bytes -= static_cast<int64_t>(size);
    if (budget_.spent()) {
      return absl::FailedPreconditionError(
          "it has more in it than a sensible archive of its size");
    }
    return std::string_view(static_cast<const char*>(bytes), size);
  }

  ArchiveReader& reader_;
  Budget& budget_;
  std::string beginning_;
  // The part of the last block that is not in `beginning_`.
  std::string_view block_;
  std::string_view unread_;
};

std::string PathOf(struct archive_entry* entry) {
  const char* path = archive_entry_pathname(entry);
  return PrintableText(path == nullptr ? "" : path, kLongestPath);
}

class Search {
 public:
  Search(int64_t size, const SearchLimits& limits)
      : limits_(limits),
        budget_{.bytes =
                    std::max(limits.bytes,
                             limits.expansion *
                                 std::clamp<int64_t>(size, 0, kLargestContent)),
                .files = limits.most_files},
        slow_end_(std::max<int64_t>(budget_.bytes - limits.slow_bytes, 0)) {}

  // `path` is where the archive is in the others.
  absl::Status LookInto(ByteSource& source, const std::string& path,
                        int depth) {
    ArchiveReader reader(&source);
    archive_read_support_filter_bzip2(reader.get());
    archive_read_support_filter_gzip(reader.get());
    archive_read_support_filter_lzma(reader.get());
    archive_read_support_filter_rpm(reader.get());
    archive_read_support_filter_xz(reader.get());
    archive_read_support_filter_zstd(reader.get());
    archive_read_support_format_ar(reader.get());
    archive_read_support_format_cpio(reader.get());
    archive_read_support_format_empty(reader.get());
    archive_read_support_format_raw(reader.get());
    archive_read_support_format_tar(reader.get());
    archive_read_support_format_zip_streamable(reader.get());
    absl::Status status = reader.Open();
    if (status.ok()) status = ReadEntries(reader, path, depth);
    // It is the archive's fault, and not that of what it is read from.
    if (!absl::IsFailedPrecondition(status)) return status;
    Miss(path, ToStd(status.message()));
    // The rest of the archive around it can be read all the same.
    return absl::OkStatus();
  }

  v1::FileContent Take() {
    for (auto& [architecture, found] : found_) {
      *content_.add_programs() = std::move(found);
    }
    return std::move(content_);
  }

 private:
  absl::Status ReadEntries(ArchiveReader& reader, const std::string& path,
                           int depth) {
    for (;;) {
      struct archive_entry* entry = nullptr;
      const int result = archive_read_next_header(reader.get(), &entry);
      if (result == ARCHIVE_EOF) return absl::OkStatus();
      if (result < ARCHIVE_WARN) return reader.Failure();
      --budget_.files;
      EntrySource file(reader, budget_);
      KSO_ASSIGN_OR_RETURN(const std::string_view beginning, file.Beginning());
      // One file without an archive, as it is or compressed.
      const bool alone = archive_format(reader.get()) == ARCHIVE_FORMAT_RAW;
      const std::string name =
          alone ? path : Concat(path, path.empty() ? "" : "/", PathOf(entry));
      const std::string_view architecture = ArchitectureOfElf(beginning);
      if (!architecture.empty()) {
        Add(architecture, name, alone || MayBeExecuted(reader, entry));
      } else if (!alone && MayBeArchive(beginning)) {
        KSO_RETURN_IF_ERROR(LookDeeper(file, name, depth + 1));
      }
      // The rest of a file that is no archive is of no interest.
      if (alone) return absl::OkStatus();
      const bool may_end = IsSlow(reader) && !found_.empty();
      KSO_ASSIGN_OR_RETURN(const bool whole,
                           file.Skip(may_end ? slow_end_ : kNever));
      if (whole) continue;
      content_.set_only_beginning(true);
      return absl::OkStatus();
    }
  }

  absl::Status LookDeeper(EntrySource& file, const std::string& name,
                          int depth) {
    if (depth <= limits_.most_depth) return LookInto(file, name, depth);
    Miss(name, Concat("it is in more than ", limits_.most_depth,
                      " archives, one in the other"));
    return absl::OkStatus();
  }

  // Returns whether an archive takes long to decompress, at tens of megabytes a
  // second, where others take a part of that time.
  static bool IsSlow(const ArchiveReader& reader) {
    const int filter = archive_filter_code(reader.get(), 0);
    return filter == ARCHIVE_FILTER_XZ || filter == ARCHIVE_FILTER_LZMA ||
           filter == ARCHIVE_FILTER_BZIP2;
  }

  // A zip that is read from its beginning does not tell modes.
  static bool MayBeExecuted(const ArchiveReader& reader,
                            struct archive_entry* entry) {
    const bool is_zip = (archive_format(reader.get()) &
                         ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP;
    return is_zip ||
           (archive_entry_mode(entry) & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
  }

  void Add(std::string_view architecture, const std::string& name,
           bool executable) {
    v1::FoundPrograms& found = found_[std::string(architecture)];
    found.set_architecture(std::string(architecture));
    if (found.count() == 0 || (executable && found.executables() == 0)) {
      found.set_example(name);
    }
    found.set_count(found.count() + 1);
    if (executable) found.set_executables(found.executables() + 1);
  }

  void Miss(const std::string& path, std::string_view reason) {
    if (!content_.not_looked_at().empty()) return;
    content_.set_not_looked_at(PrintableText(
        Concat(path, path.empty() ? "" : ": ", reason), 2 * kLongestPath));
  }

  const SearchLimits limits_;
  Budget budget_;
  // The rest of the budget with which archives that are slow to decompress
  // are left alone.
  const int64_t slow_end_;
  std::map<std::string, v1::FoundPrograms> found_;
  v1::FileContent content_;
};

}  // namespace

absl::StatusOr<v1::FileContent> FindPrograms(ByteSource& file, int64_t size,
                                             const std::stop_token& stop,
                                             const SearchLimits& limits) {
  StoppableSource source(file, stop);
  Search search(size, limits);
  KSO_RETURN_IF_ERROR(search.LookInto(source, "", 0));
  return search.Take();
}

}  // namespace kso::content
