// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/assembly.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/destination.h"
#include "common/oci/documents.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"
#include "common/site.h"
#include "coordinator/core/plan/image_choice.h"
#include "coordinator/registry/documents.h"
#include "coordinator/registry/image_config.h"
#include "coordinator/registry/site_layer.h"
#include "coordinator/registry/verify_tasks.h"

namespace kso::coordinator {
namespace {

// The documents of one platform image.
struct PlatformImage {
  v1::Document config;
  v1::Document manifest;
};

// An index and what is in it.
struct Variant {
  std::string image;
  std::string tag_suffix;
  std::vector<PlatformImage> platforms;
  v1::Document index;
};

absl::Status Annotate(const absl::Status& status, std::string_view item) {
  return absl::Status(status.code(),
                      Concat(item, ": ", ToStd(status.message())));
}

ImageAdditions AdditionsFor(const v1::PlannedImage& planned) {
  const bool is_files = planned.image() == site::kFilesImage;
  ImageAdditions additions;
  additions.port =
      Concat(is_files ? site::kFilesPort : site::kImagesPort, "/tcp");
  additions.served_directory =
      std::string(is_files ? site::kFilesRoot : site::kImagesRoot);
  additions.title = planned.image();
  return additions;
}

class Assembler {
 public:
  explicit Assembler(const AssembleRequest& request) : request_(request) {}

  absl::StatusOr<Assembly> Run() {
    KSO_RETURN_IF_ERROR(MakePlatformImages());
    for (Variant& variant : variants_) FinishVariant(variant);
    return PushOrder();
  }

 private:
  absl::Status MakePlatformImages() {
    const ImageChoice choice =
        ChooseImages(request_.release, request_.resolved);
    KSO_RETURN_IF_ERROR(MakeOwnLayer(choice));
    for (const v1::PlannedImage& planned : request_.images) {
      KSO_ASSIGN_OR_RETURN(const ChosenImage* base, BaseOf(planned));
      const ChosenManifest* manifest = base->Find(planned.platform());
      if (manifest == nullptr) {
        return absl::InvalidArgumentError(
            Concat("base ", planned.base(), " does not exist for ",
                   oci::FormatPlatform(planned.platform())));
      }
      absl::StatusOr<PlatformImage> image = MakeImage(planned, *manifest);
      if (!image.ok()) {
        return Annotate(image.status(), Concat("base ", planned.base()));
      }
      KSO_ASSIGN_OR_RETURN(
          v1::Task verify,
          MakeVerifyTask(request_, planned, choice.images, *manifest,
                         image->manifest.content_descriptor(),
                         OwnLayerOf(planned)));
      assembly_.outcome.verify_tasks.push_back(std::move(verify));
      VariantOf(planned).platforms.push_back(*std::move(image));
    }
    return absl::OkStatus();
  }

  // Makes the layer that tells what the release has, if it has files.
  absl::Status MakeOwnLayer(const ImageChoice& choice) {
    const bool has_files =
        std::any_of(request_.images.begin(), request_.images.end(),
                    [](const v1::PlannedImage& planned) {
                      return planned.image() == site::kFilesImage;
                    });
    if (!has_files) return absl::OkStatus();
    KSO_ASSIGN_OR_RETURN(site_layer_, MakeSiteLayer(request_, choice));
    return absl::OkStatus();
  }

  // The layer that the coordinator itself puts on top of an image; null if
  // none.
  const v1::MadeLayer* OwnLayerOf(const v1::PlannedImage& planned) const {
    return planned.image() == site::kFilesImage && site_layer_
               ? &site_layer_->made
               : nullptr;
  }

  // The base of an image, chosen once for all platforms.
  absl::StatusOr<const ChosenImage*> BaseOf(const v1::PlannedImage& planned) {
    const auto known = bases_.find(planned.base());
    if (known != bases_.end()) return &known->second;
    std::vector<v1::Failure> failures;
    std::optional<ChosenImage> base = ChooseBase(
        planned.base(), request_.release, request_.resolved, failures);
    if (!base) {
      return absl::InvalidArgumentError(
          Concat("base ", planned.base(), ": ", failures.front().reason()));
    }
    return &bases_.emplace(planned.base(), *std::move(base)).first->second;
  }

  Variant& VariantOf(const v1::PlannedImage& planned) {
    for (Variant& variant : variants_) {
      if (variant.image == planned.image() &&
          variant.tag_suffix == planned.tag_suffix()) {
        return variant;
      }
    }
    Variant& variant = variants_.emplace_back();
    variant.image = planned.image();
    variant.tag_suffix = planned.tag_suffix();
    return variant;
  }

