// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/odd_image.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/upstream/hash.h"
#include "tests/upstream/release.h"

namespace kso::upstream {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 15> kKinds = {
    "schema1",    "no-platform",   "v2-first", "child-size",  "child-type",
    "huge-layer", "nested-config", "twice",    "big",         "swapped",
    "byte-mark",  "nul-end",       "odd-note", "inner-index", "deep-index"};
constexpr size_t kBig = 3'900'000;

class OddImage {
 public:
  OddImage(const ObjectStore& store, std::string kind, Repository& repository)
      : store_(store), kind_(std::move(kind)), repository_(repository) {}

  // Makes the document behind `digest` and all below it odd; returns what it is
  // called then.
  absl::StatusOr<std::string> Make(const std::string& digest) {
    const Manifest document = repository_.manifests.at(digest);
    if (kind_ == "schema1") return MakeSchema1();
    if (kind_ == "inner-index") return Wrap(digest);
    if (kind_ == "deep-index") return Wrap(Wrap(Wrap(digest)));
    const Json json = Json::parse(document.bytes);
    return json.contains("manifests") ? MakeIndex(document, json)
                                      : MakeManifest(document, json);
  }

 private:
  std::string Keep(const std::string& media_type, const std::string& bytes) {
    const std::string digest = Sha256Digest(bytes);
    repository_.manifests[digest] = {media_type, bytes};
    return digest;
  }

  // An index that lists the document alone.
  std::string Wrap(const std::string& digest) {
    const Manifest& inner = repository_.manifests.at(digest);
    const std::string type = "application/vnd.oci.image.index.v1+json";
    const Json entry = {{"mediaType", inner.media_type},
                        {"digest", digest},
                        {"size", inner.bytes.size()}};
    const Json index = {{"schemaVersion", 2},
                        {"mediaType", type},
                        {"manifests", Json::array({entry})}};
    return Keep(type, index.dump(2));
  }

  std::string MakeSchema1() {
    const Json json = {
        {"schemaVersion", 1},
        {"name", "library/old"},
        {"tag", "1"},
        {"architecture", "amd64"},
        {"fsLayers", {{{"blobSum", Sha256Digest("layer")}}}},
        {"history", {{{"v1Compatibility", "{\"id\":\"1\"}"}}}},
        {"signatures", {{{"signature", "x"}, {"protected", "y"}}}}};
    return Keep("application/vnd.docker.distribution.manifest.v1+prettyjws",
                json.dump(3));
  }

  absl::StatusOr<std::string> MakeIndex(const Manifest& document, Json index) {
    Json entries = Json::array();
    for (Json entry : index["manifests"]) {
      const std::string child = entry["digest"];
      absl::StatusOr<std::string> made = Make(child);
      if (!made.ok()) return made;
      entry["digest"] = *made;
      entry["size"] = repository_.manifests.at(*made).bytes.size();
      if (kind_ == "no-platform") entry.erase("platform");
      if (kind_ == "child-size") {
        entry["size"] = entry["size"].get<int64_t>() + 1;
      }
      if (kind_ == "child-type") {
        entry["mediaType"] =
            entry["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
                ? "application/vnd.docker.distribution.manifest.v2+json"
                : "application/vnd.oci.image.manifest.v1+json";
      }
      if (kind_ == "v2-first" && entry["platform"]["architecture"] == "amd64") {
        Json other = entry;
        other["platform"]["variant"] = "v2";
        // Another manifest of the same layers.
        Json manifest =
            Json::parse(repository_.manifests.at(entry["digest"]).bytes);
        manifest["annotations"] = {{"variant", "v2"}};
        other["digest"] = Keep(entry["mediaType"], manifest.dump(3));
        other["size"] = manifest.dump(3).size();
        entries.insert(entries.begin(), other);
      }
      entries.push_back(std::move(entry));
    }
    index["manifests"] = entries;
    if (kind_ == "big")
      index["annotations"] = {{"big", std::string(kBig, 'x')}};
    return Keep(document.media_type, index.dump(2));
  }

  absl::StatusOr<std::string> MakeManifest(const Manifest& document,
                                           Json manifest) {
    if (kind_ == "huge-layer") {
      for (Json& layer : manifest["layers"]) layer["size"] = int64_t{1} << 62;
    }
    if (kind_ == "big") {
      manifest["annotations"] = {{"big", std::string(kBig, 'x')}};
    }
    if (kind_ == "nested-config" || kind_ == "swapped") {
      absl::StatusOr<Object> config =
          store_.Put(MakeConfig(manifest["config"]["digest"]));
      if (!config.ok()) return config.status();
      const std::string digest = absl::StrCat("sha256:", config->sha256);
      manifest["config"]["digest"] = digest;
      manifest["config"]["size"] = config->size;
      repository_.blobs[digest] = *std::move(config);
    }
    if (kind_ == "odd-note") manifest["annotations"] = {{"note", 7}};
    std::string bytes = manifest.dump(3);
    if (kind_ == "byte-mark") bytes.insert(0, "\xEF\xBB\xBF");
    if (kind_ == "nul-end") bytes += std::string("\0{}", 3);
    if (kind_ == "twice") bytes.insert(1, "\"layers\":[],");
    return Keep(document.media_type, bytes);
  }

  std::string MakeConfig(const std::string& digest) {
    std::ifstream file(repository_.blobs.at(digest).path);
    Json config = Json::parse(std::string(std::istreambuf_iterator<char>(file),
                                          std::istreambuf_iterator<char>()));
    if (kind_ == "swapped") {
      config["architecture"] =
          config["architecture"] == "amd64" ? "arm64" : "amd64";
      return config.dump();
    }
    std::string bytes = config.dump();
    bytes.insert(1, absl::StrCat("\"nested\":", std::string(200'000, '['),
                                 std::string(200'000, ']'), ","));
    return bytes;
  }

  const ObjectStore& store_;
  const std::string kind_;
  Repository& repository_;
};

}  // namespace

absl::Status MakeOdd(const ObjectStore& store, const std::string& text,
                     Catalog& catalog) {
  const size_t equals = text.rfind('=');
  const std::string kind = equals == text.npos ? "" : text.substr(equals + 1);
  const std::string reference = text.substr(0, equals);
  const auto name = ParseImageName(reference);
  const auto repository = name.ok()
                              ? catalog.repositories.find(name->repository)
                              : catalog.repositories.end();
  if (repository == catalog.repositories.end() ||
      !repository->second.tags.contains(name->tag) ||
      std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--odd-image ", text,
                     ": expected REFERENCE=KIND with a reference of the list"));
  }
  std::string& tag = repository->second.tags[name->tag];
  const absl::StatusOr<std::string> made =
      OddImage(store, kind, repository->second).Make(tag);
  if (!made.ok()) return made.status();
  tag = *made;
  for (ExpectedImage& expected : catalog.expected_images) {
    if (expected.reference == reference) expected.digest = *made;
  }
  return absl::OkStatus();
}

}  // namespace kso::upstream
