// SPDX-License-Identifier: Apache-2.0
#include "cli/releases/layout_place.h"

#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/bytes/digest.h"
#include "common/files/file_io.h"
#include "common/files/file_lock.h"
#include "common/files/small_file.h"
#include "common/oci/documents.h"
#include "common/oci/layout_index.h"
#include "common/oci/manifest.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestDocument = 4 << 20;
constexpr char kAlgorithms[][7] = {"sha256", "sha512"};

// "kubespray-files:v1" as image and tag.
Tag TagOf(const std::string& ref_name, const std::string& digest) {
  const size_t colon = ref_name.rfind(':');
  if (colon == std::string::npos) return {"", ref_name, digest};
  return {ref_name.substr(0, colon), ref_name.substr(colon + 1), digest};
}

class LayoutPlace : public ReleasePlace {
 public:
  LayoutPlace(fs::path directory, FileLock lock)
      : directory_(std::move(directory)), lock_(std::move(lock)) {}

  absl::StatusOr<std::vector<Tag>> ListTags() override {
    KSO_ASSIGN_OR_RETURN(const std::string index, ReadIndex());
    const absl::StatusOr<oci::LayoutContents> contents =
        oci::ReadLayoutIndex(index);
    if (!contents.ok()) return Named(contents.status());
    std::vector<Tag> tags;
    for (const oci::LayoutEntry& image : contents->images) {
      tags.push_back(TagOf(image.name, image.descriptor.digest()));
    }
    return tags;
  }

  absl::StatusOr<v1::Document> Read(const PartKey& document) override {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(document.digest));
    KSO_ASSIGN_OR_RETURN(std::string content,
                         ReadSmallFile(directory_ / oci::LayoutBlobPath(digest),
                                       kLargestDocument));
    Hasher hasher(digest.algorithm());
    hasher.Update(content);
    if (hasher.Finish() != digest) {
      return absl::DataLossError(
          absl::StrCat((directory_ / oci::LayoutBlobPath(digest)).string(),
                       " does not have the bytes of its name"));
    }
    const std::string type = oci::DocumentType(content);
    v1::Document read = oci::MakeDocument(type, std::move(content));
    read.mutable_content_descriptor()->set_digest(document.digest);
    return read;
  }

  // A layout has no list of its own.
  absl::StatusOr<std::vector<v1::Descriptor>> Referrers(
      const PartKey&) override {
    return std::vector<v1::Descriptor>();
  }

  absl::StatusOr<bool> Has(const PartKey& part,
                           const v1::Descriptor& descriptor) override {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(part.digest));
    std::error_code error;
    const auto size =
        fs::file_size(directory_ / oci::LayoutBlobPath(digest), error);
    return !error && static_cast<int64_t>(size) == descriptor.size();
  }

  // The names go first, all at once, so that there is never one without all of
  // its blobs. Blobs that an interrupted removal left behind go with these.
  absl::Status Remove(const Removal& removal) override {
    std::set<std::string> names;
    for (const Tag& tag : removal.tags) names.insert(tag.ToString());
    KSO_ASSIGN_OR_RETURN(const std::string index, ReadIndex());
    const absl::StatusOr<std::string> left =
        oci::WithoutLayoutNames(index, names);
    if (!left.ok()) return Named(left.status());
    KSO_RETURN_IF_ERROR(ReplaceSmallFile(IndexPath(), *left, kPublicFileMode));
    for (const char* algorithm : kAlgorithms) {
      KSO_RETURN_IF_ERROR(Sweep(algorithm, removal.kept_digests));
    }
    return absl::OkStatus();
  }

  std::string AfterRemoval() const override { return "They are deleted."; }

 private:
  fs::path IndexPath() const { return directory_ / "index.json"; }

  absl::StatusOr<std::string> ReadIndex() const {
    return ReadSmallFile(IndexPath(), oci::kLargestLayoutIndex);
  }

  absl::Status Named(const absl::Status& status) const {
    return Prefixed(status, absl::StrCat(directory_.string(), ": "));
  }

  // Deletes the blobs that are none of `kept`. What is not named as a blob is
  // left alone.
  absl::Status Sweep(const std::string& algorithm,
                     const std::set<std::string>& kept) const {
    const fs::path directory = directory_ / "blobs" / algorithm;
    std::error_code error;
    std::vector<fs::path> unused;
    for (fs::directory_iterator entry(directory, error), end;
         !error && entry != end; entry.increment(error)) {
      const absl::StatusOr<Digest> digest = Digest::Parse(
          absl::StrCat(algorithm, ":", entry->path().filename().string()));
      if (digest.ok() && !kept.contains(digest->ToString())) {
        unused.push_back(entry->path());
      }
    }
    if (error == std::errc::no_such_file_or_directory) return absl::OkStatus();
    if (error) return FileError(error.value(), "list", directory);
    for (const fs::path& path : unused) {
      if (fs::remove(path, error); error) {
        return FileError(error.value(), "delete", path);
      }
    }
    return absl::OkStatus();
  }

  const fs::path directory_;
  const FileLock lock_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ReleasePlace>> OpenLayoutPlace(
    const fs::path& directory) {
  KSO_ASSIGN_OR_RETURN(
      FileLock lock, FileLock::TryLockExisting(directory, "wait for its end"));
  std::error_code error;
  if (!fs::is_regular_file(directory / "index.json", error)) {
    return absl::FailedPreconditionError(absl::StrCat(
        directory.string(), " is no OCI image layout: it has no index.json"));
  }
  return std::make_unique<LayoutPlace>(directory, std::move(lock));
}

}  // namespace kso::cli
