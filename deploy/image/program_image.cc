// SPDX-License-Identifier: Apache-2.0
#include "deploy/image/program_image.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/files/directory.h"
#include "common/files/file_io.h"
#include "common/files/small_file.h"
#include "common/layer/layer_writer.h"
#include "common/oci/layout_index.h"
#include "common/oci/media_types.h"
#include "common/text/json.h"

namespace kso::image {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestIndex = 4 << 20;

OpenSource OpenerOf(fs::path path) {
  return [path = std::move(path)](
             int64_t offset) -> absl::StatusOr<std::unique_ptr<ByteSource>> {
    KSO_ASSIGN_OR_RETURN(FileDescriptor file, OpenFile(path, O_RDONLY));
    if (lseek(file.get(), offset, SEEK_SET) < 0) {
      return FileError(errno, "read", path);
    }
    return SourceOfFile(std::move(file), path);
  };
}

absl::StatusOr<LayerFile> FileOf(const fs::path& path, const fs::path& root) {
  struct stat about = {};
  if (lstat(path.c_str(), &about) != 0) {
    return FileError(errno, "look at", path);
  }
  if (!S_ISREG(about.st_mode)) {
    return absl::InvalidArgumentError(
        Concat(path.string(),
               " is no regular file; an image of a program holds no other"));
  }
  LayerFile file;
  file.path = path.lexically_relative(root).string();
  file.size = about.st_size;
  file.mode = (about.st_mode & S_IXUSR) != 0 ? 0755 : 0644;
  file.open = OpenerOf(path);
  return file;
}

absl::StatusOr<std::vector<LayerFile>> FilesOf(const fs::path& root) {
  std::vector<LayerFile> files;
  absl::Status trouble;
  KSO_RETURN_IF_ERROR(
      ForEachEntryBelow(root, [&](const fs::directory_entry& entry) {
        std::error_code error;
        if (entry.symlink_status(error).type() == fs::file_type::directory) {
          return;
        }
        absl::StatusOr<LayerFile> file = FileOf(entry.path(), root);
        trouble.Update(file.status());
        if (file.ok()) files.push_back(*std::move(file));
      }));
  KSO_RETURN_IF_ERROR(trouble);
  if (files.empty()) {
    return absl::InvalidArgumentError(
        Concat(root.string(), " has no files for the image"));
  }
  return files;
}

Json DescriptorOf(std::string_view media_type, std::string_view digest,
                  int64_t size) {
  return {{"mediaType", media_type}, {"digest", digest}, {"size", size}};
}

// Writes the blobs of one layout.
class Blobs {
 public:
  explicit Blobs(fs::path layout) : layout_(std::move(layout)) {}

  absl::Status Prepare() const {
    return MakeDirectories(layout_ / "blobs" / "sha256");
  }

  // Stores a document, and returns its descriptor.
  absl::StatusOr<Json> Put(const Json& document,
                           std::string_view media_type) const {
    const std::string bytes = document.dump();
    const Digest digest = Sha256Of(bytes);
    KSO_RETURN_IF_ERROR(ReplaceFile(
        PathOf(digest), [&](ByteSink& sink) { return sink.Write(bytes); }));
    return DescriptorOf(media_type, digest.ToString(),
                        static_cast<int64_t>(bytes.size()));
  }

  absl::StatusOr<WrittenLayer> PutLayer(std::vector<LayerFile> files) const {
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<FileWriter> writer,
                         FileWriter::CreateUnnamed(layout_));
    KSO_ASSIGN_OR_RETURN(
        WrittenLayer layer,
        WriteLayer(std::move(files), oci::kOciLayerGzip, *writer));
    KSO_ASSIGN_OR_RETURN(const Digest digest,
                         Digest::Parse(layer.descriptor.digest()));
    const absl::Status linked = writer->LinkTo(PathOf(digest));
    if (!linked.ok() && !absl::IsAlreadyExists(linked)) return linked;
    KSO_RETURN_IF_ERROR(writer->SyncAndClose());
    return layer;
  }

 private:
  fs::path PathOf(const Digest& digest) const {
    return layout_ / oci::LayoutBlobPath(digest);
  }

  const fs::path layout_;
};

