// SPDX-License-Identifier: Apache-2.0
#include "cli/releases/removal_plan.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/bytes/digest.h"

namespace kso::cli {
namespace {

constexpr size_t kIdLength = 16;

using Releases = std::map<std::string, PlacedRelease>;

absl::Status CheckNames(const Releases& releases,
                        const std::set<std::string>& names) {
  for (const std::string& name : names) {
    if (releases.contains(name)) continue;
    return absl::NotFoundError(
        absl::StrCat("there is no release \"", name,
                     "\" there; `ksoctl releases ls` lists those that are"));
  }
  return absl::OkStatus();
}

// Sorts the tags into those that go and those that stay.
struct Division {
  std::set<Tag> going;
  std::vector<Tag> staying;
};

Division Divide(const Inventory& inventory, const Releases& releases,
                const std::set<std::string>& names) {
  Division division;
  std::set<Tag> evidence_that_stays;
  for (const auto& [name, release] : releases) {
    const bool goes = names.contains(name);
    if (goes) division.going.insert(release.tags.begin(), release.tags.end());
    // Evidence about a manifest that a release which stays has, too, stays.
    (goes ? division.going : evidence_that_stays)
        .insert(release.evidence.begin(), release.evidence.end());
  }
  for (const Tag& tag : evidence_that_stays) division.going.erase(tag);
  for (const Tag& tag : inventory.tags) {
    if (!division.going.contains(tag)) division.staying.push_back(tag);
  }
  return division;
}

// An image that a tag which stays names, too, cannot go: registries delete by
// digest, and with it all tags of that digest.
absl::Status CheckTagsAreAlone(const Division& division) {
  for (const Tag& staying : division.staying) {
    for (const Tag& going : division.going) {
      if (going.image != staying.image || going.digest != staying.digest) {
        continue;
      }
      return absl::FailedPreconditionError(absl::StrCat(
          going.ToString(), " is the same image as ", staying.ToString(),
          ", which would go with it: name ", staying.name,
          " as well, or let that tag name another image first"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::set<PartKey>> PartsThatStay(const Inventory& inventory,
                                                const Division& division) {
  std::set<PartKey> parts;
  for (const Tag& tag : division.staying) {
    for (const PartKey& key : inventory.Reach({tag.image, tag.digest})) {
      const Part& part = inventory.parts.at(key);
      if (!part.trouble.ok()) {
        return absl::FailedPreconditionError(absl::StrCat(
            tag.ToString(),
            " stays, and what it needs is not known: ", part.trouble.message(),
            "; mend it, or remove its release as well"));
      }
      parts.insert(key);
    }
  }
  return parts;
}

std::string IdOf(const RemovalPlan& plan, const Division& division,
                 const std::string& destination) {
  std::string text = absl::StrCat(destination, "\n");
  for (const Tag& tag : division.going) {
    absl::StrAppend(&text, "- ", tag.ToString(), " ", tag.digest, "\n");
  }
  for (const PartKey& key : plan.removal.documents) {
    absl::StrAppend(&text, "- ", key.image, "@", key.digest, "\n");
  }
  const std::set<Tag> staying(division.staying.begin(), division.staying.end());
  for (const Tag& tag : staying) {
    absl::StrAppend(&text, "+ ", tag.ToString(), " ", tag.digest, "\n");
  }
  for (const auto& [key, descriptor] : plan.kept_parts) {
    absl::StrAppend(&text, "+ ", key.image, "@", key.digest, "\n");
  }
  return Sha256Of(text).hex().substr(0, kIdLength);
}

KeptRelease Keep(const Inventory& inventory, const PlacedRelease& release,
                 const std::set<PartKey>& reached) {
  KeptRelease kept;
  kept.name = release.name;
  kept.bytes = release.bytes;
  for (const PartKey& key : release.parts) {
    (inventory.parts.at(key).is_document ? kept.documents : kept.blobs) += 1;
    if (reached.contains(key)) ++kept.shared;
  }
  return kept;
}

}  // namespace

absl::StatusOr<RemovalPlan> PlanRemoval(const Inventory& inventory,
                                        const std::vector<std::string>& names,
                                        const std::string& destination) {
  const Releases releases = ReleasesIn(inventory);
  const std::set<std::string> wanted(names.begin(), names.end());
  KSO_RETURN_IF_ERROR(CheckNames(releases, wanted));
  const Division division = Divide(inventory, releases, wanted);
  KSO_RETURN_IF_ERROR(CheckTagsAreAlone(division));
  KSO_ASSIGN_OR_RETURN(const std::set<PartKey> staying,
                       PartsThatStay(inventory, division));

  RemovalPlan plan;
  plan.names.assign(wanted.begin(), wanted.end());
  plan.removal.tags.assign(division.going.begin(), division.going.end());
  for (const PartKey& key : staying) {
    plan.kept_parts[key] = inventory.parts.at(key).descriptor;
    plan.removal.kept_digests.insert(key.digest);
  }
  std::set<PartKey> reached;
  std::set<PartKey> listed;
  for (const Tag& tag : division.going) {
    std::vector<PartKey> documents;
    reached.merge(inventory.Reach({tag.image, tag.digest}, &documents));
    for (const PartKey& key : documents) {
      // A document that is not there need not be deleted.
      if (staying.contains(key) || !inventory.parts.at(key).trouble.ok() ||
          !listed.insert(key).second) {
        continue;
      }
      plan.removal.documents.push_back(key);
    }
  }
  std::set<PartKey> freed;
  for (const PartKey& key : reached) {
    if (plan.removal.kept_digests.contains(key.digest)) continue;
    const Part& part = inventory.parts.at(key);
    freed.insert(key);
    if (!part.is_document) plan.freed[key.digest] = part.descriptor;
  }
  plan.freed_bytes = BytesOf(inventory, freed);
  for (const auto& [name, release] : releases) {
    if (wanted.contains(name)) continue;
    plan.kept.push_back(Keep(inventory, release, reached));
  }
  plan.id = IdOf(plan, division, destination);
  return plan;
}

}  // namespace kso::cli
