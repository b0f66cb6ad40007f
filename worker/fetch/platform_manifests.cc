// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/platform_manifests.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"
#include "common/text/printable_text.h"

namespace kso::worker {
namespace {

using Platforms = google::protobuf::RepeatedPtrField<v1::Platform>;

// The most entries of an image's indexes that are read to learn their
// platforms.
constexpr int kMostUnnamedEntries = 32;
// How many indexes may be inside each other, the outermost counted, and how
// many may be inside of it in all.
constexpr int kDeepest = 3;
constexpr size_t kMostIndexes = 16;

// Configs say whatever their makers wrote.
constexpr size_t kLongestPlatform = 200;

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

// Reads the manifest or index that an entry of an index names.
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

// The entries that an index of the image lists.
struct Entry {
  v1::Descriptor descriptor;
  // The platform that the index is for, where the one that lists it says so.
  std::optional<v1::Platform> within;
  // The number of indexes that it is in.
  int depth = 1;
};

bool IsWithin(const v1::Platform& platform, const Entry& entry) {
  return !entry.within || oci::PlatformSatisfies(platform, *entry.within);
}

class IndexReader {
 public:
  // Both must outlive it.
  IndexReader(const Platforms& wanted, DocumentReader& reader)
      : wanted_(wanted), reader_(reader) {}

  absl::StatusOr<ImageManifests> Read(const oci::Index& top) {
    AddEntries(top, std::nullopt, /*depth=*/1);
    KSO_RETURN_IF_ERROR(EnterIndexes());
    KSO_RETURN_IF_ERROR(AskUnnamed());
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
    ImageManifests found;
    for (auto& [position, manifest] : chosen) {
      found.manifests.push_back(std::move(manifest));
    }
    found.indexes = std::move(indexes_);
    return found;
  }

 private:
  void Offer(size_t position, const v1::Platform& platform) {
    positions_.push_back(position);
    platforms_.push_back(platform);
  }

  // Adds the entries of an index, and offers those that name their platforms.
  void AddEntries(const oci::Index& index,
                  const std::optional<v1::Platform>& within, int depth) {
    for (const v1::Descriptor& descriptor : index.manifests) {
      entries_.push_back({descriptor, within, depth});
      if (oci::IsManifestType(descriptor.media_type()) &&
          descriptor.has_platform() &&
          IsWithin(descriptor.platform(), entries_.back())) {
        Offer(entries_.size() - 1, descriptor.platform());
      }
    }
    FindLacking();
  }

  void FindLacking() {
    lacking_.clear();
    for (const v1::Platform& platform : wanted_) {
      if (oci::ChoosePlatform(platforms_, platform) < 0) {
        lacking_.push_back(platform);
      }
    }
  }

  // Returns whether an entry that is an index may have what is lacking.
  bool MayHelp(const Entry& entry) const {
    const v1::Descriptor& descriptor = entry.descriptor;
    if (!oci::IsIndexType(descriptor.media_type()) ||
        entered_.contains(NameOf(entry)) ||
        (descriptor.has_platform() &&
         !IsWithin(descriptor.platform(), entry))) {
      return false;
    }
    const std::optional<v1::Platform> within = PlatformOf(entry);
    return !within ||
           std::any_of(lacking_.begin(), lacking_.end(),
                       [&within](const v1::Platform& platform) {
                         return oci::PlatformSatisfies(*within, platform);
                       });
  }

  // The platform that all below an entry is for, where it is known.
  static std::optional<v1::Platform> PlatformOf(const Entry& entry) {
    if (entry.descriptor.has_platform()) return entry.descriptor.platform();
    return entry.within;
  }

  // An index may be listed for several platforms, and has something for each.
  static std::string NameOf(const Entry& entry) {
    const std::optional<v1::Platform> within = PlatformOf(entry);
    return Concat(entry.descriptor.digest(), " ",
                  within ? oci::FormatPlatform(*within) : "");
  }

  // Reads the indexes in the index, the outer ones first, as far as something
  // is lacking.
  absl::Status EnterIndexes() {
    size_t bytes = 0;
    for (size_t i = 0; i < entries_.size() && !lacking_.empty(); ++i) {
      if (!MayHelp(entries_[i])) continue;
      // The entries of the index come behind it, and may move it.
      const Entry entry = entries_[i];
      if (entry.depth == kDeepest) {
        return absl::InvalidArgumentError(
            Concat("its indexes are nested over ", kDeepest, " deep, at ",
                   entry.descriptor.digest(),
                   ": list that one by its digest, or one below it"));
      }
      if (entered_.size() == kMostIndexes ||
          bytes > static_cast<size_t>(kLargestDocuments)) {
        return absl::InvalidArgumentError(
            Concat("its index has more than ", kMostIndexes,
                   " indexes in it, or large ones"));
      }
      entered_.insert(NameOf(entry));
      KSO_ASSIGN_OR_RETURN(v1::Document document,
                           ReadEntry(entry.descriptor, reader_));
      KSO_ASSIGN_OR_RETURN(
          const oci::Index index,
          oci::ParseIndex(document.content(),
                          document.content_descriptor().media_type()));
      bytes += document.content().size();
      AddEntries(index, PlatformOf(entry), entry.depth + 1);
      Keep(std::move(document));
    }
    return absl::OkStatus();
  }

