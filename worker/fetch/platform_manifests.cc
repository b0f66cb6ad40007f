// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/platform_manifests.h"

#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"

namespace kso::worker {
namespace {

using Platforms = google::protobuf::RepeatedPtrField<v1::Platform>;

// The most entries of an index that are read to learn their platforms.
constexpr int kMostUnnamedEntries = 32;

std::string Quoted(std::string_view type) {
  return Concat("\"", absl::CHexEscape(ToAbsl(type.substr(0, 120))), "\"");
}

// Reads the config of a manifest, whose platform becomes that of the manifest.
absl::StatusOr<PlatformManifest> WithConfig(v1::Document document,
                                            DocumentReader& reader) {
  const v1::Descriptor& descriptor = document.content_descriptor();
  KSO_ASSIGN_OR_RETURN(
      const oci::Manifest manifest,
      oci::ParseManifest(document.content(), descriptor.media_type()));
  KSO_RETURN_IF_ERROR(oci::CheckIsImage(manifest));
  PlatformManifest result;
  KSO_ASSIGN_OR_RETURN(result.config, reader.Blob(manifest.config));
  const auto size = static_cast<int64_t>(result.config.content().size());
  if (size != manifest.config.size()) {
    return absl::InvalidArgumentError(Concat(
        "its manifest ", descriptor.digest(), " says that its config has ",
        manifest.config.size(), " bytes, and it has ", size));
  }
  KSO_ASSIGN_OR_RETURN(const oci::ImageConfig config,
                       oci::ParseImageConfig(result.config.content()));
  if (config.diff_ids.size() != manifest.layers.size()) {
    return absl::InvalidArgumentError(Concat(
        "its manifest ", descriptor.digest(), " has ", manifest.layers.size(),
        " layers, and its config knows ", config.diff_ids.size()));
  }
  result.manifest = std::move(document);
  *result.manifest.mutable_content_descriptor()->mutable_platform() =
      config.platform;
  result.licenses = config.licenses;
  return result;
}

// Reads the manifest that an entry of an index names.
absl::StatusOr<v1::Document> ReadEntry(const v1::Descriptor& entry,
                                       DocumentReader& reader) {
  KSO_ASSIGN_OR_RETURN(v1::Document document, reader.Manifest(entry));
  const auto size = static_cast<int64_t>(document.content().size());
  if (size != entry.size()) {
    return absl::InvalidArgumentError(
        Concat("its index says that manifest ", entry.digest(), " has ",
               entry.size(), " bytes, and it has ", size));
  }
  const std::string& type = document.content_descriptor().media_type();
  if (type != entry.media_type()) {
    return absl::InvalidArgumentError(
        Concat("its index says that manifest ", entry.digest(), " is a ",
               Quoted(entry.media_type()), ", and it is a ", Quoted(type)));
  }
  return document;
}

class IndexReader {
 public:
  // All must outlive it.
  IndexReader(const oci::Index& index, const Platforms& wanted,
              DocumentReader& reader)
      : index_(index), wanted_(wanted), reader_(reader) {}

  absl::StatusOr<std::vector<PlatformManifest>> Read() {
    OfferNamed();
    if (LacksSome()) KSO_RETURN_IF_ERROR(AskUnnamed());
    std::map<size_t, PlatformManifest> chosen;
    for (const v1::Platform& platform : wanted_) {
      const int choice = oci::ChoosePlatform(platforms_, platform);
      if (choice < 0) {
        KSO_RETURN_IF_ERROR(Explain(platform));
        continue;
      }
      const size_t position = positions_[static_cast<size_t>(choice)];
      if (chosen.contains(position)) continue;
      KSO_ASSIGN_OR_RETURN(chosen[position], ReadChosen(position));
    }
    std::vector<PlatformManifest> manifests;
    for (auto& [position, manifest] : chosen) {
      manifests.push_back(std::move(manifest));
    }
    return manifests;
  }

 private:
  void Offer(size_t position, const v1::Platform& platform) {
    positions_.push_back(position);
    platforms_.push_back(platform);
  }

  void OfferNamed() {
    for (size_t i = 0; i < index_.manifests.size(); ++i) {
      const v1::Descriptor& entry = index_.manifests[i];
      if (oci::IsManifestType(entry.media_type()) && entry.has_platform()) {
        Offer(i, entry.platform());
      }
    }
  }

