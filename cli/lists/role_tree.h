// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_ROLE_TREE_H_
#define KSO_CLI_LISTS_ROLE_TREE_H_

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace kso::cli {

// Conditions as `when:` has them; all have to hold.
using Conditions = std::vector<std::string>;

// A task of a role, as far as it says which files it uses and when.
struct RoleTask {
  // The tasks file, relative to the role's folder `tasks`: "main.yml".
  std::string file;
  // Its own conditions, and those of the blocks around it.
  Conditions conditions;
  // All texts of the task, one a line, but for those of the tasks in it.
  std::string text;
};

// A tasks file that another one of the role includes or imports.
struct TasksInclude {
  std::string from;
  std::string to;
  Conditions conditions;
};

// A role that a playbook or another role applies.
struct RoleUse {
  // May be a template: "network_plugin/{{ kube_network_plugin }}".
  std::string role;
  // The role that does; empty for a playbook.
  std::string user;
  Conditions conditions;
};

// A role of a checkout, as it is written.
struct Role {
  // "kubernetes-apps/metallb".
  std::string name;
  std::vector<std::filesystem::path> defaults;
  std::vector<std::filesystem::path> vars;
  std::vector<RoleTask> tasks;
  std::vector<TasksInclude> includes;
  // Templates, manifests and tasks files, which may name images.
  std::vector<std::filesystem::path> contents;
};

// The roles of a checkout of Kubespray, and who applies them when. Read without
// running anything: what a template stands for is not known here.
struct RoleTree {
  std::map<std::string, Role, std::less<>> roles;
  std::vector<RoleUse> uses;
  // YAML files that could not be read, with the reason: "FILE: REASON".
  std::vector<std::string> unread;
};

absl::StatusOr<RoleTree> ReadRoleTree(const std::filesystem::path& checkout);

// The conditions under which a role uses one of its files, by the tasks that
// name it: it is used when all conditions of one of them hold. Empty when no
// task names it. For a tasks file, the conditions under which it is included.
// Without the conditions under which the role is applied.
std::vector<Conditions> ConditionsOfFile(const Role& role,
                                         const std::filesystem::path& file);

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_ROLE_TREE_H_
