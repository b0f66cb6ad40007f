#include "common/oci/layout_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/base/file_io.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/blob/verifying_source.h"
#include "common/layer/layer_writer.h"
#include "common/oci/image_closure.h"
#include "common/oci/media_types.h"

namespace kso::oci {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxIndexBytes = 4 << 20;

absl::StatusOr<std::vector<v1::Descriptor>> ClosureOf(
    BlobStore& blobs, const std::vector<LayoutImage>& images) {
  std::vector<v1::Descriptor> roots;
  for (const LayoutImage& image : images) roots.push_back(image.index);
  return ImageClosure(blobs, roots);
}

// Where a layout has a blob, relative to it.
std::string BlobPath(const Digest& digest) {
  return Concat("blobs/", digest.algorithm_name(), "/", digest.hex());
}

absl::StatusOr<std::unique_ptr<ByteSource>> OpenVerified(BlobStore& blobs,
                                                         const Digest& digest,
                                                         int64_t size) {
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> source,
                       blobs.Open(digest, 0));
  return CreateVerifyingSource(std::move(source), digest, size);
}

absl::Status Lock(const FileDescriptor& file, const fs::path& path) {
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  if (errno != EWOULDBLOCK) return FileError(errno, "lock", path);
  return absl::FailedPreconditionError(
      Concat(path.string(), ": another process is writing it; wait for it"));
}

// Whether `path` holds exactly these bytes already.
bool IsThere(const fs::path& path, const Digest& digest, int64_t size) {
  absl::StatusOr<FileDescriptor> file = OpenFile(path, O_RDONLY);
  struct stat info;
  if (!file.ok() || ::fstat(file->get(), &info) != 0 ||
      !S_ISREG(info.st_mode) || info.st_size != size) {
    return false;
  }
  class Nowhere : public ByteSink {
   public:
    absl::Status Write(std::string_view) override { return absl::OkStatus(); }
  } nowhere;
  const std::unique_ptr<ByteSource> source =
      CreateVerifyingSource(SourceOfFile(*std::move(file), path), digest, size);
  return CopyBytes(*source, nowhere).ok();
}

// Replaces the file at `path` at once. The directory is locked, so nobody else
// uses the name that it has before.
absl::Status WriteFile(const fs::path& path, ByteSource& source) {
  const fs::path partial = path.string() + ".partial";
  ::unlink(partial.c_str());
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<FileWriter> file,
                       FileWriter::CreateNew(partial));
  absl::Cleanup remove = [&partial] { ::unlink(partial.c_str()); };
  KSO_RETURN_IF_ERROR(CopyBytes(source, *file).status());
  KSO_RETURN_IF_ERROR(file->SyncAndClose());
  KSO_RETURN_IF_ERROR(RenameAndSync(partial, path));
  std::move(remove).Cancel();
  return absl::OkStatus();
}

// Empty when there is none.
absl::StatusOr<std::string> ReadIndex(const fs::path& path) {
  absl::StatusOr<FileDescriptor> file = OpenFile(path, O_RDONLY);
  if (absl::IsNotFound(file.status())) return std::string();
  KSO_RETURN_IF_ERROR(file.status());
  const std::unique_ptr<ByteSource> source =
      SourceOfFile(*std::move(file), path);
  return ReadAll(*source, kMaxIndexBytes);
}

LayerFile FileOf(std::string path, std::string content) {
  const auto size = static_cast<int64_t>(content.size());
  return {std::move(path), size, 0644,
          [content = std::make_shared<const std::string>(std::move(content))](
              int64_t offset) -> absl::StatusOr<std::unique_ptr<ByteSource>> {
            return SourceOfString(*content, offset);
          }};
}

}  // namespace

absl::Status WriteOciLayout(BlobStore& blobs,
                            const std::vector<LayoutImage>& images,
                            const fs::path& directory) {
  // What cannot be is refused before anything is fetched.
  KSO_RETURN_IF_ERROR(MergeLayoutIndex("", images).status());
  KSO_ASSIGN_OR_RETURN(const std::vector<v1::Descriptor> closure,
                       ClosureOf(blobs, images));

  KSO_RETURN_IF_ERROR(MakeDirectories(directory));
  const FileDescriptor lock(
      ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.get() < 0) return FileError(errno, "open", directory);
  KSO_RETURN_IF_ERROR(Lock(lock, directory));

  const fs::path index_path = directory / "index.json";
  KSO_ASSIGN_OR_RETURN(const std::string existing, ReadIndex(index_path));
  const absl::StatusOr<std::string> index = MergeLayoutIndex(existing, images);
  if (!index.ok()) {
    return absl::Status(
        index.status().code(),
        Concat(directory.string(), ": ", ToStd(index.status().message())));
  }

  for (const v1::Descriptor& blob : closure) {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    const fs::path path = directory / BlobPath(digest);
    if (IsThere(path, digest, blob.size())) continue;
    KSO_RETURN_IF_ERROR(MakeDirectories(path.parent_path()));
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source,
                         OpenVerified(blobs, digest, blob.size()));
    KSO_RETURN_IF_ERROR(WriteFile(path, *source));
  }
  KSO_RETURN_IF_ERROR(
      WriteFile(directory / "oci-layout", *SourceOfString(kLayoutFile)));
  return WriteFile(index_path, *SourceOfString(*index));
}

absl::Status WriteOciArchive(BlobStore& blobs,
                             const std::vector<LayoutImage>& images,
                             const fs::path& file) {
  KSO_ASSIGN_OR_RETURN(std::string index, MergeLayoutIndex("", images));
  KSO_ASSIGN_OR_RETURN(const std::vector<v1::Descriptor> closure,
                       ClosureOf(blobs, images));
  std::vector<LayerFile> entries;
  entries.push_back(FileOf("index.json", std::move(index)));
  entries.push_back(FileOf("oci-layout", std::string(kLayoutFile)));
  for (const v1::Descriptor& blob : closure) {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    entries.push_back({BlobPath(digest), blob.size(), 0644,
                       [&blobs, digest, size = blob.size()](int64_t) {
                         return OpenVerified(blobs, digest, size);
                       }});
  }

  KSO_RETURN_IF_ERROR(MakeDirectories(file.parent_path()));
  const fs::path partial = file.string() + ".partial";
  KSO_ASSIGN_OR_RETURN(FileDescriptor descriptor,
                       OpenFile(partial, O_RDWR | O_CREAT));
  KSO_RETURN_IF_ERROR(Lock(descriptor, partial));
  absl::Cleanup remove = [&partial] { ::unlink(partial.c_str()); };
  if (::ftruncate(descriptor.get(), 0) != 0) {
    return FileError(errno, "empty", partial);
  }
  FileWriter writer(std::move(descriptor), partial);
  KSO_RETURN_IF_ERROR(
      WriteLayer(std::move(entries), kOciLayerTar, writer).status());
  KSO_RETURN_IF_ERROR(writer.SyncAndClose());
  KSO_RETURN_IF_ERROR(RenameAndSync(partial, file));
  std::move(remove).Cancel();
  return absl::OkStatus();
}

}  // namespace kso::oci
