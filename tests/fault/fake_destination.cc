// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/fake_destination.h"

#include <iterator>
#include <memory>
#include <vector>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/sinks.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"

namespace kso::testing {

std::string FakeDestination::Key(std::string_view repository,
                                 std::string_view name) {
  const bool is_digest = name.find(':') != std::string_view::npos;
  return Concat(repository, is_digest ? "@" : ":", name);
}

absl::Status FakeDestination::Trouble() {
  if (!dice_.Chance(faults_.failed_destination)) return absl::OkStatus();
  if (dice_.Chance(0.3)) {
    return absl::ResourceExhaustedError("429: asked too often");
  }
  return absl::UnavailableError("503: not now");
}

std::string FakeDestination::LoseBlob() {
  if (blobs_.empty()) return "";
  const auto lost = std::next(
      blobs_.begin(), dice_.Between(0, static_cast<int>(blobs_.size()) - 1));
  const std::string key = lost->first;
  blobs_.erase(lost);
  return key;
}

std::string FakeDestination::MissingPart(std::string_view repository,
                                         const v1::Document& manifest,
                                         bool deep) const {
  const std::string& type = manifest.content_descriptor().media_type();
  if (oci::IsIndexType(type)) {
    const auto index = oci::ParseIndex(manifest.content(), type);
    if (!index.ok()) return index.status().ToString();
    for (const v1::Descriptor& child : index->manifests) {
      const auto found = manifests_.find(Key(repository, child.digest()));
      if (found == manifests_.end()) return child.digest();
      if (!deep) continue;
      const std::string missing = MissingPart(repository, found->second, true);
      if (!missing.empty()) return missing;
    }
    return "";
  }
  const auto parsed = oci::ParseManifest(manifest.content(), type);
  if (!parsed.ok()) return parsed.status().ToString();
  std::vector<v1::Descriptor> parts = parsed->layers;
  parts.push_back(parsed->config);
  for (const v1::Descriptor& part : parts) {
    if (!blobs_.contains(Key(repository, part.digest()))) return part.digest();
  }
  return "";
}

std::string FakeDestination::MissingFrom(const std::string& repository,
                                         const std::string& digest) const {
  const auto found = manifests_.find(Key(repository, digest));
  if (found == manifests_.end()) return digest;
  return MissingPart(repository, found->second, true);
}

std::string FakeDestination::TagOf(const std::string& repository,
                                   const std::string& tag) const {
  const auto found = tags_.find(Key(repository, tag));
  return found == tags_.end() ? "" : found->second;
}

absl::StatusOr<bool> FakeDestination::HasBlob(std::string_view repository,
                                              const Digest& digest) {
  const std::string key = Key(repository, digest.ToString());
  Dice dice(seed_ + static_cast<uint64_t>(absl::ToUnixMicros(now_())));
  for (const char c : key) {
    dice = Dice(dice.Next() + static_cast<unsigned char>(c));
  }
  if (dice.Chance(faults_.failed_destination)) {
    return absl::UnavailableError("503: not now");
  }
  return careless_ || blobs_.contains(key);
}

absl::StatusOr<int64_t> FakeDestination::PutBlob(std::string_view repository,
                                                 const v1::Descriptor& blob,
                                                 const OpenSource& open) {
  KSO_RETURN_IF_ERROR(Trouble());
  const std::string key = Key(repository, blob.digest());
  if (blobs_.contains(key)) return 0;
  KSO_ASSIGN_OR_RETURN(const auto source, open(0));
  KSO_ASSIGN_OR_RETURN(std::string content, ReadAll(*source, 64 << 20));
  if (Sha256Of(content).ToString() != blob.digest()) {
    return absl::InvalidArgumentError("400: the digest does not match");
  }
  blobs_[key] = std::move(content);
  // The manifest is there now, but the answer may be lost.
  KSO_RETURN_IF_ERROR(Trouble());
  return blob.size();
}

absl::StatusOr<int64_t> FakeDestination::PutStream(std::string_view repository,
                                                   const WriteBlob& write) {
  KSO_RETURN_IF_ERROR(Trouble());
  StringSink sink;
  KSO_ASSIGN_OR_RETURN(const WrittenBlob blob, write(sink));
  if (Sha256Of(sink.content()) != blob.digest) {
    return absl::InvalidArgumentError("400: the digest does not match");
  }
  blobs_[Key(repository, blob.digest.ToString())] = sink.content();
  KSO_RETURN_IF_ERROR(Trouble());
  return blob.size;
}

absl::Status FakeDestination::GetBlob(std::string_view repository,
                                      const v1::Descriptor& blob,
                                      ByteSink& sink, int64_t offset) {
  KSO_RETURN_IF_ERROR(Trouble());
  const auto found = blobs_.find(Key(repository, blob.digest()));
  if (found == blobs_.end()) {
    return absl::NotFoundError(Concat("404: no blob ", blob.digest()));
  }
  return sink.Write(found->second.substr(static_cast<size_t>(offset)));
}

absl::StatusOr<v1::Descriptor> FakeDestination::HeadManifest(
    std::string_view repository, std::string_view tag_or_digest) {
  KSO_ASSIGN_OR_RETURN(v1::Document document,
                       GetManifest(repository, tag_or_digest));
  return std::move(*document.mutable_content_descriptor());
}

absl::StatusOr<v1::Document> FakeDestination::GetManifest(
    std::string_view repository, std::string_view tag_or_digest) {
  KSO_RETURN_IF_ERROR(Trouble());
  std::string digest(tag_or_digest);
  const auto tagged = tags_.find(Key(repository, tag_or_digest));
  if (tagged != tags_.end()) digest = tagged->second;
  const auto found = manifests_.find(Key(repository, digest));
  if (found == manifests_.end()) {
    return absl::NotFoundError(Concat("404: no manifest ", tag_or_digest));
  }
  return found->second;
}

absl::Status FakeDestination::PutManifest(std::string_view repository,
                                          const v1::Document& manifest,
                                          std::string_view tag) {
  KSO_RETURN_IF_ERROR(Trouble());
  const std::string missing =
      careless_ ? "" : MissingPart(repository, manifest, false);
  if (!missing.empty()) {
    return absl::NotFoundError(Concat("404: MANIFEST_BLOB_UNKNOWN ", missing));
  }
  const std::string& digest = manifest.content_descriptor().digest();
  manifests_[Key(repository, digest)] = manifest;
  if (!tag.empty()) {
    tags_[Key(repository, tag)] = digest;
    if (on_tag_) on_tag_(std::string(repository), std::string(tag), digest);
  }
  return Trouble();
}

}  // namespace kso::testing
