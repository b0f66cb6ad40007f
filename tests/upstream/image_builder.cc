// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/image_builder.h"

#include "absl/strings/str_cat.h"
#include "tests/upstream/hash.h"
#include "tests/upstream/release.h"

namespace kso::upstream {
namespace {

// Keeps the members in the order in which they are put, as other tools do.
using Json = nlohmann::ordered_json;
using Form = ImagePlan::Form;

constexpr char kCreated[] = "2024-08-20T10:00:00Z";

struct MediaTypes {
  const char* index;
  const char* manifest;
  const char* config;
  const char* layer;
};
constexpr MediaTypes kDocker = {
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.docker.image.rootfs.diff.tar.gzip"};
constexpr MediaTypes kOci = {"application/vnd.oci.image.index.v1+json",
                             "application/vnd.oci.image.manifest.v1+json",
                             "application/vnd.oci.image.config.v1+json",
                             "application/vnd.oci.image.layer.v1.tar+gzip"};

// Builds one image; holds what every step needs.
class Builder {
 public:
  Builder(const ObjectStore& store, Form form, Repository& repository)
      : store_(store),
        types_(form == Form::kDockerList || form == Form::kDockerManifest
                   ? kDocker
                   : kOci),
        say_media_type_(form != Form::kOciIndexTerse),
        repository_(repository) {}

  absl::StatusOr<Json> AddPlatform(const BuiltPlatform& built) {
    Json layers = Json::array();
    Json diff_ids = Json::array();
    Json history = Json::array();
    for (const Object& layer : built.layers) {
      const std::string digest = absl::StrCat("sha256:", layer.sha256);
      repository_.blobs[digest] = layer;
      layers.push_back({{"mediaType", types_.layer},
                        {"size", layer.size},
                        {"digest", digest}});
      diff_ids.push_back(layer.diff_id);
      history.push_back(
          {{"created", kCreated}, {"created_by", "COPY dir:/ in /"}});
    }
    Json config;
    config["architecture"] = built.platform.architecture;
    if (!built.platform.variant.empty()) {
      config["variant"] = built.platform.variant;
    }
    config["os"] = built.platform.os;
    if (!built.platform.os_version.empty()) {
      config["os.version"] = built.platform.os_version;
    }
    config["created"] = kCreated;
    config["config"] = built.run;
    config["rootfs"] = {{"type", "layers"}, {"diff_ids", diff_ids}};
    config["history"] = history;
    return AddManifest(config, layers);
  }

  // BuildKit adds this for each platform: an image of an unknown platform that
  // holds statements about another manifest of the index.
  absl::StatusOr<Json> AddAttestation(const std::string& subject) {
    const Json statement = {
        {"_type", "https://in-toto.io/Statement/v0.1"},
        {"predicateType", "https://slsa.dev/provenance/v0.2"},
        {"subject", {{{"digest", {{"sha256", subject.substr(7)}}}}}}};
    absl::StatusOr<Object> blob = AddBlob(statement.dump());
    if (!blob.ok()) return blob.status();
    const std::string digest = absl::StrCat("sha256:", blob->sha256);
    const Json layers = {{{"mediaType", "application/vnd.in-toto+json"},
                          {"size", blob->size},
                          {"digest", digest},
                          {"annotations",
                           {{"in-toto.io/predicate-type",
                             "https://slsa.dev/provenance/v0.2"}}}}};
    const Json config = {
        {"architecture", "unknown"},
        {"os", "unknown"},
        {"config", Json::object()},
        {"rootfs", {{"type", "layers"}, {"diff_ids", {digest}}}}};
    absl::StatusOr<Json> descriptor = AddManifest(config, layers);
    if (!descriptor.ok()) return descriptor;
    (*descriptor)["annotations"] = {
        {"vnd.docker.reference.digest", subject},
        {"vnd.docker.reference.type", "attestation-manifest"}};
    (*descriptor)["platform"] = {{"architecture", "unknown"},
                                 {"os", "unknown"}};
    return descriptor;
  }

  std::string AddIndex(const Json& descriptors) {
    Json index = StartDocument(types_.index);
    index["manifests"] = descriptors;
    return Keep(types_.index, index.dump(2));
  }

 private:
  Json StartDocument(const char* media_type) const {
    Json document = {{"schemaVersion", 2}};
    if (say_media_type_) document["mediaType"] = media_type;
    return document;
  }

  absl::StatusOr<Object> AddBlob(const std::string& content) {
    absl::StatusOr<Object> blob = store_.Put(content);
    if (blob.ok()) {
      repository_.blobs[absl::StrCat("sha256:", blob->sha256)] = *blob;
    }
    return blob;
  }

  // Returns the descriptor for an index, still without a platform.
  absl::StatusOr<Json> AddManifest(const Json& config, const Json& layers) {
    absl::StatusOr<Object> blob = AddBlob(config.dump());
    if (!blob.ok()) return blob.status();
    Json manifest = StartDocument(types_.manifest);
    manifest["config"] = {{"mediaType", types_.config},
                          {"size", blob->size},
                          {"digest", absl::StrCat("sha256:", blob->sha256)}};
    manifest["layers"] = layers;
    const std::string bytes = manifest.dump(3);
    return Json{{"mediaType", types_.manifest},
                {"size", bytes.size()},
                {"digest", Keep(types_.manifest, bytes)}};
  }

  std::string Keep(const char* media_type, const std::string& bytes) {
    const std::string digest = Sha256Digest(bytes);
    repository_.manifests[digest] = {media_type, bytes};
    return digest;
  }

  const ObjectStore& store_;
  const MediaTypes& types_;
  const bool say_media_type_;
  Repository& repository_;
};

Json IndexPlatform(const Platform& platform) {
  Json json = {{"architecture", platform.architecture}, {"os", platform.os}};
  if (!platform.os_version.empty()) json["os.version"] = platform.os_version;
  if (!platform.variant.empty()) json["variant"] = platform.variant;
  return json;
}

}  // namespace

absl::Status AddImage(const ObjectStore& store, std::string_view reference,
                      Form form, bool attestations,
                      const std::vector<BuiltPlatform>& platforms,
                      Catalog& catalog) {
  const absl::StatusOr<ImageName> name = ParseImageName(reference);
  if (!name.ok()) return name.status();
  Repository& repository = catalog.repositories[name->repository];
  Builder builder(store, form, repository);
  ExpectedImage expected;
  expected.reference = std::string(reference);

  const bool indexed =
      form != Form::kDockerManifest && form != Form::kOciManifest;
  Json descriptors = Json::array();
  for (const BuiltPlatform& built : platforms) {
    absl::StatusOr<Json> descriptor = builder.AddPlatform(built);
    if (!descriptor.ok()) return descriptor.status();
    (*descriptor)["platform"] = IndexPlatform(built.platform);
    descriptors.push_back(*std::move(descriptor));
    expected.platforms.push_back(built.platform.ToString());
    if (!indexed) break;
  }
  if (indexed && attestations) {
    for (size_t i = 0; i < platforms.size(); ++i) {
      absl::StatusOr<Json> descriptor =
          builder.AddAttestation(descriptors[i]["digest"]);
      if (!descriptor.ok()) return descriptor.status();
      descriptors.push_back(*std::move(descriptor));
    }
  }
  expected.digest = indexed ? builder.AddIndex(descriptors)
                            : descriptors[0]["digest"].get<std::string>();
  repository.tags[name->tag] = expected.digest;
  catalog.expected_images.push_back(std::move(expected));
  return absl::OkStatus();
}

}  // namespace kso::upstream
