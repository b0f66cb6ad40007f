// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/sibling.h"

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/bytes/sinks.h"
#include "common/oci/manifest.h"
#include "common/oci/platform.h"
#include "common/site.h"

namespace kso::cli {
namespace {

constexpr size_t kMostConfigBytes = 4 << 20;

// The path with another name at its end; empty where it does not end so.
std::string Renamed(const std::string& repository, std::string_view from,
                    std::string_view to) {
  const std::string_view path = repository;
  if (!path.ends_with(from)) return "";
  const std::string_view before = path.substr(0, path.size() - from.size());
  if (!before.empty() && !before.ends_with('/')) return "";
  return Concat(before, to);
}

absl::StatusOr<v1::Descriptor> PlatformManifest(const oci::Index& index,
                                                const v1::Platform* platform) {
  for (const v1::Descriptor& entry : index.manifests) {
    if (entry.platform().os() == "unknown") continue;
    if (platform == nullptr ||
        oci::PlatformSatisfies(entry.platform(), *platform)) {
      return entry;
    }
  }
  return absl::NotFoundError("it lacks the platform");
}

}  // namespace

absl::StatusOr<std::shared_ptr<const LayerScan>> ScanLastLayer(
    oci::ImageStore& store, const std::string& repository,
    const std::string& tag, const v1::Platform* platform) {
  KSO_ASSIGN_OR_RETURN(const v1::Document top,
                       store.GetManifest(repository, tag));
  KSO_ASSIGN_OR_RETURN(
      const oci::Index index,
      oci::ParseIndex(top.content(), top.content_descriptor().media_type()));
  KSO_ASSIGN_OR_RETURN(const v1::Descriptor entry,
                       PlatformManifest(index, platform));
  KSO_ASSIGN_OR_RETURN(const v1::Document document,
                       store.GetManifest(repository, entry.digest()));
  KSO_ASSIGN_OR_RETURN(
      const oci::Manifest manifest,
      oci::ParseManifest(document.content(),
                         document.content_descriptor().media_type()));
  StringSink config_bytes(kMostConfigBytes);
  KSO_RETURN_IF_ERROR(store.GetBlob(repository, manifest.config, config_bytes));
  KSO_ASSIGN_OR_RETURN(const oci::ImageConfig config,
                       oci::ParseImageConfig(config_bytes.content()));
  if (manifest.layers.empty() || config.diff_ids.empty()) {
    return absl::NotFoundError("it has no layers");
  }
  KSO_ASSIGN_OR_RETURN(const Digest diff_id,
                       Digest::Parse(config.diff_ids.back()));
  const v1::Descriptor& layer = manifest.layers.back();
  KSO_ASSIGN_OR_RETURN(LayerScan scan,
                       ScanLayer(layer, diff_id, [&](ByteSink& sink) {
                         return store.GetBlob(repository, layer, sink);
                       }));
  return std::make_shared<const LayerScan>(std::move(scan));
}

std::string SiblingOf(const std::string& repository) {
  std::string images =
      Renamed(repository, site::kFilesImage, site::kImagesImage);
  if (!images.empty()) return images;
  return Renamed(repository, site::kImagesImage, site::kFilesImage);
}

}  // namespace kso::cli
