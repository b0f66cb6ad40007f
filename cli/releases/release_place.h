// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RELEASES_RELEASE_PLACE_H_
#define KSO_CLI_RELEASES_RELEASE_PLACE_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// A name of an index or manifest: "kubespray-files", "v0.1.0-2.25.1".
struct Tag {
  // Empty in a layout, for names that are not of this form, and for indexes
  // that have none.
  std::string image;
  std::string name;
  std::string digest;

  std::string ToString() const;
  friend auto operator<=>(const Tag&, const Tag&) = default;
};

// An index, manifest, config or layer of one image.
struct PartKey {
  std::string image;
  std::string digest;

  friend auto operator<=>(const PartKey&, const PartKey&) = default;
};

// The changes that a removal is.
struct Removal {
  std::vector<Tag> tags;
  // Indexes and manifests, each before those that it refers to.
  std::vector<PartKey> documents;
  // Everything that stays, of all images.
  std::set<std::string> kept_digests;
};

// A destination, as somewhere to look for releases and to remove them. Thread
// safe, but for Remove.
class ReleasePlace {
 public:
  virtual ~ReleasePlace() = default;

  // Every name there is of kubespray-files and kubespray-images, those of
  // evidence too; in a layout, every other name as well.
  virtual absl::StatusOr<std::vector<Tag>> ListTags() = 0;

  // An index or manifest. NOT_FOUND when it is not there.
  virtual absl::StatusOr<v1::Document> Read(const PartKey& document) = 0;

  // The artifacts about an index or manifest that need no tag to be found.
  virtual absl::StatusOr<std::vector<v1::Descriptor>> Referrers(
      const PartKey& document) = 0;

  // Returns whether the part is there, without reading it.
  virtual absl::StatusOr<bool> Has(const PartKey& part,
                                   const v1::Descriptor& descriptor) = 0;

  // Removes what the removal names. UNIMPLEMENTED, and nothing is changed,
  // where the other side deletes nothing; the message says what to do. After
  // another error, a part of it may be gone.
  virtual absl::Status Remove(const Removal& removal) = 0;

  // Says what becomes of the bytes that nothing refers to any more, for people.
  virtual std::string AfterRemoval() const = 0;
};

}  // namespace kso::cli

#endif  // KSO_CLI_RELEASES_RELEASE_PLACE_H_
