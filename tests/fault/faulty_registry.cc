// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/faulty_registry.h"

#include <utility>

#include "common/bytes/digest.h"

namespace kso::testing {

class FaultyRegistries::Upstream : public oci::ImageStore {
 public:
  explicit Upstream(FaultyRegistries* all) : all_(*all) {}

  // As in the real client, wrong bytes are noticed only when all of them have
  // passed.
  absl::Status GetBlob(std::string_view, const v1::Descriptor& blob,
                       ByteSink& sink, int64_t offset) override {
    ++all_.requests_;
    Dice& dice = all_.dice_;
    if (dice.Chance(all_.trouble_)) {
      return dice.Chance(0.3) ? absl::ResourceExhaustedError("429")
                              : absl::UnavailableError("503");
    }
    const auto found = all_.blobs_.find(blob.digest());
    if (found == all_.blobs_.end()) return absl::NotFoundError("404");
    std::string bytes = found->second.substr(static_cast<size_t>(offset));
    const auto size = static_cast<int>(bytes.size());
    const bool cut = size > 0 && dice.Chance(all_.trouble_);
    const bool wrong = size > 0 && dice.Chance(all_.trouble_ / 4);
    // Wrong bytes may be followed by the end of the connection.
    if (wrong) bytes[dice.Between(0, size - 1)] ^= 0x20;
    if (cut) bytes.resize(dice.Between(0, size - 1));
    if (const absl::Status status = sink.Write(bytes); !status.ok()) {
      return status;
    }
    if (cut) return absl::UnavailableError("the connection broke");
    if (wrong && offset == 0) return absl::DataLossError("wrong bytes");
    return absl::OkStatus();
  }

  absl::StatusOr<bool> HasBlob(std::string_view, const Digest&) override {
    return absl::UnimplementedError("not asked for");
  }
  absl::StatusOr<int64_t> PutBlob(std::string_view, const v1::Descriptor&,
                                  const OpenSource&) override {
    return absl::UnimplementedError("not asked for");
  }
  absl::StatusOr<v1::Descriptor> HeadManifest(std::string_view,
                                              std::string_view) override {
    return absl::UnimplementedError("not asked for");
  }
  absl::StatusOr<v1::Document> GetManifest(std::string_view,
                                           std::string_view) override {
    return absl::UnimplementedError("not asked for");
  }
  absl::Status PutManifest(std::string_view, const v1::Document&,
                           std::string_view) override {
    return absl::UnimplementedError("not asked for");
  }

 private:
  FaultyRegistries& all_;
};

// Forwards every call, since each task owns the store that it has opened.
class FaultyRegistries::Destination : public oci::ImageStore {
 public:
  explicit Destination(FakeDestination* next) : next_(*next) {}

  absl::StatusOr<bool> HasBlob(std::string_view repository,
                               const Digest& digest) override {
    return next_.HasBlob(repository, digest);
  }
  absl::StatusOr<int64_t> PutBlob(std::string_view repository,
                                  const v1::Descriptor& blob,
                                  const OpenSource& open) override {
    return next_.PutBlob(repository, blob, open);
  }
  absl::StatusOr<int64_t> PutStream(std::string_view repository,
                                    const WriteBlob& write) override {
    return next_.PutStream(repository, write);
  }
  absl::Status GetBlob(std::string_view repository, const v1::Descriptor& blob,
                       ByteSink& sink, int64_t offset) override {
    return next_.GetBlob(repository, blob, sink, offset);
  }
  absl::StatusOr<v1::Descriptor> HeadManifest(std::string_view repository,
                                              std::string_view tag) override {
    return next_.HeadManifest(repository, tag);
  }
  absl::StatusOr<v1::Document> GetManifest(std::string_view repository,
                                           std::string_view tag) override {
    return next_.GetManifest(repository, tag);
  }
  absl::Status PutManifest(std::string_view repository,
                           const v1::Document& manifest,
                           std::string_view tag) override {
    return next_.PutManifest(repository, manifest, tag);
  }

 private:
  FakeDestination& next_;
};

v1::Descriptor FaultyRegistries::AddBlob(std::string content) {
  v1::Descriptor blob;
  blob.set_media_type("application/vnd.oci.image.layer.v1.tar+gzip");
  blob.set_digest(Sha256Of(content).ToString());
  blob.set_size(static_cast<int64_t>(content.size()));
  blobs_[blob.digest()] = std::move(content);
  return blob;
}

absl::StatusOr<std::unique_ptr<oci::ImageStore>> FaultyRegistries::OpenRegistry(
    const std::string&, bool, const worker::TaskControl&) {
  return std::make_unique<Upstream>(this);
}

absl::StatusOr<std::unique_ptr<oci::ImageStore>>
FaultyRegistries::OpenDestination(const v1::Destination&,
                                  const worker::TaskControl&) {
  return std::make_unique<Destination>(&destination_);
}

}  // namespace kso::testing