  void Keep(v1::Document index) {
    v1::Descriptor& descriptor = *index.mutable_content_descriptor();
    for (const v1::Document& kept : indexes_) {
      if (kept.content_descriptor().digest() == descriptor.digest()) return;
    }
    // Only where the cache has it does it come with what its entry says.
    descriptor.clear_platform();
    indexes_.push_back(std::move(index));
  }

  // Offers the entries whose config names the platform. What turns out to be no
  // image, such as a signature, is left alone.
  absl::Status AskUnnamed() {
    int asked = 0;
    for (size_t i = 0; i < entries_.size() && !lacking_.empty(); ++i) {
      const v1::Descriptor& entry = entries_[i].descriptor;
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
      const v1::Platform& platform =
          manifest->manifest.content_descriptor().platform();
      if (!IsWithin(platform, entries_[i])) continue;
      Offer(i, platform);
      FindLacking();
      unnamed_.emplace(i, *std::move(manifest));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<PlatformManifest> ReadChosen(size_t position) {
    const auto unnamed = unnamed_.find(position);
    if (unnamed != unnamed_.end()) return unnamed->second;
    const v1::Descriptor& entry = entries_[position].descriptor;
    KSO_ASSIGN_OR_RETURN(v1::Document document, ReadEntry(entry, reader_));
    KSO_ASSIGN_OR_RETURN(PlatformManifest manifest,
                         WithConfig(std::move(document), reader_));
    v1::Platform& platform =
        *manifest.manifest.mutable_content_descriptor()->mutable_platform();
    if (platform.os() != entry.platform().os() ||
        platform.architecture() != entry.platform().architecture()) {
      manifest.config_platform =
          PrintableText(oci::FormatPlatform(platform), kLongestPlatform);
    }
    platform = entry.platform();
    return manifest;
  }

  // Says why nothing was chosen for `platform` although the index has something
  // for it. OK when it has nothing.
  absl::Status Explain(const v1::Platform& platform) const {
    for (const Entry& listed : entries_) {
      const v1::Descriptor& entry = listed.descriptor;
      const std::string& type = entry.media_type();
      if (oci::IsManifestType(type) || oci::IsIndexType(type) ||
          !entry.has_platform() ||
          !oci::PlatformSatisfies(entry.platform(), platform)) {
        continue;
      }
      if (oci::IsSchema1Type(type)) return oci::Schema1Error();
      return absl::InvalidArgumentError(
          Concat("its index has a ", Quoted(type), " for ",
                 oci::FormatPlatform(platform), ", which is no image"));
    }
    return absl::OkStatus();
  }

  const Platforms& wanted_;
  DocumentReader& reader_;
  // All that the indexes list which were read so far, the outer ones' first.
  std::vector<Entry> entries_;
  std::vector<v1::Document> indexes_;
  // The names of the entries whose indexes were read.
  std::set<std::string> entered_;
  // The entries that may be chosen: their positions in `entries_`, and their
  // platforms.
  std::vector<size_t> positions_;
  std::vector<v1::Platform> platforms_;
  // Those of the wanted platforms that none of them is for.
  std::vector<v1::Platform> lacking_;
  // Those of the entries that were read to learn their platforms, by position.
  std::map<size_t, PlatformManifest> unnamed_;
};

}  // namespace

absl::StatusOr<ImageManifests> ReadPlatformManifests(const v1::Document& top,
                                                     const Platforms& wanted,
                                                     DocumentReader& reader) {
  const std::string& type = top.content_descriptor().media_type();
  if (!oci::IsIndexType(type)) {
    KSO_ASSIGN_OR_RETURN(PlatformManifest only, WithConfig(top, reader));
    return ImageManifests{.manifests = {std::move(only)}, .indexes = {}};
  }
  KSO_ASSIGN_OR_RETURN(const oci::Index index,
                       oci::ParseIndex(top.content(), type));
  return IndexReader(wanted, reader).Read(index);
}

}  // namespace kso::worker