  absl::StatusOr<PlatformImage> MakeImage(const v1::PlannedImage& planned,
                                          const ChosenManifest& base) const {
    ImageAdditions additions = AdditionsFor(planned);
    std::vector<v1::Descriptor> layers;
    for (const v1::Descriptor& layer : base.manifest.layers) {
      KSO_ASSIGN_OR_RETURN(layers.emplace_back(), AsOciLayer(layer));
    }
    for (const std::string& task_id : planned.layer_task_ids()) {
      const auto made = request_.layers.find(task_id);
      if (made == request_.layers.end()) {
        return absl::InternalError(Concat("layer ", task_id, " is missing"));
      }
      Add(made->second, planned, layers, additions);
    }
    if (const v1::MadeLayer* own = OwnLayerOf(planned)) {
      Add(*own, planned, layers, additions);
    }
    PlatformImage image;
    KSO_ASSIGN_OR_RETURN(std::string config, ExtendConfig(base, additions));
    image.config = oci::MakeDocument(oci::kOciConfig, std::move(config));
    image.manifest = MakeManifest(image.config.content_descriptor(), layers);
    *image.manifest.mutable_content_descriptor()->mutable_platform() =
        planned.platform();
    return image;
  }

  static void Add(const v1::MadeLayer& layer, const v1::PlannedImage& planned,
                  std::vector<v1::Descriptor>& layers,
                  ImageAdditions& additions) {
    layers.push_back(layer.layer());
    additions.diff_ids.push_back(layer.diff_id());
    additions.history.push_back(Concat("kso: layer of ", planned.image()));
  }

  // Puts the platform images in the order of the release's platforms, whatever
  // the plan's.
  void FinishVariant(Variant& variant) {
    const auto position = [&](const PlatformImage& image) {
      const std::string platform =
          oci::FormatPlatform(image.manifest.content_descriptor().platform());
      int i = 0;
      for (const v1::Platform& candidate : request_.release.platforms()) {
        if (oci::FormatPlatform(candidate) == platform) break;
        ++i;
      }
      return i;
    };
    std::stable_sort(variant.platforms.begin(), variant.platforms.end(),
                     [&](const PlatformImage& a, const PlatformImage& b) {
                       return position(a) < position(b);
                     });
    std::vector<v1::Descriptor> manifests;
    for (const PlatformImage& image : variant.platforms) {
      manifests.push_back(image.manifest.content_descriptor());
    }
    variant.index = MakeIndex(manifests, request_.release.name());

    v1::ImageResult& result = assembly_.outcome.images.emplace_back();
    result.set_name(variant.image);
    const v1::Destination& destination = request_.release.destination();
    const std::string repository =
        oci::DestinationRepository(destination, variant.image);
    result.set_repository(
        destination.kind() == v1::Destination::REGISTRY
            ? Concat(oci::DestinationHost(destination), "/", repository)
            : repository);
    result.add_tags(request_.release.name() + variant.tag_suffix);
    if (!request_.release.no_latest()) {
      result.add_tags(Concat(site::kLatestTag, variant.tag_suffix));
    }
    *result.mutable_index() = variant.index.content_descriptor();
    result.mutable_manifests()->Assign(manifests.begin(), manifests.end());
  }

  Assembly PushOrder() {
    if (site_layer_) {
      DocumentPush& push = assembly_.pushes.emplace_back();
      push.image = std::string(site::kFilesImage);
      push.is_blob = true;
      *push.document.mutable_content_descriptor() = site_layer_->made.layer();
      push.document.set_content(site_layer_->blob);
    }
    for (const Variant& variant : variants_) {
      for (const PlatformImage& image : variant.platforms) {
        assembly_.pushes.push_back({.image = variant.image,
                                    .is_blob = true,
                                    .document = image.config});
      }
    }
    for (const Variant& variant : variants_) {
      for (const PlatformImage& image : variant.platforms) {
        assembly_.pushes.push_back({.image = variant.image,
                                    .is_blob = false,
                                    .document = image.manifest});
      }
    }
    for (const Variant& variant : variants_) {
      assembly_.pushes.push_back({.image = variant.image,
                                  .is_blob = false,
                                  .document = variant.index});
    }
    return std::move(assembly_);
  }

  const AssembleRequest& request_;
  // The bases by reference.
  std::map<std::string, ChosenImage> bases_;
  std::vector<Variant> variants_;
  std::optional<SiteLayer> site_layer_;
  Assembly assembly_;
};

}  // namespace

absl::StatusOr<Assembly> AssembleImages(const AssembleRequest& request) {
  return Assembler(request).Run();
}

}  // namespace kso::coordinator
