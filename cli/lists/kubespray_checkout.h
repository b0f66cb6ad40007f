// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_KUBESPRAY_CHECKOUT_H_
#define KSO_CLI_LISTS_KUBESPRAY_CHECKOUT_H_

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace kso::cli {

// A field of an entry of Kubespray's `downloads`: the template of its value.
struct DownloadField {
  std::string name;
  std::string text;
};

// An entry of Kubespray's `downloads`, such as `kubelet`, as it is written
// there.
struct Download {
  std::string name;
  // "roles/kubespray_defaults/defaults/main/download.yml:380".
  std::string place;
  std::vector<DownloadField> fields;

  // Empty when there is none.
  std::string Text(std::string_view field) const;
};

// The facts that a checkout of Kubespray states about itself, from 2.19 on.
// Only reads.
struct KubesprayCheckout {
  // Absolute.
  std::filesystem::path directory;
  // "2.28.1"; empty when nothing says it.
  std::string version;
  // The roles whose variables `downloads` is made of, the weakest first. A role
  // of one of their names that has no variables, as later releases have it for
  // those who still call it, is not among them.
  std::vector<std::string> roles;
  // The files with those variables, the weakest first.
  std::vector<std::filesystem::path> sources;
  std::vector<Download> downloads;
  // The versions of Ansible that it takes: from the first one on, and below the
  // second. Empty when it does not say.
  std::string least_ansible;
  std::string ansible_limit;
};

// NOT_FOUND or INVALID_ARGUMENT, with what to do, when `directory` is none.
absl::StatusOr<KubesprayCheckout> OpenKubesprayCheckout(
    const std::filesystem::path& directory);

// The YAML files of `directory`, sorted as Ansible reads them; or the one file
// DIRECTORY.yml, DIRECTORY.yaml; none when there is neither.
std::vector<std::filesystem::path> VariableFiles(
    const std::filesystem::path& directory);

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_KUBESPRAY_CHECKOUT_H_
