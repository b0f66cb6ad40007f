// SPDX-License-Identifier: Apache-2.0
#include "common/oci/layout_writer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/blob/verifying_source.h"
#include "common/bytes/sinks.h"
#include "common/files/file_io.h"
#include "common/files/file_lock.h"
#include "common/run/run_all.h"

namespace kso::oci {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxIndexBytes = 4 << 20;
// So many blobs are brought at the same time: one arrives while others wait for
// the disk.
constexpr int kBlobsAtOnce = 4;

// Returns whether `path` holds exactly these bytes already.
bool IsThere(const fs::path& path, const Digest& digest, int64_t size) {
  absl::StatusOr<FileDescriptor> file = OpenFile(path, O_RDONLY);
  struct stat info;
  if (!file.ok() || ::fstat(file->get(), &info) != 0 ||
      !S_ISREG(info.st_mode) || info.st_size != size) {
    return false;
  }
  NullSink nowhere;
  const std::unique_ptr<ByteSource> source =
      CreateVerifyingSource(SourceOfFile(*std::move(file), path), digest, size);
  return CopyBytes(*source, nowhere).ok();
}

absl::StatusOr<std::string> ReadIndex(const fs::path& path) {
  absl::StatusOr<FileDescriptor> file = OpenFile(path, O_RDONLY);
  if (absl::IsNotFound(file.status())) return std::string();
  KSO_RETURN_IF_ERROR(file.status());
  const std::unique_ptr<ByteSource> source =
      SourceOfFile(*std::move(file), path);
  return ReadAll(*source, kMaxIndexBytes);
}

absl::Status WriteText(const fs::path& path, std::string_view text) {
  return ReplaceFile(path, [text](ByteSink& file) { return file.Write(text); });
}

absl::Status WriteBlob(const fs::path& path, ImageStore& store,
                       const ImagePart& part) {
  if (!part.content.empty()) return WriteText(path, part.content);
  return ReplaceFile(path, [&](ByteSink& file) {
    return store.GetBlob(part.repository, part.descriptor, file);
  });
}

// Brings a blob unless it is there.
absl::Status BringBlob(ImageStore& store, const LinkBlob& link,
                       const ImagePart& part, const fs::path& directory) {
  KSO_ASSIGN_OR_RETURN(const Digest digest,
                       Digest::Parse(part.descriptor.digest()));
  const int64_t size = part.descriptor.size();
  const fs::path path = directory / LayoutBlobPath(digest);
  if (IsThere(path, digest, size)) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(MakeDirectories(path.parent_path()));
  if (link && link(digest, path).ok() && IsThere(path, digest, size)) {
    return SyncDirectory(path.parent_path());
  }
  return WriteBlob(path, store, part);
}

}  // namespace

std::vector<ImagePart> RootsOf(const std::vector<LayoutImage>& images) {
  std::vector<ImagePart> roots;
  for (const LayoutImage& image : images) {
    roots.push_back({image.index, image.repository, {}});
  }
  return roots;
}

absl::Status WriteOciLayout(ImageStore& store,
                            const std::vector<LayoutImage>& images,
                            const fs::path& directory, const LinkBlob& link) {
  // Names that cannot be are refused before anything is fetched.
  KSO_RETURN_IF_ERROR(MergeLayoutIndex("", images).status());
  KSO_ASSIGN_OR_RETURN(const std::vector<ImagePart> closure,
                       ImageClosure(store, RootsOf(images)));

  KSO_RETURN_IF_ERROR(MakeDirectories(directory));
  KSO_ASSIGN_OR_RETURN(const FileLock lock, FileLock::TryLockExisting(
                                                directory, "wait for its end"));

  const fs::path index_path = directory / "index.json";
  KSO_ASSIGN_OR_RETURN(const std::string existing, ReadIndex(index_path));
  const absl::StatusOr<std::string> index = MergeLayoutIndex(existing, images);
  if (!index.ok()) {
    return absl::Status(
        index.status().code(),
        Concat(directory.string(), ": ", ToStd(index.status().message())));
  }

  std::vector<std::function<absl::Status()>> jobs;
  for (const ImagePart& part : closure) {
    jobs.push_back([&] { return BringBlob(store, link, part, directory); });
  }
  KSO_RETURN_IF_ERROR(RunAll(kBlobsAtOnce, jobs));
  KSO_RETURN_IF_ERROR(WriteText(directory / "oci-layout", kLayoutFile));
  return WriteText(index_path, *index);
}

}  // namespace kso::oci
