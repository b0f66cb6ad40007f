// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/export_record.h"

#include <fcntl.h>

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/files/file_io.h"

namespace kso::cli {
namespace {

constexpr size_t kLargestRecord = 16 << 20;
constexpr absl::string_view kTitle = "# kso export 1";

absl::Status BadLine(absl::string_view line) {
  return absl::InvalidArgumentError(
      absl::StrCat("not a line of ksoctl's: \"",
                   absl::CHexEscape(line.substr(0, 120)), "\""));
}

// "WORD NAME DIGEST" or "WORD DIGEST SIZE", without "# ".
absl::Status ReadComment(absl::string_view line, ExportRecord& record) {
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  if (words.size() != 3) return BadLine(line);
  if (words[0] == "blob") {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(ToStd(words[1])));
    int64_t size = 0;
    if (!absl::SimpleAtoi(words[2], &size) || size < 0 ||
        size > kLargestContent) {
      return BadLine(line);
    }
    record.blobs.emplace(digest, size);
    return absl::OkStatus();
  }
  KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(ToStd(words[2])));
  if (words[0] == "image") {
    record.images.emplace(words[1], digest);
  } else if (words[0] == "since") {
    record.since.emplace(words[1], digest);
  } else {
    return BadLine(line);
  }
  return absl::OkStatus();
}

}  // namespace

std::string FormatExportRecord(const ExportRecord& record) {
  std::string text = absl::StrCat(kTitle, "\n");
  for (const auto& [name, digest] : record.images) {
    absl::StrAppend(&text, "# image ", name, " ", digest.ToString(), "\n");
  }
  for (const auto& [name, digest] : record.since) {
    absl::StrAppend(&text, "# since ", name, " ", digest.ToString(), "\n");
  }
  for (const auto& [digest, size] : record.blobs) {
    absl::StrAppend(&text, "# blob ", digest.ToString(), " ", size, "\n");
  }
  for (const auto& [name, sum] : record.files) {
    absl::StrAppend(&text, sum.hex(), "  ", name, "\n");
  }
  return text;
}

absl::StatusOr<ExportRecord> ParseExportRecord(std::string_view text) {
  const std::vector<absl::string_view> lines =
      absl::StrSplit(ToAbsl(text), '\n', absl::SkipEmpty());
  if (lines.empty() || lines[0] != kTitle) {
    return absl::InvalidArgumentError(
        "it does not begin as the FILE.sha256 that ksoctl export writes");
  }
  ExportRecord record;
  for (size_t i = 1; i < lines.size(); ++i) {
    absl::string_view line = lines[i];
    if (absl::ConsumePrefix(&line, "# ")) {
      KSO_RETURN_IF_ERROR(ReadComment(line, record));
      continue;
    }
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits("  ", 1));
    KSO_ASSIGN_OR_RETURN(const Digest sum,
                         Digest::Parse(Concat("sha256:", ToStd(parts.first))));
    // A name, never a way out of the directory.
    if (parts.second.empty() || parts.second == "." || parts.second == ".." ||
        parts.second.find('/') != absl::string_view::npos) {
      return BadLine(line);
    }
    record.files.emplace_back(std::string(parts.second), sum);
  }
  return record;
}

absl::StatusOr<ExportRecord> ReadExportRecord(
    const std::filesystem::path& path) {
  KSO_ASSIGN_OR_RETURN(FileDescriptor file, OpenFile(path, O_RDONLY));
  const auto source = SourceOfFile(std::move(file), path);
  KSO_ASSIGN_OR_RETURN(const std::string text,
                       ReadAll(*source, kLargestRecord));
  absl::StatusOr<ExportRecord> record = ParseExportRecord(text);
  if (record.ok()) return record;
  return absl::InvalidArgumentError(
      Concat(path.string(), ": ", ToStd(record.status().message())));
}

std::string ImageNames(const std::map<std::string, Digest>& images) {
  std::string names;
  for (const auto& [name, digest] : images) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", name);
  }
  return names;
}

}  // namespace kso::cli
