// SPDX-License-Identifier: Apache-2.0
#include "cli/releases/inventory.h"

#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/evidence/artifact.h"
#include "common/oci/image_closure.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"
#include "common/run/run_all.h"
#include "common/site.h"

namespace kso::cli {
namespace {

// Tags are read so many at a time.
constexpr int kAtOnce = 8;
// No image and its evidence have so many indexes and manifests.
constexpr int kMostDocuments = 10000;

bool IsDocument(const v1::Descriptor& descriptor) {
  return oci::IsIndexType(descriptor.media_type()) ||
         oci::IsManifestType(descriptor.media_type());
}

// Reads the graph below one tag after another. Thread safe.
class Reader {
 public:
  explicit Reader(ReleasePlace& place) : place_(place) {}

  // Reads all that a tag leads to. An error where the destination cannot be
  // asked, rather than has not what it should have.
  absl::Status Read(const Tag& tag) {
    v1::Descriptor root;
    root.set_digest(tag.digest);
    return ReadBelow(tag.image, root);
  }

  std::map<PartKey, Part> Take() {
    absl::MutexLock lock(&mutex_);
    return std::move(parts_);
  }

 private:
  absl::Status ReadBelow(const std::string& image, const v1::Descriptor& root) {
    std::vector<v1::Descriptor> left = {root};
    int documents = 0;
    while (!left.empty()) {
      v1::Descriptor descriptor = std::move(left.back());
      left.pop_back();
      const PartKey key{image, descriptor.digest()};
      if (Knows(key)) continue;
      // A tag's own type is not known before it is read.
      if (!descriptor.media_type().empty() && !IsDocument(descriptor)) {
        Put(key, {.descriptor = descriptor});
        continue;
      }
      if (++documents > kMostDocuments) {
        return absl::InvalidArgumentError(
            absl::StrCat(image, "@", root.digest(), " has no end"));
      }
      KSO_ASSIGN_OR_RETURN(Part part, ReadPart(key, descriptor, left));
      Put(key, std::move(part));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Part> ReadPart(const PartKey& key,
                                const v1::Descriptor& descriptor,
                                std::vector<v1::Descriptor>& left) {
    Part part{.descriptor = descriptor, .is_document = true};
    const absl::StatusOr<v1::Document> document = place_.Read(key);
    const absl::StatusOr<std::vector<v1::Descriptor>> children =
        document.ok()
            ? oci::ChildrenOf(document->content(),
                              document->content_descriptor().media_type())
            : document.status();
    if (absl::IsNotFound(children.status()) ||
        absl::IsInvalidArgument(children.status()) ||
        absl::IsDataLoss(children.status()) ||
        absl::IsUnimplemented(children.status())) {
      part.trouble = children.status();
      return part;
    }
    KSO_RETURN_IF_ERROR(children.status());
    // The platform is in the index that led here, and not in the document.
    part.descriptor.set_media_type(document->content_descriptor().media_type());
    part.descriptor.set_size(document->content_descriptor().size());
    for (const v1::Descriptor& child : *children) {
      part.children.push_back(child.digest());
      left.push_back(child);
    }
    KSO_ASSIGN_OR_RETURN(const std::vector<v1::Descriptor> referrers,
                         place_.Referrers(key));
    for (const v1::Descriptor& referrer : referrers) {
      part.referrers.push_back(referrer.digest());
      left.push_back(referrer);
    }
    return part;
  }

  bool Knows(const PartKey& key) {
    absl::MutexLock lock(&mutex_);
    return parts_.contains(key);
  }
  void Put(const PartKey& key, Part part) {
    absl::MutexLock lock(&mutex_);
    parts_.try_emplace(key, std::move(part));
  }

  ReleasePlace& place_;
  absl::Mutex mutex_;
  std::map<PartKey, Part> parts_ ABSL_GUARDED_BY(mutex_);
};

std::set<std::string> FilesTags(const Inventory& inventory) {
  std::set<std::string> names;
  for (const Tag& tag : inventory.tags) {
    if (tag.image == site::kFilesImage) names.insert(tag.name);
  }
  return names;
}

std::string ReleaseOf(const Tag& tag, const std::set<std::string>& files_tags) {
  absl::string_view name = tag.name;
  if (tag.image == site::kImagesImage && !files_tags.contains(tag.name)) {
    absl::ConsumeSuffix(&name, ToAbsl(site::kAllSuffix));
  }
  return std::string(name);
}

void AddPlatforms(const Inventory& inventory, PlacedRelease& release) {
  for (const PartKey& key : release.parts) {
    const Part& part = inventory.parts.at(key);
    const v1::Platform& platform = part.descriptor.platform();
    if (part.is_document && !platform.os().empty() &&
        platform.os() != "unknown") {
      release.platforms.insert(oci::FormatPlatform(platform));
    }
    if (!part.trouble.ok() && release.trouble.ok()) {
      release.trouble =
          absl::Status(part.trouble.code(),
                       absl::StrCat(release.name,
                                    " is not whole: ", part.trouble.message()));
    }
  }
}

// "sha256:HEX" of a tag of evidence, "sha256-HEX" or "sha256-HEX.sig".
std::string SubjectOf(const Tag& tag) {
  constexpr size_t kLength = 7 + 64;
  std::string digest = tag.name.substr(0, kLength);
  digest[6] = ':';
  return digest;
}

void AddEvidence(const Inventory& inventory,
                 std::map<std::string, PlacedRelease>& releases) {
  for (const Tag& tag : inventory.tags) {
    if (!evidence::IsEvidenceTag(tag.name)) continue;
    const PartKey subject{tag.image, SubjectOf(tag)};
    for (auto& [name, release] : releases) {
      if (!release.parts.contains(subject)) continue;
      release.evidence.push_back(tag);
      release.parts.merge(inventory.Reach({tag.image, tag.digest}));
    }
  }
}

void AddSizes(const Inventory& inventory,
              std::map<std::string, PlacedRelease>& releases) {
  std::map<std::string, int> users;
  for (const auto& [name, release] : releases) {
    // A tag that moves is another name of a release, and no other one.
    if (site::IsLatestTag(name)) continue;
    std::set<std::string> digests;
    for (const PartKey& key : release.parts) digests.insert(key.digest);
    for (const std::string& digest : digests) ++users[digest];
  }
  for (auto& [name, release] : releases) {
    release.bytes = BytesOf(inventory, release.parts);
    std::set<PartKey> own;
    for (const PartKey& key : release.parts) {
      if (users[key.digest] == 1) own.insert(key);
    }
    release.own_bytes = BytesOf(inventory, own);
  }
}

}  // namespace

std::set<PartKey> Inventory::Reach(const PartKey& root,
                                   std::vector<PartKey>* documents) const {
  std::set<PartKey> reached;
  std::vector<PartKey> order;
  // Depth first, so that the reverse of the order in which documents are left
  // has each before those that it refers to, however they share them.
  const std::function<void(const PartKey&)> visit = [&](const PartKey& key) {
    const auto part = parts.find(key);
    if (part == parts.end() || !reached.insert(key).second) return;
    for (const auto* others :
         {&part->second.children, &part->second.referrers}) {
      for (const std::string& digest : *others) visit({key.image, digest});
    }
    if (part->second.is_document) order.push_back(key);
  };
  visit(root);
  if (documents != nullptr) {
    documents->insert(documents->end(), order.rbegin(), order.rend());
  }
  return reached;
}

absl::StatusOr<Inventory> TakeInventory(ReleasePlace& place) {
  Inventory inventory;
  KSO_ASSIGN_OR_RETURN(inventory.tags, place.ListTags());
  Reader reader(place);
  std::vector<std::function<absl::Status()>> jobs;
  for (const Tag& tag : inventory.tags) {
    jobs.push_back([&reader, &tag] { return reader.Read(tag); });
  }
  KSO_RETURN_IF_ERROR(RunAll(kAtOnce, jobs));
  inventory.parts = reader.Take();
  return inventory;
}

std::map<std::string, PlacedRelease> ReleasesIn(const Inventory& inventory) {
  const std::set<std::string> files_tags = FilesTags(inventory);
  std::map<std::string, PlacedRelease> releases;
  for (const Tag& tag : inventory.tags) {
    if (tag.image != site::kFilesImage && tag.image != site::kImagesImage) {
      continue;
    }
    if (evidence::IsEvidenceTag(tag.name)) continue;
    const std::string name = ReleaseOf(tag, files_tags);
    PlacedRelease& release = releases[name];
    release.name = name;
    release.tags.push_back(tag);
    release.parts.merge(inventory.Reach({tag.image, tag.digest}));
  }
  AddEvidence(inventory, releases);
  for (auto& [name, release] : releases) AddPlatforms(inventory, release);
  AddSizes(inventory, releases);
  return releases;
}

int64_t BytesOf(const Inventory& inventory, const std::set<PartKey>& parts) {
  std::map<std::string, int64_t> sizes;
  for (const PartKey& key : parts) {
    const auto part = inventory.parts.find(key);
    if (part == inventory.parts.end()) continue;
    sizes[key.digest] = part->second.descriptor.size();
  }
  int64_t bytes = 0;
  for (const auto& [digest, size] : sizes) bytes = SaturatingAdd(bytes, size);
  return bytes;
}

}  // namespace kso::cli
