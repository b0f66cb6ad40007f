// SPDX-License-Identifier: Apache-2.0
#include "common/closure/offline_reader.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
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

// The text of `key: "text"` in a line; nothing for another line, and for a text
// that YAML reads as another than it stands there.
std::optional<std::string> TextAfter(absl::string_view line,
                                     absl::string_view key) {
  if (!absl::ConsumePrefix(&line, key) || !absl::ConsumePrefix(&line, ": \"") ||
      !absl::ConsumeSuffix(&line, "\"") ||
      line.find_first_of("\"\\") != absl::string_view::npos) {
    return std::nullopt;
  }
  return std::string(line);
}

bool IsName(absl::string_view text) {
  return !text.empty() && absl::ascii_islower(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
         });
}

bool IsWord(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '-';
  });
}

bool IsImageVariable(std::string_view name) {
  const auto variables = ImageVariables();
  return std::any_of(
      variables.begin(), variables.end(),
      [&](const Variable& variable) { return variable.name == name; });
}

absl::Status OddLine(absl::string_view line) {
  return Wrong(Concat("has a line that kso does not write: ",
                      PrintableText(ToStd(line), kShownBytes)));
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

// Reads the lines of a file. Ansible reads all of YAML, in which a setting can
// be undone further down, in other words; so lines that kso does not write are
// refused rather than passed over.
class Offline::Reading {
 public:
  absl::Status Add(absl::string_view line) {
    if (line.empty() || line[0] == '#') return absl::OkStatus();
    if (line == "---" && seen_.empty()) return absl::OkStatus();
    if (line[0] == ' ') return AddBelow(line);
    return AddSetting(line);
  }

  Offline Take() { return std::move(offline_); }

 private:
  absl::Status AddSetting(absl::string_view line) {
    const absl::string_view name = line.substr(0, line.find(':'));
    if (!IsName(name)) return OddLine(line);
    if (!seen_.insert(std::string(name)).second) {
      return Wrong(Concat("sets ", ToStd(name), " twice"));
    }
    section_ = std::string(name);
    has_more_ = line.size() == name.size() + 1;
    if (has_more_) return absl::OkStatus();
    if (std::optional<std::string> text = TextAfter(line, name)) {
      offline_.texts_[section_] = *std::move(text);
      return absl::OkStatus();
    }
    absl::string_view value = line.substr(name.size());
    if (absl::ConsumePrefix(&value, ": ") && IsWord(value)) {
      return absl::OkStatus();
    }
    return OddLine(line);
  }

  absl::Status AddBelow(absl::string_view line) {
    if (!has_more_) return OddLine(line);
    if (section_ != "containerd_registries_mirrors") return absl::OkStatus();
    if (std::optional<std::string> prefix = TextAfter(line, "  - prefix")) {
      prefix_ = *std::move(prefix);
      if (!offline_.mirrors_.try_emplace(prefix_).second) {
        return Wrong(Concat("has mirrors of ",
                            PrintableText(prefix_, kShownBytes), " twice"));
      }
      lists_mirrors_ = false;
      return absl::OkStatus();
    }
    if (line == "    mirrors:" && !lists_mirrors_) {
      lists_mirrors_ = true;
      return absl::OkStatus();
    }
    if (std::optional<std::string> host = TextAfter(line, "      - host")) {
      offline_.mirrors_[prefix_].push_back(*std::move(host));
      return absl::OkStatus();
    }
    for (const absl::string_view known :
         {"        capabilities: [\"pull\", \"resolve\"]",
          "        skip_verify: \"{{ kso_scheme == 'http' }}\"",
          // As in images of earlier versions.
          "        skip_verify: true", "        override_path: true"}) {
      if (line == known) return absl::OkStatus();
    }
    return OddLine(line);
  }

  Offline offline_;
  // The settings so far.
  std::set<std::string> seen_;
  // The last of them, and whether lines below it belong to it.
  std::string section_;
  bool has_more_ = false;
  // The last of containerd's registries, and whether its mirrors have begun.
  std::string prefix_;
  bool lists_mirrors_ = false;
};

absl::StatusOr<Offline> Offline::Read(std::string_view yaml) {
  if (yaml.size() > kMostBytes) return Wrong("is too large");
  Reading reading;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(yaml), '\n')) {
    KSO_RETURN_IF_ERROR(reading.Add(line));
  }
  Offline offline = reading.Take();
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
  // The variable of one file counts before those that stand for a host.
  for (const auto& [name, text] : texts_) {
    if (!name.ends_with("_download_url")) continue;
    KSO_ASSIGN_OR_RETURN(const std::string place, ValueOf(name));
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
  // The variable of one image counts before those that stand for a registry.
  for (const auto& [name, text] : texts_) {
    if (!name.ends_with("_image_repo") || IsImageVariable(name)) continue;
    KSO_ASSIGN_OR_RETURN(const std::string place, ValueOf(name));
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
