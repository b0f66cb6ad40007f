// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/list_check.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "common/oci/reference.h"
#include "common/release/named_architecture.h"
#include "common/text/printable_text.h"
#include "common/text/text.h"

namespace kso::cli {
namespace {

bool IsFile(const ListItem& item) { return item.kind == ListItem::Kind::kFile; }

// The hosts that content has moved to. An old place may still answer, with what
// was there when it moved, or from one day to the next not at all.
struct Move {
  std::string_view from;
  const char* to;
};
constexpr Move kMoves[] = {
    {"k8s.gcr.io/", "registry.k8s.io, frozen since April 2023"},
    {"gcr.io/google_containers/", "registry.k8s.io"},
    {"gcr.io/google-containers/", "registry.k8s.io"},
    {"gcr.io/k8s-artifacts-prod/", "registry.k8s.io"},
    {"gcr.io/cloud-provider-vsphere/", "registry.k8s.io"},
    {"https://storage.googleapis.com/kubernetes-release/", "https://dl.k8s.io"},
    {"https://packages.cloud.google.com/", "https://pkgs.k8s.io"},
    {"https://github.com/containers/youki/",
     "https://github.com/youki-dev/youki"},
    {"docker.io/calico/", "quay.io/calico"},
    {"docker.io/cilium/", "quay.io/cilium"},
    {"docker.io/weaveworks/", "nowhere: the project has ended"},
    {"docker.io/bitnami/", "docker.io/bitnamilegacy, without updates"},
    {"iad.ocir.io/oracle/", "ghcr.io/oracle"},
    {"quay.io/external_storage/", "nowhere: the project has ended"},
    {"docker.io/amazon/aws-ebs-csi-driver", "public.ecr.aws/ebs-csi-driver"},
};

// Names of content that changes.
constexpr std::string_view kMutable[] = {
    "latest", "master", "main",   "head",    "nightly",
    "edge",   "canary", "stable", "develop", "dev",
};

bool IsMutableName(absl::string_view name) {
  return std::any_of(std::begin(kMutable), std::end(kMutable),
                     [&](std::string_view known) {
                       return absl::EqualsIgnoreCase(name, ToAbsl(known));
                     });
}

std::optional<Smell> OfArchitecture(const ListItem& item) {
  if (!IsFile(item) || item.architecture.empty()) return std::nullopt;
  const auto named = release::NamedArchitectures(item.text);
  if (named.empty() || named.contains(item.architecture)) return std::nullopt;
  return Smell{item.place, item.text,
               absl::StrCat("it says ", named.begin()->second,
                            ", in the list of ", item.architecture),
               "make the list with `ksoctl lists generate`, or allow it with "
               "files.otherArchitecture where it is meant"};
}

std::optional<Smell> OfHash(const ListItem& item) {
  if (!IsFile(item) || !item.digest.empty()) return std::nullopt;
  return Smell{item.place, item.text, "no hash is stated for it",
               "add sha256:HEX behind it, or a line to a checksum file"};
}

std::optional<Smell> OfMutableUrl(const ListItem& item) {
  const std::vector<absl::string_view> parts = absl::StrSplit(item.text, '/');
  const bool is_branch = absl::StrContains(item.text, "/refs/heads/");
  // The first three parts are the scheme and the host.
  for (size_t i = 3; i < parts.size(); ++i) {
    if (!is_branch && !IsMutableName(parts[i])) continue;
    return Smell{item.place, item.text,
                 is_branch ? "it is a file of a branch, which changes"
                           : absl::StrCat("'", parts[i],
                                          "' is a name whose content changes"),
                 "name a version"};
  }
  if (parts.back() != "index.yaml") return std::nullopt;
  return Smell{item.place, item.text,
               "an index changes with each release of its charts",
               "it cannot have a hash; keep it with the charts of its day"};
}

std::optional<Smell> OfMutableImage(const ListItem& item) {
  const auto reference = oci::Reference::Parse(item.text);
  if (!reference.ok()) {
    return Smell{item.place, item.text,
                 std::string(reference.status().message()),
                 "write HOST/PATH:TAG"};
  }
  if (reference->digest.has_value() || !IsMutableName(reference->tag)) {
    return std::nullopt;
  }
  const bool is_stated = absl::EndsWith(item.text, ":" + reference->tag);
  return Smell{item.place, item.text,
               is_stated ? absl::StrCat("the tag '", reference->tag,
                                        "' changes under its name")
                         : "it has no tag, which means 'latest'",
               "name a version, or add @sha256:HEX"};
}

std::optional<Smell> OfMutableName(const ListItem& item) {
  return IsFile(item) ? OfMutableUrl(item) : OfMutableImage(item);
}

std::optional<Smell> OfMovedHost(const ListItem& item) {
  std::string name = item.text;
  if (!IsFile(item)) {
    const auto reference = oci::Reference::Parse(item.text);
    if (reference.ok()) name = reference->ToString();
  }
  for (const Move& move : kMoves) {
    if (!absl::StartsWith(name, ToAbsl(move.from))) continue;
    return Smell{item.place, item.text, "its content has moved",
                 absl::StrCat("to ", move.to)};
  }
  return std::nullopt;
}

// The versions that a Kubespray names, by name without version.
class KnownVersions {
 public:
  explicit KnownVersions(const Listing& listing) {
    for (const ListedFile& file : listing.files()) {
      Add(ListItem::Kind::kFile, file.url);
    }
    for (const ListedImage& image : listing.images()) {
      Add(ListItem::Kind::kImage, image.reference);
    }
  }