// The config of the image for one platform (OCI image spec, config.md).
Json ConfigOf(const ProgramImage& image, const v1::Platform& platform,
              const Digest& diff_id) {
  Json ports = Json::object();
  for (const std::string& port : image.ports) ports[port] = Json::object();
  Json config = {{"User", image.user},
                 {"Entrypoint", image.entrypoint},
                 {"Env", image.environment},
                 {"WorkingDir", image.working_directory},
                 {"Labels", image.labels}};
  if (!ports.empty()) config["ExposedPorts"] = std::move(ports);
  return {
      {"created", "1970-01-01T00:00:00Z"},
      {"architecture", platform.architecture()},
      {"os", platform.os()},
      {"config", std::move(config)},
      {"rootfs",
       {{"type", "layers"}, {"diff_ids", Json::array({diff_id.ToString()})}}},
      {"history", Json::array({{{"created", "1970-01-01T00:00:00Z"},
                                {"created_by", "kso deploy/package"}}})}};
}

// Writes the manifest of one platform with all that it names, and returns its
// descriptor, with the platform.
absl::StatusOr<Json> PutManifest(const Blobs& blobs, const ProgramImage& image,
                                 const PlatformRoot& root) {
  KSO_ASSIGN_OR_RETURN(std::vector<LayerFile> files, FilesOf(root.directory));
  KSO_ASSIGN_OR_RETURN(const WrittenLayer layer,
                       blobs.PutLayer(std::move(files)));
  KSO_ASSIGN_OR_RETURN(Json config,
                       blobs.Put(ConfigOf(image, root.platform, layer.diff_id),
                                 oci::kOciConfig));
  const v1::Descriptor& stored = layer.descriptor;
  const Json manifest = {
      {"schemaVersion", 2},
      {"mediaType", oci::kOciManifest},
      {"config", std::move(config)},
      {"layers", Json::array({DescriptorOf(stored.media_type(), stored.digest(),
                                           stored.size())})}};
  KSO_ASSIGN_OR_RETURN(Json descriptor, blobs.Put(manifest, oci::kOciManifest));
  descriptor["platform"] = {{"architecture", root.platform.architecture()},
                            {"os", root.platform.os()}};
  if (!root.platform.variant().empty()) {
    descriptor["platform"]["variant"] = root.platform.variant();
  }
  return descriptor;
}

absl::StatusOr<Json> PutIndex(const Blobs& blobs, const ProgramImage& image) {
  Json manifests = Json::array();
  for (const PlatformRoot& root : image.roots) {
    KSO_ASSIGN_OR_RETURN(Json descriptor, PutManifest(blobs, image, root));
    manifests.push_back(std::move(descriptor));
  }
  const Json index = {{"schemaVersion", 2},
                      {"mediaType", oci::kOciIndex},
                      {"manifests", std::move(manifests)},
                      {"annotations", image.labels}};
  return blobs.Put(index, oci::kOciIndex);
}

// The text of the layout's index.json; empty where there is none.
absl::StatusOr<std::string> ExistingIndex(const fs::path& path) {
  absl::StatusOr<std::string> text = ReadSmallFile(path, kLargestIndex);
  if (absl::IsNotFound(text.status())) return std::string();
  return text;
}

}  // namespace

absl::Status WriteProgramImage(const ProgramImage& image,
                               const fs::path& layout) {
  const Blobs blobs(layout);
  KSO_RETURN_IF_ERROR(blobs.Prepare());
  KSO_ASSIGN_OR_RETURN(const Json descriptor, PutIndex(blobs, image));
  oci::LayoutImage named;
  named.index.set_media_type(std::string(oci::kOciIndex));
  named.index.set_digest(StringOf(descriptor, "digest"));
  named.index.set_size(descriptor["size"].get<int64_t>());
  named.ref_names = {image.ref_name};
  KSO_ASSIGN_OR_RETURN(const std::string existing,
                       ExistingIndex(layout / "index.json"));
  KSO_ASSIGN_OR_RETURN(const std::string index,
                       oci::MergeLayoutIndex(existing, {named}));
  KSO_RETURN_IF_ERROR(ReplaceFile(layout / "oci-layout", [](ByteSink& sink) {
    return sink.Write(oci::kLayoutFile);
  }));
  return ReplaceFile(layout / "index.json",
                     [&](ByteSink& sink) { return sink.Write(index); });
}

}  // namespace kso::image
