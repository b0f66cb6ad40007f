// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/docker_manifest.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/evidence/artifact.h"
#include "common/oci/manifest.h"
#include "common/text/json.h"

namespace kso::cli {
namespace {

// The longest tag that registries and tools take.
constexpr size_t kLongestTag = 128;

absl::StatusOr<std::string> PathOf(const v1::Descriptor& blob) {
  KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
  return oci::LayoutBlobPath(digest);
}

// "-arm64", or "-arm-v7" where there is a variant; empty where the index does
// not say which platform it is.
std::string SuffixOf(const v1::Platform& platform) {
  if (platform.architecture().empty()) return "";
  return Concat("-", platform.architecture(),
                platform.variant().empty() ? "" : "-", platform.variant());
}

// `docker load` takes every entry for an image, which evidence is not.
bool IsEvidence(const oci::LayoutImage& image) {
  return std::all_of(image.ref_names.begin(), image.ref_names.end(),
                     [](const std::string& name) {
                       return evidence::IsEvidenceTag(
                           std::string_view(name).substr(name.rfind(':') + 1));
                     });
}

class DockerManifestWriter {
 public:
  explicit DockerManifestWriter(const std::vector<oci::ImagePart>& closure) {
    for (const oci::ImagePart& part : closure) {
      parts_.emplace(part.descriptor.digest(), &part);
    }
  }

  absl::Status Add(const oci::LayoutImage& image) {
    if (IsEvidence(image)) return absl::OkStatus();
    KSO_ASSIGN_OR_RETURN(const oci::ImagePart* top, Find(image.index));
    const absl::StatusOr<oci::Index> index =
        oci::ParseIndex(top->content, top->descriptor.media_type());
    if (!index.ok()) return AddEntry(*top, image.ref_names, "");
    for (const v1::Descriptor& child : index->manifests) {
      KSO_ASSIGN_OR_RETURN(const oci::ImagePart* manifest, Find(child));
      KSO_RETURN_IF_ERROR(
          AddEntry(*manifest, image.ref_names, SuffixOf(child.platform())));
    }
    return absl::OkStatus();
  }

  std::string Finish() {
    return entries_.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

 private:
  absl::StatusOr<const oci::ImagePart*> Find(
      const v1::Descriptor& descriptor) const {
    const auto found = parts_.find(descriptor.digest());
    if (found != parts_.end()) return found->second;
    return absl::InternalError(
        Concat(descriptor.digest(), " is not in the export"));
  }

  absl::Status AddEntry(const oci::ImagePart& part,
                        const std::vector<std::string>& names,
                        const std::string& suffix) {
    KSO_ASSIGN_OR_RETURN(
        const oci::Manifest manifest,
        oci::ParseManifest(part.content, part.descriptor.media_type()));
    Json tags = Json::array();
    for (const std::string& name : names) {
      std::string tag = Concat(name, suffix);
      if (tag.size() - (tag.rfind(':') + 1) <= kLongestTag) {
        tags.push_back(std::move(tag));
      }
    }
    Json layers = Json::array();
    for (const v1::Descriptor& layer : manifest.layers) {
      KSO_ASSIGN_OR_RETURN(std::string path, PathOf(layer));
      layers.push_back(std::move(path));
    }
    KSO_ASSIGN_OR_RETURN(std::string config, PathOf(manifest.config));
    entries_.push_back({{"Config", std::move(config)},
                        {"RepoTags", std::move(tags)},
                        {"Layers", std::move(layers)}});
    return absl::OkStatus();
  }

  std::map<std::string, const oci::ImagePart*, std::less<>> parts_;
  Json entries_ = Json::array();
};

}  // namespace

absl::StatusOr<std::string> DockerManifest(
    const std::vector<oci::LayoutImage>& images,
    const std::vector<oci::ImagePart>& closure) {
  DockerManifestWriter writer(closure);
  for (const oci::LayoutImage& image : images) {
    KSO_RETURN_IF_ERROR(writer.Add(image));
  }
  return writer.Finish();
}

}  // namespace kso::cli