  bool LacksSome() const {
    for (const v1::Platform& platform : wanted_) {
      if (oci::ChoosePlatform(platforms_, platform) < 0) return true;
    }
    return false;
  }

  // Offers the entries whose config names the platform. What turns out to be no
  // image, such as a signature, is left alone.
  absl::Status AskUnnamed() {
    int asked = 0;
    for (size_t i = 0; i < index_.manifests.size() && LacksSome(); ++i) {
      const v1::Descriptor& entry = index_.manifests[i];
      if (!oci::IsManifestType(entry.media_type()) || entry.has_platform()) {
        continue;
      }
      if (++asked > kMostUnnamedEntries) {
        return absl::InvalidArgumentError(
            Concat("its index has more than ", kMostUnnamedEntries,
                   " manifests without a platform"));
      }
      KSO_ASSIGN_OR_RETURN(v1::Document document, ReadEntry(entry, reader_));
      absl::StatusOr<PlatformManifest> manifest =
          WithConfig(std::move(document), reader_);
      if (absl::IsInvalidArgument(manifest.status())) continue;
      KSO_RETURN_IF_ERROR(manifest.status());
      Offer(i, manifest->manifest.content_descriptor().platform());
      unnamed_.emplace(i, *std::move(manifest));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<PlatformManifest> ReadChosen(size_t position) {
    const auto unnamed = unnamed_.find(position);
    if (unnamed != unnamed_.end()) return unnamed->second;
    const v1::Descriptor& entry = index_.manifests[position];
    KSO_ASSIGN_OR_RETURN(v1::Document document, ReadEntry(entry, reader_));
    KSO_ASSIGN_OR_RETURN(PlatformManifest manifest,
                         WithConfig(std::move(document), reader_));
    v1::Platform& platform =
        *manifest.manifest.mutable_content_descriptor()->mutable_platform();
    if (platform.os() != entry.platform().os() ||
        platform.architecture() != entry.platform().architecture()) {
      return absl::InvalidArgumentError(
          Concat("its index says that manifest ", entry.digest(), " is for ",
                 oci::FormatPlatform(entry.platform()),
                 ", and its config says ", oci::FormatPlatform(platform)));
    }
    platform = entry.platform();
    return manifest;
  }

  // Says why nothing was chosen for `platform` although the index has something
  // for it. OK when it has nothing.
  absl::Status Explain(const v1::Platform& platform) const {
    for (const v1::Descriptor& entry : index_.manifests) {
      const std::string& type = entry.media_type();
      const bool is_for_it = entry.has_platform() &&
                             oci::PlatformSatisfies(entry.platform(), platform);
      if (oci::IsManifestType(type)) continue;
      if (oci::IsIndexType(type) && (is_for_it || !entry.has_platform())) {
        return absl::InvalidArgumentError(
            Concat("is an index of indexes, which not all container runtimes "
                   "take: name the inner one, ",
                   entry.digest(), ", or one without"));
      }
      if (!is_for_it) continue;
      if (oci::IsSchema1Type(type)) return oci::Schema1Error();
      return absl::InvalidArgumentError(
          Concat("its index has a ", Quoted(type), " for ",
                 oci::FormatPlatform(platform), ", which is no image"));
    }
    return absl::OkStatus();
  }

  const oci::Index& index_;
  const Platforms& wanted_;
  DocumentReader& reader_;
  // The entries that may be chosen: their positions in the index, and their
  // platforms.
  std::vector<size_t> positions_;
  std::vector<v1::Platform> platforms_;
  // Those of them that were read to learn their platforms, by position.
  std::map<size_t, PlatformManifest> unnamed_;
};

}  // namespace

absl::StatusOr<std::vector<PlatformManifest>> ReadPlatformManifests(
    const v1::Document& top, const Platforms& wanted, DocumentReader& reader) {
  const std::string& type = top.content_descriptor().media_type();
  if (!oci::IsIndexType(type)) {
    KSO_ASSIGN_OR_RETURN(PlatformManifest only, WithConfig(top, reader));
    return std::vector<PlatformManifest>{std::move(only)};
  }
  KSO_ASSIGN_OR_RETURN(const oci::Index index,
                       oci::ParseIndex(top.content(), type));
  return IndexReader(index, wanted, reader).Read();
}

}  // namespace kso::worker
