// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/kubespray_checkout.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/files/directory.h"
#include "common/files/text_file.h"
#include "common/text/yaml_tree.h"

namespace kso::cli {
namespace {

constexpr size_t kMostYamlBytes = 4 << 20;

// The roles that may have them. Kubespray's own generator of lists loads the
// same; which of them there are has changed over the years.
constexpr const char* kRoles[] = {"kubespray-defaults", "kubespray_defaults",
                                  "download"};

bool IsYaml(const std::filesystem::path& file) {
  return file.extension() == ".yml" || file.extension() == ".yaml";
}

// The document, or a node of no kind where there is none that can be read.
YamlNode ReadYaml(const std::filesystem::path& file) {
  const auto content = ReadTextFile(file, kMostYamlBytes);
  if (!content.ok()) return {};
  auto parsed = ParseYaml(*content, YamlAliases::kNothing);
  if (auto* node = std::get_if<YamlNode>(&parsed)) return std::move(*node);
  return {};
}

const YamlNode* FieldOf(const YamlNode& map, std::string_view key) {
  for (const auto& [name, value] : map.fields) {
    if (name.scalar == key) return &value;
  }
  return nullptr;
}

// The scalar at the first `key` of the document, wherever it is.
std::string ScalarAnywhere(const YamlNode& node, std::string_view key) {
  for (const auto& [name, value] : node.fields) {
    if (name.scalar == key) return value.scalar;
    if (auto found = ScalarAnywhere(value, key); !found.empty()) return found;
  }
  for (const YamlNode& item : node.items) {
    if (auto found = ScalarAnywhere(item, key); !found.empty()) return found;
  }
  return "";
}

void ReadVersion(KubesprayCheckout& checkout) {
  const YamlNode galaxy = ReadYaml(checkout.directory / "galaxy.yml");
  checkout.version = ScalarAnywhere(galaxy, "version");
}

void ReadAnsibleVersions(KubesprayCheckout& checkout) {
  for (const char* file :
       {"playbooks/ansible_version.yml", "ansible_version.yml"}) {
    const YamlNode playbook = ReadYaml(checkout.directory / file);
    checkout.least_ansible =
        ScalarAnywhere(playbook, "minimal_ansible_version");
    checkout.ansible_limit =
        ScalarAnywhere(playbook, "maximal_ansible_version");
    if (!checkout.least_ansible.empty()) return;
  }
}

void ReadDownloads(const std::filesystem::path& file,
                   KubesprayCheckout& checkout) {
  const YamlNode document = ReadYaml(file);
  const YamlNode* downloads = FieldOf(document, "downloads");
  if (downloads == nullptr) return;
  for (const auto& [name, entry] : downloads->fields) {
    Download& download = checkout.downloads.emplace_back();
    download.name = name.scalar;
    download.place = absl::StrCat(
        file.lexically_relative(checkout.directory).string(), ":", name.line);
    for (const auto& [field, value] : entry.fields) {
      if (value.kind != YamlNode::Kind::kScalar) continue;
      download.fields.push_back({field.scalar, value.scalar});
    }
  }
}

}  // namespace

std::string Download::Text(std::string_view field) const {
  for (const DownloadField& candidate : fields) {
    if (candidate.name == field) return candidate.text;
  }
  return "";
}

std::vector<std::filesystem::path> VariableFiles(
    const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  // A file that cannot be read has no variables.
  (void)ForEachEntry(directory, [&](const auto& entry) {
    if (IsYaml(entry.path())) files.push_back(entry.path());
  });
  std::sort(files.begin(), files.end());
  for (const char* extension : {".yml", ".yaml"}) {
    std::error_code error;
    std::filesystem::path file = directory;
    file += extension;
    if (files.empty() && std::filesystem::is_regular_file(file, error)) {
      files.push_back(std::move(file));
    }
  }
  return files;
}

absl::StatusOr<KubesprayCheckout> OpenKubesprayCheckout(
    const std::filesystem::path& directory) {
  std::error_code error;
  KubesprayCheckout checkout;
  checkout.directory = std::filesystem::canonical(directory, error);
  if (error) {
    return absl::NotFoundError(absl::StrCat("'", directory.string(),
                                            "': ", error.message(),
                                            "; name a checkout of Kubespray"));
  }
  for (const char* kind : {"defaults", "vars"}) {
    for (const char* role : kRoles) {
      const std::filesystem::path place =
          checkout.directory / "roles" / role / kind / "main";
      const auto files = VariableFiles(place);
      if (files.empty()) continue;
      checkout.sources.insert(checkout.sources.end(), files.begin(),
                              files.end());
      if (std::find(checkout.roles.begin(), checkout.roles.end(), role) ==
          checkout.roles.end()) {
        checkout.roles.emplace_back(role);
      }
    }
  }
  for (const auto& file : checkout.sources) ReadDownloads(file, checkout);
  if (checkout.downloads.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", directory.string(),
        "' is no checkout of Kubespray from 2.19 on: no file of "
        "roles/kubespray_defaults, roles/kubespray-defaults or roles/download "
        "defines `downloads`. Get one with\n"
        "  git clone --depth 1 --branch vVERSION "
        "https://github.com/kubernetes-sigs/kubespray.git"));
  }
  ReadVersion(checkout);
  ReadAnsibleVersions(checkout);
  return checkout;
}

}  // namespace kso::cli
