#include "worker/verify/oci_layout.h"

#include <fstream>
#include <memory>
#include <sstream>
#include <system_error>

#include "common/base/byte_stream.h"
#include "common/base/digest.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "nlohmann/json.hpp"
#include "worker/fetch/counting_sink.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

absl::Status WriteFailed(const std::filesystem::path& path) {
  return WorkerTrouble(
      absl::ResourceExhaustedError(Concat("cannot write ", path.string())));
}

// Writes and hashes.
class FileSink : public ByteSink {
 public:
  FileSink(std::filesystem::path path, Digest::Algorithm algorithm)
      : path_(std::move(path)),
        stream_(path_, std::ios::binary | std::ios::trunc),
        hasher_(algorithm) {}

  absl::Status Write(std::string_view bytes) override {
    hasher_.Update(bytes);
    stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return stream_ ? absl::OkStatus() : WriteFailed(path_);
  }

  absl::Status Finish(const Digest& expected) {
    stream_.close();
    if (!stream_) return WriteFailed(path_);
    const Digest got = hasher_.Finish();
    if (got == expected) return absl::OkStatus();
    return absl::DataLossError(Concat("expected ", expected.ToString(),
                                      ", got ", got.ToString(),
                                      " from the destination"));
  }

 private:
  const std::filesystem::path path_;
  std::ofstream stream_;
  Hasher hasher_;
};

absl::Status WriteText(const std::filesystem::path& path,
                       std::string_view text) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  stream.close();
  return stream ? absl::OkStatus() : WriteFailed(path);
}

// Pulls the blobs of one image into one layout.
class LayoutWriter {
 public:
  LayoutWriter(oci::ImageStore& store, std::string_view repository,
               BlobStore& cache, const std::filesystem::path& directory,
               TaskControl& control)
      : store_(store),
        repository_(repository),
        cache_(cache),
        directory_(directory),
        control_(control) {}

  absl::StatusOr<std::filesystem::path> PathOf(const Digest& digest) {
    const auto parent =
        directory_ / "blobs" / std::string(digest.algorithm_name());
    std::error_code error;
    std::filesystem::create_directories(parent, error);
    if (error) return WriteFailed(parent);
    return parent / digest.hex();
  }

  absl::Status AddBlob(const v1::Descriptor& blob) {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    KSO_ASSIGN_OR_RETURN(const std::filesystem::path path, PathOf(digest));
    if (CopyFromCache(digest, path).ok()) return absl::OkStatus();
    FileSink sink(path, digest.algorithm());
    CountingSink counting(sink, control_);
    KSO_RETURN_IF_ERROR(store_.GetBlob(repository_, blob, counting));
    return sink.Finish(digest);
  }

  absl::Status AddDocument(const v1::Document& document) {
    KSO_ASSIGN_OR_RETURN(const Digest digest,
                         Digest::Parse(document.content_descriptor().digest()));
    KSO_ASSIGN_OR_RETURN(const std::filesystem::path path, PathOf(digest));
    return WriteText(path, document.content());
  }

 private:
  absl::Status CopyFromCache(const Digest& digest,
                             const std::filesystem::path& path) {
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source,
                         cache_.Open(digest, 0));
    FileSink sink(path, digest.algorithm());
    KSO_RETURN_IF_ERROR(CopyBytes(*source, sink).status());
    return sink.Finish(digest);
  }

  oci::ImageStore& store_;
  const std::string repository_;
  BlobStore& cache_;
  const std::filesystem::path directory_;
  TaskControl& control_;
};

absl::Status WriteIndex(const std::filesystem::path& directory,
                        const v1::Descriptor& manifest) {
  const nlohmann::json entry = {
      {"mediaType", manifest.media_type()},
      {"digest", manifest.digest()},
      {"size", manifest.size()},
      {"annotations", {{"org.opencontainers.image.ref.name", kLayoutTag}}}};
  const nlohmann::json index = {{"schemaVersion", 2},
                                {"manifests", nlohmann::json::array({entry})}};
  KSO_RETURN_IF_ERROR(WriteText(directory / "index.json", index.dump()));
  return WriteText(directory / "oci-layout",
                   R"({"imageLayoutVersion":"1.0.0"})");
}

}  // namespace

absl::StatusOr<oci::ImageConfig> PullToLayout(
    oci::ImageStore& store, std::string_view repository,
    const v1::Descriptor& manifest, BlobStore& cache,
    const std::filesystem::path& directory, TaskControl& control,
    const std::function<absl::Status(int64_t bytes)>& begin) {
  LayoutWriter writer(store, repository, cache, directory, control);
  KSO_ASSIGN_OR_RETURN(const v1::Document document,
                       store.GetManifest(repository, manifest.digest()));
  KSO_ASSIGN_OR_RETURN(
      const oci::Manifest parsed,
      oci::ParseManifest(document.content(),
                         document.content_descriptor().media_type()));
  int64_t total = parsed.config.size();
  for (const v1::Descriptor& layer : parsed.layers) total += layer.size();
  if (begin) KSO_RETURN_IF_ERROR(begin(total));
  KSO_RETURN_IF_ERROR(writer.AddDocument(document));
  KSO_RETURN_IF_ERROR(writer.AddBlob(parsed.config));
  for (const v1::Descriptor& layer : parsed.layers) {
    KSO_RETURN_IF_ERROR(writer.AddBlob(layer));
  }
  KSO_RETURN_IF_ERROR(WriteIndex(directory, document.content_descriptor()));

  KSO_ASSIGN_OR_RETURN(const Digest config,
                       Digest::Parse(parsed.config.digest()));
  KSO_ASSIGN_OR_RETURN(const std::filesystem::path path, writer.PathOf(config));
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return oci::ParseImageConfig(content.str());
}

}  // namespace kso::worker
