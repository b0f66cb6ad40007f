// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/layer_scan.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/blob/verifying_source.h"
#include "common/bytes/byte_pipe.h"
#include "common/bytes/sinks.h"
#include "common/content/archive_reader.h"
#include "common/content/elf.h"
#include "common/content/find_programs.h"
#include "common/content/utf8_locale.h"
#include "common/layer/decompression.h"
#include "common/oci/blob_data_path.h"
#include "common/run/exceptions.h"
#include "common/run/threads.h"
#include "common/site.h"
#include "common/text/printable_text.h"

namespace kso::cli {
namespace {

// The bytes of the blob that may arrive ahead of its reading.
constexpr size_t kMostAhead = 256 << 10;
// As for layers that are unpacked: deflate shrinks nothing to less than a
// 1032nd (zlib's technical notes).
constexpr int64_t kMostExpansion = 1032;
constexpr int64_t kAlwaysAllowed = 64 << 20;
constexpr int64_t kMostEntries = 200'000;
// The largest text that is kept, as large as a manifest or an index.json may
// be, and the most of all texts of a layer.
constexpr int64_t kMostTextBytes = 4 << 20;
constexpr int64_t kMostTextsBytes = 256 << 20;

constexpr absl::string_view kWhiteoutPrefix = ".wh.";
constexpr absl::string_view kOpaqueWhiteout = ".wh..wh..opq";

// The path without "." and slashes that mean nothing; FAILED_PRECONDITION for
// one that leads upwards.
absl::StatusOr<std::vector<std::string>> NamesOf(std::string_view path) {
  std::vector<std::string> names;
  for (const absl::string_view name : absl::StrSplit(ToAbsl(path), '/')) {
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      return absl::FailedPreconditionError(
          Concat("it has the path ", PrintableText(path)));
    }
    names.emplace_back(name);
  }
  return names;
}

bool IsServed(std::string_view path) {
  return path.starts_with(site::kFilesDirectory);
}

bool IsInRegistry(std::string_view path) {
  return path.starts_with(site::kImagesRootMember);
}

// Returns whether a file tells of others, so that its text is wanted. Documents
// among the blobs are known by their first byte.
bool MayTellOfOthers(std::string_view path, int64_t size) {
  if (size > kMostTextBytes) return false;
  if (IsServed(path)) {
    return path.find('/', site::kFilesDirectory.size()) ==
           std::string_view::npos;
  }
  return path.ends_with("/link") || path.starts_with(oci::kBlobsDirectory);
}

// Returns whether a text may be an object of JSON (RFC 8259, section 2).
bool BeginsAsObject(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

// The content of the entry that a reader stands at, hashed as it passes.
class HashedEntry : public ByteSource {
 public:
  HashedEntry(ArchiveReader& reader, bool keep_text, bool with_sha512)
      : reader_(reader), keep_text_(keep_text) {
    if (with_sha512) sha512_.emplace(Digest::Algorithm::kSha512);
  }

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    const la_ssize_t count = archive_read_data(reader_.get(), buffer, size);
    if (count < 0) return reader_.Failure();
    const std::string_view bytes(buffer, static_cast<size_t>(count));
    sha256_.Update(bytes);
    if (sha512_) sha512_->Update(bytes);
    size_ += count;
    if (beginning_.size() < content::kElfHeaderBytes) {
      beginning_ +=
          bytes.substr(0, content::kElfHeaderBytes - beginning_.size());
    }
    if (keep_text_) text_ += bytes;
    return bytes.size();
  }

  // After all was read.
  ScannedFile Finish() {
    ScannedFile file;
    file.size = size_;
    file.digest = sha256_.Finish().ToString();
    if (sha512_) file.sha512 = sha512_->Finish().ToString();
    file.architecture = content::ArchitectureOfElf(beginning_);
    file.text = std::move(text_);
    return file;
  }

 private:
  ArchiveReader& reader_;
  const bool keep_text_;
  Hasher sha256_;
  std::optional<Hasher> sha512_;
  int64_t size_ = 0;
  std::string beginning_;
  std::string text_;
};

// Reads a tar from beginning to end.
class TarScan {
 public:
  explicit TarScan(ByteSource* tar) : reader_(tar) {}

  absl::StatusOr<LayerScan> Run() {
    archive_read_support_format_tar(reader_.get());
    archive_read_support_format_empty(reader_.get());
    KSO_RETURN_IF_ERROR(reader_.Open());
    struct archive_entry* entry = nullptr;
    for (int64_t count = 0;; ++count) {
      const int result = archive_read_next_header(reader_.get(), &entry);
      if (result == ARCHIVE_EOF) return std::move(scan_);
      if (result < ARCHIVE_WARN) return reader_.Failure();
      if (count >= kMostEntries) {
        return absl::FailedPreconditionError(
            Concat("it has more than ", kMostEntries,
                   " files and directories, which no sensible layer has"));
      }
      KSO_RETURN_IF_ERROR(Add(entry));
    }
  }