  std::optional<Smell> Check(const ListItem& item) const {
    const VersionedName name = WithoutVersion(item);
    const auto known = versions_.find(name.name);
    if (known == versions_.end()) {
      return Smell{item.place, item.text, "this Kubespray does not name it",
                   "drop it, unless your cluster needs it besides"};
    }
    if (known->second.contains(name.version)) return std::nullopt;
    return Smell{item.place, item.text,
                 absl::StrCat("this Kubespray names ",
                              absl::StrJoin(known->second, ", "), ", not ",
                              name.version),
                 "make the list with `ksoctl lists generate`"};
  }

 private:
  void Add(ListItem::Kind kind, const std::string& text) {
    const VersionedName name = WithoutVersion({kind, text, "", "", ""});
    versions_[name.name].insert(name.version);
  }

  std::map<std::string, std::set<std::string>> versions_;
};

}  // namespace

std::vector<Smell> CheckLists(const std::vector<ListItem>& items,
                              const Listing* kubespray) {
  std::vector<Smell> smells;
  std::optional<KnownVersions> known;
  if (kubespray != nullptr) known.emplace(*kubespray);
  for (const ListItem& item : items) {
    for (const auto& rule :
         {OfArchitecture, OfHash, OfMutableName, OfMovedHost}) {
      if (auto smell = rule(item)) smells.push_back(*std::move(smell));
    }
    if (!known.has_value()) continue;
    if (auto smell = known->Check(item)) smells.push_back(*std::move(smell));
  }
  return smells;
}

std::string SmellsText(const std::vector<Smell>& smells) {
  std::string text;
  for (const Smell& smell : smells) {
    absl::StrAppend(
        &text,
        PrintableText(absl::StrCat(smell.place, ": ", smell.item, ": ",
                                   smell.what, "; ", smell.advice)),
        "\n");
  }
  absl::StrAppend(
      &text,
      smells.empty()
          ? "Nothing smells.\n"
          : Count(static_cast<int64_t>(smells.size()), "warning") + "\n");
  return text;
}

nlohmann::ordered_json SmellsArray(const std::vector<Smell>& smells) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Smell& smell : smells) {
    list.push_back({{"place", PrintableText(smell.place)},
                    {"item", PrintableText(smell.item)},
                    {"what", PrintableText(smell.what)},
                    {"advice", PrintableText(smell.advice)}});
  }
  return list;
}

nlohmann::ordered_json SmellsJson(const std::vector<Smell>& smells) {
  nlohmann::ordered_json document;
  document["warnings"] = SmellsArray(smells);
  return document;
}

}  // namespace kso::cli
