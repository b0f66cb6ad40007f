// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RELEASES_INVENTORY_H_
#define KSO_CLI_RELEASES_INVENTORY_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/releases/release_place.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// A part, and the parts that it refers to.
struct Part {
  v1::Descriptor descriptor;
  // An index or manifest.
  bool is_document = false;
  std::vector<std::string> children = {};
  // The digests of artifacts about it that no tag names.
  std::vector<std::string> referrers = {};
  // Why it could not be read, where it is a document.
  absl::Status trouble = {};
};

// The content of a destination: a graph of parts, with tags at its roots.
struct Inventory {
  std::vector<Tag> tags;
  std::map<PartKey, Part> parts;

  // Everything that is reached from `root`, itself and the artifacts about its
  // documents included; only documents, each before those that it refers to,
  // come into `documents` where that is not null.
  std::set<PartKey> Reach(const PartKey& root,
                          std::vector<PartKey>* documents = nullptr) const;
};

// Reads all indexes and manifests of a destination. One that cannot be read is
// noted as such; an error says that the destination itself could not be asked.
absl::StatusOr<Inventory> TakeInventory(ReleasePlace& place);

// A release at a destination: the tags of its images, of all variants.
struct PlacedRelease {
  std::string name;
  std::vector<Tag> tags;
  // Tags of evidence about any of its documents.
  std::vector<Tag> evidence;
  std::set<std::string> platforms;
  std::set<PartKey> parts;
  int64_t bytes = 0;
  // Of what no other release has.
  int64_t own_bytes = 0;
  // Why not all of it could be read.
  absl::Status trouble;
};

// The releases by name: "latest", where there is such a tag, is one of them. A
// tag of kubespray-images that ends in "-all" belongs to the release of the
// name before that, unless kubespray-files has that very tag.
std::map<std::string, PlacedRelease> ReleasesIn(const Inventory& inventory);

// The bytes of these parts, each digest once.
int64_t BytesOf(const Inventory& inventory, const std::set<PartKey>& parts);

}  // namespace kso::cli

#endif  // KSO_CLI_RELEASES_INVENTORY_H_
