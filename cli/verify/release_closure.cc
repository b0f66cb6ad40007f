// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/release_closure.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "common/base/strings.h"
#include "common/closure/release_index.h"
#include "common/oci/platform.h"
#include "common/text/printable_text.h"
#include "common/text/text.h"

namespace kso::cli {
namespace {

// Repository, and tag or else digest.
using Key = std::pair<std::string, std::string>;

Key KeyOf(const std::string& repository, const std::string& tag,
          const std::string& digest) {
  return {repository, tag.empty() ? digest : tag};
}

// The digests of the images that a release has taken although they are
// mislabelled.
std::map<Key, std::string> TakenMislabelled(const FilesContent* files) {
  std::map<Key, std::string> taken;
  if (files == nullptr || !files->index.has_value()) return taken;
  for (const closure::IndexedImage& item : files->index->images) {
    const std::string& digest = item.verdict.digest();
    if (!item.verdict.architecture_problem().empty()) {
      taken[KeyOf(item.repository, item.tag, digest)] = digest;
    }
  }
  return taken;
}

class ClosureCheck {
 public:
  ClosureCheck(const RegistryContent& registry,
               const std::vector<v1::Platform>& platforms, Findings& findings)
      : platforms_(platforms), findings_(findings) {
    for (const RegistryImage& image : registry.images) {
      there_[KeyOf(image.repository, image.tag, image.top.digest())] = &image;
    }
  }

  void Check(const FilesContent& files) {
    const size_t before = findings_.problems.size();
    int count = 0;
    std::set<Key> named;
    for (const closure::IndexedImage& item : files.index->images) {
      const Key key = KeyOf(item.repository, item.tag, item.verdict.digest());
      named.insert(key);
      const std::vector<v1::Platform> wanted = WantedOf(item);
      if (wanted.empty()) {
        not_wanted_.insert(item.repository);
        continue;
      }
      ++count;
      const auto found = there_.find(key);
      if (found == there_.end()) {
        Problem(item, Concat("is missing: there is no ", NameOf(item)));
        continue;
      }
      Compare(item, wanted, *found->second);
    }
    for (const auto& [key, image] : there_) {
      if (named.contains(key)) continue;
      findings_.problems.push_back(
          Concat(image->Name(), " is there, and index.json does not name it"));
    }
    CheckOffline(files);
    if (findings_.problems.size() > before) return;
    findings_.checks.push_back(Concat(
        Count(count, "image"), " as index.json of kubespray-files says"));
  }

 private:
  static std::string NameOf(const closure::IndexedImage& item) {
    return item.tag.empty()
               ? Concat(item.repository, "@", item.verdict.digest())
               : Concat(item.repository, ":", item.tag);
  }

  void Problem(const closure::IndexedImage& item, std::string_view what) {
    findings_.problems.push_back(Concat(item.verdict.name(), " ", what));
  }

  // The platforms that the release has the image for, of those asked for.
  std::vector<v1::Platform> WantedOf(const closure::IndexedImage& item) const {
    std::vector<v1::Platform> wanted;
    for (const std::string& text : item.platforms) {
      const auto platform = oci::ParsePlatform(text);
      if (!platform.ok()) continue;
      if (std::any_of(platforms_.begin(), platforms_.end(),
                      [&](const v1::Platform& asked) {
                        return oci::PlatformSatisfies(*platform, asked);
                      })) {
        wanted.push_back(*platform);
      }
    }
    return wanted;
  }

  void Compare(const closure::IndexedImage& item,
               const std::vector<v1::Platform>& wanted,
               const RegistryImage& image) {
    if (image.top.digest() != item.verdict.digest()) {
      Problem(item, Concat("is ", image.top.digest(), ", and index.json says ",
                           item.verdict.digest()));
    }
    // Why none of its manifests could be read is told where they were read.
    if (image.manifests.empty()) return;
    for (const v1::Platform& platform : wanted) {
      if (std::any_of(image.manifests.begin(), image.manifests.end(),
                      [&](const v1::Descriptor& manifest) {
                        return oci::PlatformSatisfies(manifest.platform(),
                                                      platform);
                      })) {
        continue;
      }
      Problem(item, Concat("lacks ", oci::FormatPlatform(platform)));
    }
  }

  // The repositories that offline.yml names whole.
  void CheckOffline(const FilesContent& files) {
    if (!files.offline.has_value()) return;
    const auto named = files.offline->NamedRepositories();
    if (!named.ok()) return;  // Told with kubespray-files.
    for (const auto& [variable, repository] : *named) {
      if (not_wanted_.contains(repository)) continue;
      if (std::any_of(there_.begin(), there_.end(), [&](const auto& entry) {
            return entry.first.first == repository;
          })) {
        continue;
      }
      findings_.problems.push_back(Concat("/k8s/offline.yml sets ", variable,
                                          " to ", PrintableText(repository),
                                          ", which is missing"));
    }
  }

  const std::vector<v1::Platform>& platforms_;
  Findings& findings_;
  std::map<Key, const RegistryImage*> there_;
  // Repositories of images that the release has for other platforms only.
  std::set<std::string> not_wanted_;
};

}  // namespace

void CheckLabels(const FilesContent* files, const RegistryContent& registry,
                 Findings& findings) {
  const std::map<Key, std::string> taken = TakenMislabelled(files);
  for (const RegistryImage& image : registry.images) {
    const auto found =
        taken.find(KeyOf(image.repository, image.tag, image.top.digest()));
    const bool is_taken =
        found != taken.end() && found->second == image.top.digest();
    for (const std::string& platform : image.mislabelled) {
      const std::string told = Concat(image.Name(), " ", platform);
      if (is_taken) {
        findings.notes.push_back(Concat(
            told, "; its release allows that (images.wrongArchitecture)"));
      } else {
        findings.problems.push_back(told);
      }
    }
  }
}

void CheckReleaseClosure(const FilesContent& files,
                         const RegistryContent& registry,
                         const std::vector<v1::Platform>& platforms,
                         Findings& findings) {
  if (!files.index.has_value()) return;  // Told with kubespray-files.
  ClosureCheck(registry, platforms, findings).Check(files);
}

}  // namespace kso::cli
