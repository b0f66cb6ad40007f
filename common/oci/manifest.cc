// SPDX-License-Identifier: Apache-2.0
#include "common/oci/manifest.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"

namespace kso::oci {
namespace {

absl::Status Bad(std::string_view what, std::string_view reason) {
  return absl::InvalidArgumentError(Concat("bad ", what, ": ", reason));
}

// The value under `key`; nullptr when it is not there or is null.
absl::StatusOr<const Json*> FieldAt(const Json& object, std::string_view key,
                                    std::string_view what) {
  const absl::StatusOr<const Json*> field = FieldOf(object, key);
  if (!field.ok()) return Bad(what, ToStd(field.status().message()));
  return field;
}

absl::StatusOr<bool> Has(const Json& object, std::string_view key,
                         std::string_view what) {
  KSO_ASSIGN_OR_RETURN(const Json* found, FieldAt(object, key, what));
  return found != nullptr;
}

// The string under `key`; empty when it is not there or is null.
absl::StatusOr<std::string> StringAt(const Json& object, const char* key,
                                     std::string_view what) {
  KSO_ASSIGN_OR_RETURN(const Json* found, FieldAt(object, key, what));
  if (found == nullptr) return std::string();
  if (!found->is_string()) {
    return Bad(what, Concat("\"", key, "\" is not a string"));
  }
  return found->get<std::string>();
}

// The shapes of optional fields of which kso acts on none. Go's readers, which
// are those of registries and container runtimes, refuse the whole document
// where one of them has another type (OCI image spec, descriptor.md,
// manifest.md and image-index.md).
enum class Shape { kString, kStrings, kMapOfStrings };

bool HasShape(const Json& value, Shape shape) {
  const auto is_string = [](const Json& each) {
    return each.is_string() || each.is_null();
  };
  switch (shape) {
    case Shape::kString:
      return value.is_string();
    case Shape::kStrings:
      return value.is_array() &&
             std::all_of(value.begin(), value.end(), is_string);
    case Shape::kMapOfStrings:
      return value.is_object() &&
             std::all_of(value.begin(), value.end(), is_string);
  }
  return false;
}

absl::Status CheckShape(const Json& object, std::string_view key, Shape shape,
                        std::string_view what) {
  KSO_ASSIGN_OR_RETURN(const Json* found, FieldAt(object, key, what));
  if (found == nullptr || HasShape(*found, shape)) return absl::OkStatus();
  return Bad(what, Concat("\"", key,
                          "\" is not of the type that it has to be, "
                          "so that registries refuse it"));
}

absl::StatusOr<Json> ParseObject(std::string_view content,
                                 std::string_view what) {
  absl::StatusOr<Json> json = ParseJson(content);
  if (!json.ok()) return Bad(what, ToStd(json.status().message()));
  if (!json->is_object()) return Bad(what, "it is not a JSON object");
  return json;
}

absl::StatusOr<v1::Platform> PlatformOf(const Json& object,
                                        std::string_view what) {
  v1::Platform platform;
  KSO_ASSIGN_OR_RETURN(*platform.mutable_os(), StringAt(object, "os", what));
  KSO_ASSIGN_OR_RETURN(*platform.mutable_architecture(),
                       StringAt(object, "architecture", what));
  KSO_ASSIGN_OR_RETURN(*platform.mutable_variant(),
                       StringAt(object, "variant", what));
  if (platform.os().empty() || platform.architecture().empty()) {
    return Bad(what, "it does not say its \"os\" and \"architecture\"");
  }
  if (!IsValidPlatform(platform)) {
    return Bad(what, "\"os\" and \"architecture\" must be plain words");
  }
  return platform;
}

absl::StatusOr<v1::Descriptor> DescriptorOf(const Json& json,
                                            std::string_view what) {
  if (!json.is_object()) return Bad(what, "a descriptor is not an object");
  v1::Descriptor descriptor;
  KSO_ASSIGN_OR_RETURN(*descriptor.mutable_media_type(),
                       StringAt(json, "mediaType", what));
  KSO_ASSIGN_OR_RETURN(const std::string digest_text,
                       StringAt(json, "digest", what));
  const absl::StatusOr<Digest> digest = Digest::Parse(digest_text);
  if (!digest.ok()) return Bad(what, ToStd(digest.status().message()));
  descriptor.set_digest(digest->ToString());
  KSO_ASSIGN_OR_RETURN(const Json* size, FieldAt(json, "size", what));
  if (size == nullptr || !size->is_number_integer() || *size < 0) {
    return Bad(what, Concat("no proper size for ", digest_text));
  }
  if (*size > kLargestContent) {
    return Bad(what, Concat("the size of ", digest_text, ", ", size->dump(),
                            ", is over the limit of 1 TiB"));
  }
  descriptor.set_size(size->get<int64_t>());
  KSO_ASSIGN_OR_RETURN(const Json* urls, FieldAt(json, "urls", what));
  if (urls != nullptr && !urls->empty()) {
    return Bad(what, Concat(digest_text,
                            " is to be fetched from \"urls\" elsewhere (a "
                            "foreign layer), which is not done: use an image "
                            "that carries all its layers"));
  }
  KSO_RETURN_IF_ERROR(CheckShape(json, "urls", Shape::kStrings, what));
  KSO_RETURN_IF_ERROR(
      CheckShape(json, "annotations", Shape::kMapOfStrings, what));
  KSO_RETURN_IF_ERROR(CheckShape(json, "artifactType", Shape::kString, what));
  KSO_RETURN_IF_ERROR(CheckShape(json, "data", Shape::kString, what));
  KSO_ASSIGN_OR_RETURN(const Json* platform, FieldAt(json, "platform", what));
  if (platform != nullptr) {
    if (!platform->is_object()) return Bad(what, "bad \"platform\"");
    KSO_RETURN_IF_ERROR(
        CheckShape(*platform, "os.version", Shape::kString, what));
    for (const char* features : {"os.features", "features"}) {
      KSO_RETURN_IF_ERROR(
          CheckShape(*platform, features, Shape::kStrings, what));
    }
    // One that says only half is as good as none.
    KSO_ASSIGN_OR_RETURN(const std::string os, StringAt(*platform, "os", what));
    KSO_ASSIGN_OR_RETURN(const std::string architecture,
                         StringAt(*platform, "architecture", what));
    if (!os.empty() && !architecture.empty()) {
      KSO_ASSIGN_OR_RETURN(*descriptor.mutable_platform(),
                           PlatformOf(*platform, what));
    }
  }
  return descriptor;
}

absl::StatusOr<std::vector<v1::Descriptor>> DescriptorsAt(
    const Json& json, const char* key, std::string_view what) {
  KSO_ASSIGN_OR_RETURN(const Json* array, FieldAt(json, key, what));
  if (array == nullptr || !array->is_array()) {
    return Bad(what, Concat("\"", key, "\" is not a list"));
  }
  std::vector<v1::Descriptor> descriptors;
  for (const Json& entry : *array) {
    KSO_ASSIGN_OR_RETURN(descriptors.emplace_back(), DescriptorOf(entry, what));
  }
  return descriptors;
}

bool IsSchema1(const Json& json) {
  const auto version = json.find("schemaVersion");
  return json.contains("fsLayers") ||
         (version != json.end() && version->is_number_integer() &&
          *version == 1);
}

// The types of a config under which Docker takes an image: its first versions
// pushed configs as anything.
bool IsImageConfigType(std::string_view type) {
  return type == kOciConfig || type == kDockerConfig || type.empty() ||
         type == "application/octet-stream" || type == "application/json" ||
         type == "text/html";
}

// Reads the fields that manifests and indexes have in common.
absl::StatusOr<Json> ParseDocument(std::string_view content,
                                   std::string_view media_type,
                                   std::string_view what) {
  KSO_ASSIGN_OR_RETURN(Json json, ParseObject(content, what));
  KSO_ASSIGN_OR_RETURN(const Json* version,
                       FieldAt(json, "schemaVersion", what));
  if (IsSchema1(json)) return Schema1Error();
  if (version == nullptr || !version->is_number_integer() || *version != 2) {
    return Bad(what, "\"schemaVersion\" is not 2");
  }
  KSO_ASSIGN_OR_RETURN(const std::string own_type,
                       StringAt(json, "mediaType", what));
  if (!own_type.empty() && own_type != media_type) {
    return Bad(what, Concat("it calls itself \"",
                            absl::CHexEscape(own_type.substr(0, 120)),
                            "\", and is said to be \"", media_type, "\""));
  }
  KSO_RETURN_IF_ERROR(
      CheckShape(json, "annotations", Shape::kMapOfStrings, what));
  KSO_RETURN_IF_ERROR(CheckShape(json, "artifactType", Shape::kString, what));
  KSO_ASSIGN_OR_RETURN(const bool index, Has(json, "manifests", what));
  KSO_ASSIGN_OR_RETURN(const bool layers, Has(json, "layers", what));
  KSO_ASSIGN_OR_RETURN(const bool config, Has(json, "config", what));
  if (index && (layers || config)) {
    return Bad(what, "it is a manifest and an index at once");
  }
  return json;
}

// Licences that `object` states in the map `key`. A statement is for people, so
// that a document with an odd one is as good as without.
std::string LicensesIn(const Json& object, std::string_view key) {
  constexpr size_t kLongest = 1024;
  const absl::StatusOr<const Json*> map = FieldOf(object, key);
  if (!map.ok() || *map == nullptr) return "";
  return PrintableText(StringOf(**map, kLicensesKey), kLongest);
}

}  // namespace

std::string DocumentType(std::string_view content) {
  const absl::StatusOr<Json> json = ParseJson(content);
  if (!json.ok() || !json->is_object()) return "";
  if (std::string own = StringOf(*json, "mediaType"); !own.empty()) return own;
  if (IsSchema1(*json)) return std::string(kDockerSchema1);
  if (json->contains("manifests")) return std::string(kOciIndex);
  if (json->contains("config")) return std::string(kOciManifest);
  return "";
}

absl::Status Schema1Error() {
  return absl::UnimplementedError(
      "is a schema 1 image, which no current container runtime takes");
}

absl::Status CheckIsImage(const Manifest& manifest) {
  const std::string& type = manifest.config.media_type();
  if (!IsImageConfigType(type)) {
    return absl::InvalidArgumentError(
        Concat("is no image that can be run: its config is of the type \"",
               absl::CHexEscape(type.substr(0, 120)), "\""));
  }
  if (manifest.layers.empty()) {
    return absl::InvalidArgumentError(
        "is no image that can be run: it has no layers");
  }
  return absl::OkStatus();
}

absl::StatusOr<Manifest> ParseManifest(std::string_view content,
                                       std::string_view media_type) {
  constexpr std::string_view kWhat = "image manifest";
  if (!IsManifestType(media_type)) {
    return Bad(kWhat, Concat("its type is \"", media_type, "\""));
  }
  KSO_ASSIGN_OR_RETURN(const Json json,
                       ParseDocument(content, media_type, kWhat));
  KSO_ASSIGN_OR_RETURN(const bool is_index, Has(json, "manifests", kWhat));
  if (is_index) return Bad(kWhat, "it is an index");
  Manifest manifest;
  manifest.media_type = media_type;
  KSO_ASSIGN_OR_RETURN(const Json* config, FieldAt(json, "config", kWhat));
  if (config == nullptr) return Bad(kWhat, "it has no \"config\"");
  KSO_ASSIGN_OR_RETURN(manifest.config, DescriptorOf(*config, kWhat));
  KSO_ASSIGN_OR_RETURN(manifest.layers, DescriptorsAt(json, "layers", kWhat));
  manifest.licenses = LicensesIn(json, "annotations");
  return manifest;
}

absl::StatusOr<Index> ParseIndex(std::string_view content,
                                 std::string_view media_type) {
  constexpr std::string_view kWhat = "image index";
  if (!IsIndexType(media_type)) {
    return Bad(kWhat, Concat("its type is \"", media_type, "\""));
  }
  KSO_ASSIGN_OR_RETURN(const Json json,
                       ParseDocument(content, media_type, kWhat));
  KSO_ASSIGN_OR_RETURN(const bool has_layers, Has(json, "layers", kWhat));
  KSO_ASSIGN_OR_RETURN(const bool has_config, Has(json, "config", kWhat));
  if (has_layers || has_config) return Bad(kWhat, "it is a manifest");
  Index index;
  index.media_type = media_type;
  KSO_ASSIGN_OR_RETURN(index.manifests,
                       DescriptorsAt(json, "manifests", kWhat));
  index.licenses = LicensesIn(json, "annotations");
  return index;
}

absl::StatusOr<ImageConfig> ParseImageConfig(std::string_view content) {
  constexpr std::string_view kWhat = "image config";
  KSO_ASSIGN_OR_RETURN(const Json json, ParseObject(content, kWhat));
  ImageConfig config;
  KSO_ASSIGN_OR_RETURN(config.platform, PlatformOf(json, kWhat));
  KSO_ASSIGN_OR_RETURN(const Json* rootfs, FieldAt(json, "rootfs", kWhat));
  if (rootfs == nullptr || !rootfs->is_object()) {
    return Bad(kWhat, "it has no \"rootfs\"");
  }
  KSO_ASSIGN_OR_RETURN(const Json* diff_ids,
                       FieldAt(*rootfs, "diff_ids", kWhat));
  if (diff_ids == nullptr || !diff_ids->is_array()) {
    return Bad(kWhat, "\"rootfs.diff_ids\" is not a list");
  }
  for (const Json& entry : *diff_ids) {
    if (!entry.is_string()) return Bad(kWhat, "a diff_id is not a string");
    const auto digest = Digest::Parse(entry.get_ref<const std::string&>());
    if (!digest.ok()) return Bad(kWhat, ToStd(digest.status().message()));
    config.diff_ids.push_back(digest->ToString());
  }
  const absl::StatusOr<const Json*> run = FieldOf(json, "config");
  if (run.ok() && *run != nullptr)
    config.licenses = LicensesIn(**run, "Labels");
  return config;
}

}  // namespace kso::oci
