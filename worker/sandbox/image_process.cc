// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/image_process.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/text/json.h"

namespace kso::worker {
namespace {

// As container runtimes have it.
constexpr char kDefaultPath[] =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// Each volume takes memory of the machine that runs the image.
constexpr size_t kMostVolumes = 16;

absl::Status Bad(std::string_view reason) {
  return absl::FailedPreconditionError(
      Concat("the image's config is bad: ", reason));
}

// The value under `key`; null when it is not there.
const Json& At(const Json& object, const char* key) {
  static const Json nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

absl::StatusOr<std::string> TextAt(const Json& config, const char* key) {
  const Json& value = At(config, key);
  if (value.is_null()) return std::string();
  if (!value.is_string()) return Bad(Concat(key, " is not a string"));
  return value.get<std::string>();
}

absl::StatusOr<std::vector<std::string>> ListAt(const Json& config,
                                                const char* key) {
  const Json& value = At(config, key);
  std::vector<std::string> list;
  if (value.is_null()) return list;
  if (!value.is_array()) return Bad(Concat(key, " is not a list"));
  for (const Json& entry : value) {
    if (!entry.is_string()) return Bad(Concat(key, " has what is no string"));
    list.push_back(entry.get<std::string>());
  }
  return list;
}

// They are the keys of an object.
absl::StatusOr<std::vector<std::string>> VolumesOf(const Json& config) {
  const Json& value = At(config, "Volumes");
  std::vector<std::string> volumes;
  if (value.is_null()) return volumes;
  if (!value.is_object()) return Bad("Volumes is not an object");
  if (value.size() > kMostVolumes) {
    return Bad(
        Concat("it has ", value.size(), " volumes, more than ", kMostVolumes));
  }
  for (const auto& [path, options] : value.items()) {
    if (!absl::StartsWith(path, "/")) {
      return Bad("a volume's path is not absolute");
    }
    volumes.push_back(path);
  }
  return volumes;
}

}  // namespace

absl::StatusOr<ImageProcess> ParseImageProcess(std::string_view config) {
  const absl::StatusOr<Json> document = ParseJson(config);
  if (!document.ok()) return Bad(ToStd(document.status().message()));
  if (!document->is_object()) return Bad("it is not a JSON object");
  Json image = At(*document, "config");
  if (image.is_null()) image = Json::object();
  if (!image.is_object()) return Bad("\"config\" is not an object");

  ImageProcess process;
  KSO_ASSIGN_OR_RETURN(process.arguments, ListAt(image, "Entrypoint"));
  KSO_ASSIGN_OR_RETURN(const std::vector<std::string> command,
                       ListAt(image, "Cmd"));
  process.arguments.insert(process.arguments.end(), command.begin(),
                           command.end());
  if (process.arguments.empty()) {
    return absl::FailedPreconditionError(
        "the image has neither an entrypoint nor a command");
  }
  KSO_ASSIGN_OR_RETURN(process.environment, ListAt(image, "Env"));
  if (std::none_of(process.environment.begin(), process.environment.end(),
                   [](const std::string& variable) {
                     return absl::StartsWith(variable, "PATH=");
                   })) {
    process.environment.emplace_back(kDefaultPath);
  }
  KSO_ASSIGN_OR_RETURN(process.directory, TextAt(image, "WorkingDir"));
  if (!absl::StartsWith(process.directory, "/")) {
    process.directory = Concat("/", process.directory);
  }
  KSO_ASSIGN_OR_RETURN(process.user, TextAt(image, "User"));
  KSO_ASSIGN_OR_RETURN(process.volumes, VolumesOf(image));
  return process;
}

}  // namespace kso::worker