 private:
  absl::Status Add(struct archive_entry* entry) {
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr) {
      return absl::FailedPreconditionError("it has a path that is not UTF-8");
    }
    KSO_ASSIGN_OR_RETURN(std::vector<std::string> names, NamesOf(path));
    if (names.empty()) return absl::OkStatus();
    if (absl::StartsWith(names.back(), kWhiteoutPrefix)) {
      AddWhiteout(std::move(names));
      return absl::OkStatus();
    }
    const std::string clean = absl::StrJoin(names, "/");
    const auto type = archive_entry_filetype(entry);
    if (type == AE_IFDIR && archive_entry_hardlink(entry) == nullptr) {
      return absl::OkStatus();
    }
    // A file in the place of a directory hides all that is below that.
    if (!IsServed(clean) && !IsInRegistry(clean)) {
      scan_.opaque.insert(clean);
      return absl::OkStatus();
    }
    if (archive_entry_hardlink(entry) != nullptr || type != AE_IFREG) {
      scan_.odd.insert(clean);
      return absl::OkStatus();
    }
    KSO_ASSIGN_OR_RETURN(scan_.files[clean],
                         Read(clean, archive_entry_size(entry)));
    return absl::OkStatus();
  }

  void AddWhiteout(std::vector<std::string> names) {
    const std::string marker = std::move(names.back());
    names.pop_back();
    if (marker == kOpaqueWhiteout) {
      scan_.opaque.insert(absl::StrJoin(names, "/"));
      return;
    }
    names.push_back(marker.substr(kWhiteoutPrefix.size()));
    scan_.hidden.insert(absl::StrJoin(names, "/"));
  }

  absl::StatusOr<ScannedFile> Read(const std::string& path, int64_t size) {
    const bool keep_text = MayTellOfOthers(path, size);
    HashedEntry content(reader_, keep_text, IsServed(path));
    v1::FileContent programs;
    if (IsServed(path)) {
      KSO_ASSIGN_OR_RETURN(programs, content::FindPrograms(content, size));
    }
    NullSink nowhere;
    KSO_RETURN_IF_ERROR(CopyBytes(content, nowhere).status());
    ScannedFile file = content.Finish();
    file.content = std::move(programs);
    const bool is_blob = path.starts_with(oci::kBlobsDirectory);
    if (is_blob && !BeginsAsObject(file.text)) file.text.clear();
    file.text.shrink_to_fit();
    text_bytes_ += static_cast<int64_t>(file.text.size());
    if (text_bytes_ > kMostTextsBytes) {
      return absl::FailedPreconditionError(
          "it has more documents than any sensible registry");
    }
    return file;
  }

  ArchiveReader reader_;
  LayerScan scan_;
  int64_t text_bytes_ = 0;
};

absl::StatusOr<LayerScan> ScanBlob(ByteSource& blob,
                                   const v1::Descriptor& layer,
                                   const Digest& diff_id) {
  const Utf8Locale locale;
  const int64_t size = std::clamp<int64_t>(layer.size(), 0, kLargestContent);
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> decompressed,
                       CreateDecompressingSource(
                           &blob, layer.media_type(),
                           std::max(kAlwaysAllowed, kMostExpansion * size)));
  const std::unique_ptr<ByteSource> tar =
      CreateVerifyingSource(std::move(decompressed), diff_id, std::nullopt);
  KSO_ASSIGN_OR_RETURN(LayerScan scan, TarScan(tar.get()).Run());
  NullSink nowhere;
  KSO_RETURN_IF_ERROR(CopyBytes(*tar, nowhere).status());
  // The bytes after the compressed tar matter to the blob's digest only.
  KSO_RETURN_IF_ERROR(CopyBytes(blob, nowhere).status());
  return scan;
}

}  // namespace

absl::StatusOr<LayerScan> ScanLayer(const v1::Descriptor& layer,
                                    const Digest& diff_id,
                                    const SendBlob& send) {
  BytePipe pipe(kMostAhead);
  absl::StatusOr<LayerScan> scan = absl::InternalError("not read yet");
  KSO_ASSIGN_OR_RETURN(std::thread reader, StartThread([&] {
                         scan = WithoutExceptions(
                             [&] { return ScanBlob(pipe, layer, diff_id); });
                         // The rest is read all the same: whether the blob is
                         // that of its digest says more than what is in it.
                         NullSink nowhere;
                         CopyBytes(pipe, nowhere).IgnoreError();
                         pipe.EndReading(absl::OkStatus());
                       }));
  const absl::Status sent = send(pipe);
  pipe.EndWriting(sent);
  reader.join();
  KSO_RETURN_IF_ERROR(sent);
  return scan;
}

}  // namespace kso::cli
