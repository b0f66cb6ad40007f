// SPDX-License-Identifier: Apache-2.0
#include "common/closure/offline_reader.h"

#include <optional>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/closure/variables.h"
#include "common/text/printable_text.h"

namespace kso::closure {
namespace {

// References in one text, and in those that it refers to.
constexpr int kMostReferences = 100;
constexpr size_t kMostTextBytes = 4096;
constexpr size_t kShownBytes = 200;

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(Concat("offline.yml ", what));
}

// The text of `key: "text"` in a line; nothing for another line.
std::optional<std::string> TextAfter(absl::string_view line,
                                     absl::string_view key) {
  if (!absl::ConsumePrefix(&line, key) || !absl::ConsumePrefix(&line, ": \"") ||
      !absl::ConsumeSuffix(&line, "\"")) {
    return std::nullopt;
  }
  return std::string(line);
}

// The rest of a place after `here`, without the slash before it.
absl::StatusOr<std::string> Below(const std::string& here,
                                  const std::string& place,
                                  std::string_view name) {
  absl::string_view rest = place;
  if (absl::ConsumePrefix(&rest, here) && absl::ConsumePrefix(&rest, "/")) {
    return std::string(rest);
  }
  return Wrong(Concat("leads to ", PrintableText(place, kShownBytes), " for ",
                      name, ", which is not below ",
                      PrintableText(here, kShownBytes)));
}

}  // namespace

absl::StatusOr<Offline> Offline::Read(std::string_view yaml) {
  if (yaml.size() > kMostBytes) return Wrong("is too large");
  Offline offline;
  std::string section;
  std::string prefix;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(yaml), '\n')) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] != ' ') {
      const size_t colon = line.find(':');
      section = std::string(line.substr(0, colon));
      if (std::optional<std::string> text = TextAfter(line, section)) {
        offline.texts_[section] = *std::move(text);
      }
      continue;
    }
    if (section != "containerd_registries_mirrors") continue;
    if (std::optional<std::string> text = TextAfter(line, "  - prefix")) {
      prefix = *std::move(text);
    } else if (std::optional<std::string> host =
                   TextAfter(line, "      - host")) {
      offline.mirrors_[prefix].push_back(*std::move(host));
    }
  }
  for (const char* name : {"files_repo", "registry_server", "registry_host"}) {
    KSO_ASSIGN_OR_RETURN(const std::string value, offline.ValueOf(name));
    if (value.empty()) return Wrong(Concat("does not set ", name));
  }
  return offline;
}

absl::StatusOr<std::string> Offline::ValueOf(const std::string& name) const {
  const auto found = texts_.find(name);
  if (found == texts_.end()) return std::string();
  int left = kMostReferences;
  return Expand(found->second, left);
}

absl::StatusOr<std::string> Offline::Expand(std::string_view text,
                                            int& left) const {
  std::string expanded;
  while (!text.empty()) {
    const size_t begin = text.find("{{ ");
    const size_t end = text.find(" }}", begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) {
      expanded += text;
      break;
    }
    if (--left < 0) {
      return Wrong("has a text that refers to itself, or to too many");
    }
    expanded += text.substr(0, begin);
    const std::string name(text.substr(begin + 3, end - begin - 3));
    const auto found = texts_.find(name);
    if (found == texts_.end()) {
      return Wrong(Concat("refers to ", PrintableText(name, kShownBytes),
                          ", which it does not set"));
    }
    KSO_ASSIGN_OR_RETURN(const std::string value, Expand(found->second, left));
    expanded += value;
    if (expanded.size() > kMostTextBytes) return Wrong("has too long a text");
    text.remove_prefix(end + 3);
  }
  return expanded;
}

absl::StatusOr<std::map<std::string, std::string>> Offline::NamedFiles() const {
  KSO_ASSIGN_OR_RETURN(const std::string files, ValueOf("files_repo"));
  std::map<std::string, std::string> named;
  for (const Variable& variable : FileVariables()) {
    const std::string name(variable.name);
    KSO_ASSIGN_OR_RETURN(const std::string place, ValueOf(name));
    if (!variable.whole || place.empty()) continue;
    KSO_ASSIGN_OR_RETURN(const std::string path, Below(files, place, name));
    named[name] = Concat(files.substr(files.rfind('/') + 1), "/", path);
  }
  return named;
}

absl::StatusOr<std::map<std::string, std::string>> Offline::NamedRepositories()
    const {
  KSO_ASSIGN_OR_RETURN(const std::string server, ValueOf("registry_server"));
  std::map<std::string, std::string> named;
  for (const Variable& variable : ImageVariables()) {
    const std::string name(variable.name);
    KSO_ASSIGN_OR_RETURN(const std::string place, ValueOf(name));
    if (!variable.whole || place.empty()) continue;
    KSO_ASSIGN_OR_RETURN(named[name], Below(server, place, name));
  }
  return named;
}

absl::StatusOr<std::string> Offline::PathOf(std::string_view url) const {
  // One that the file does not set leaves the URL to the next.
  for (const Variable& variable : FileVariables()) {
    if (!StandsFor(variable, url)) continue;
    KSO_ASSIGN_OR_RETURN(std::string place,
                         ValueOf(std::string(variable.name)));
    if (place.empty()) continue;
    if (!variable.whole) place += url.substr(variable.upstream.size());
    KSO_ASSIGN_OR_RETURN(const std::string files, ValueOf("files_repo"));
    KSO_ASSIGN_OR_RETURN(const std::string path, Below(files, place, url));
    // files_repo itself ends in the directory that all files are in.
    return Concat(files.substr(files.rfind('/') + 1), "/", path);
  }
  return std::string();
}

absl::StatusOr<std::vector<std::string>> Offline::RepositoriesOf(
    std::string_view name) const {
  std::vector<std::string> repositories;
  KSO_ASSIGN_OR_RETURN(const std::string server, ValueOf("registry_server"));
  for (const Variable& variable : ImageVariables()) {
    if (!StandsFor(variable, name)) continue;
    KSO_ASSIGN_OR_RETURN(std::string place,
                         ValueOf(std::string(variable.name)));
    if (place.empty()) continue;
    if (!variable.whole) place += name.substr(variable.upstream.size());
    KSO_ASSIGN_OR_RETURN(repositories.emplace_back(),
                         Below(server, place, name));
    return repositories;
  }
  const size_t slash = name.find('/');
  const auto mirrors = mirrors_.find(std::string(name.substr(0, slash)));
  if (mirrors == mirrors_.end() || slash == std::string_view::npos) {
    return repositories;
  }
  KSO_ASSIGN_OR_RETURN(const std::string scheme, ValueOf("kso_scheme"));
  for (const std::string& mirror : mirrors->second) {
    int left = kMostReferences;
    KSO_ASSIGN_OR_RETURN(const std::string host, Expand(mirror, left));
    KSO_ASSIGN_OR_RETURN(repositories.emplace_back(),
                         Below(Concat(scheme, "://", server, "/v2"),
                               Concat(host, name.substr(slash)), name));
  }
  return repositories;
}

}  // namespace kso::closure
