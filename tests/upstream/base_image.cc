// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/base_image.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/upstream/compress.h"
#include "tests/upstream/hash.h"
#include "tests/upstream/image_builder.h"

namespace kso::upstream {
namespace {

constexpr char kPath[] =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

absl::StatusOr<Object> ReadLayer(const ObjectStore& store,
                                 const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) {
    return absl::NotFoundError(absl::StrCat(
        path, ": cannot be read; make it with tests/upstream/make-bases"));
  }
  const std::string layer = std::move(content).str();
  return store.Get(absl::StrCat("base 1 ", Sha256Hex(layer)),
                   [&]() -> absl::StatusOr<ObjectStore::Made> {
                     const absl::StatusOr<std::string> tar = Gunzip(layer);
                     if (!tar.ok()) return tar.status();
                     return ObjectStore::Made{layer, Sha256Digest(*tar)};
                   });
}

absl::Status AddBase(const ObjectStore& store, const std::string& prefix,
                     std::string_view reference, ImagePlan::Form form,
                     bool attestations, const nlohmann::json& run,
                     Catalog& catalog) {
  std::vector<BuiltPlatform> platforms;
  for (const char* architecture : {"amd64", "arm64"}) {
    absl::StatusOr<Object> layer =
        ReadLayer(store, absl::StrCat(prefix, "-", architecture, ".tar.gz"));
    if (!layer.ok()) return layer.status();
    BuiltPlatform built;
    built.platform.architecture = architecture;
    if (built.platform.architecture == "arm64") built.platform.variant = "v8";
    built.layers.push_back(*std::move(layer));
    built.run = run;
    platforms.push_back(std::move(built));
  }
  return AddImage(store, reference, form, attestations, platforms, catalog);
}

}  // namespace

absl::Status AddNginxBase(const ObjectStore& store,
                          const std::string& directory,
                          std::string_view reference, Catalog& catalog) {
  const nlohmann::json run = {
      {"Cmd", {"nginx", "-g", "daemon off;"}},
      {"Env", {kPath}},
      {"ExposedPorts", {{"80/tcp", nlohmann::json::object()}}},
      {"StopSignal", "SIGQUIT"}};
  return AddBase(store, directory + "/nginx", reference,
                 ImagePlan::Form::kDockerList, /*attestations=*/false, run,
                 catalog);
}

absl::Status AddRegistryBase(const ObjectStore& store,
                             const std::string& directory,
                             std::string_view reference, Catalog& catalog) {
  // Entry point, command and volume are where the official image has them, as
  // far as the program of Debian's package allows.
  nlohmann::json run = {
      {"Entrypoint", {"docker-registry", "serve"}},
      {"Cmd", {"/etc/docker/registry/config.yml"}},
      {"Env", {kPath}},
      {"ExposedPorts", {{"5000/tcp", nlohmann::json::object()}}},
      {"Volumes", {{"/var/lib/registry", nlohmann::json::object()}}}};
  // Another version of the registry brings its own.
  if (std::ifstream file(directory + "/registry.json"); file) {
    run = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
    if (!run.is_object()) {
      return absl::InvalidArgumentError(
          absl::StrCat(directory, "/registry.json: not a JSON object"));
    }
  }
  return AddBase(store, directory + "/registry", reference,
                 ImagePlan::Form::kOciIndex, /*attestations=*/true, run,
                 catalog);
}

}  // namespace kso::upstream
