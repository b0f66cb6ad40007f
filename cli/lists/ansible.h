// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_ANSIBLE_H_
#define KSO_CLI_LISTS_ANSIBLE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/lists/kubespray_checkout.h"
#include "cli/lists/render_request.h"

namespace kso::cli {

// An ansible-playbook of this machine.
struct AnsibleProgram {
  std::string path;
  // "2.16.14".
  std::string version;
};

// Compares versions such as "2.9.27" number by number: below zero, zero or
// above zero. What is no number counts as 0.
int CompareVersions(std::string_view a, std::string_view b);

// The version in what `ansible-playbook --version` prints; empty when there is
// none.
std::string ParseAnsibleVersion(std::string_view output);

// The program that `named` says, or that is found in $PATH when it is empty.
// FAILED_PRECONDITION, with the commands that install the right one, when there
// is none, or it is older than the release takes and `any_version` is false.
absl::StatusOr<AnsibleProgram> FindAnsible(const KubesprayCheckout& checkout,
                                           const std::string& named,
                                           bool any_version);

struct RenderOptions {
  // As -i of ansible-playbook takes them. Without one, all values are the
  // release's own.
  std::vector<std::string> inventories;
  // As -e of ansible-playbook takes them.
  std::vector<std::string> extra_variables;
};

// Lets Ansible answer a request (kso_render.py) for both architectures, once
// for each host of the inventories whose variables differ. Nothing is written
// but to a temporary directory, which is gone afterwards; no module runs, so no
// host is contacted and no privilege is used. Blocks. FAILED_PRECONDITION has
// Ansible's own words when it fails.
absl::StatusOr<std::vector<RenderAnswer>> RenderWithAnsible(
    const AnsibleProgram& ansible, const KubesprayCheckout& checkout,
    const std::string& request, const RenderOptions& options);

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_ANSIBLE_H_
