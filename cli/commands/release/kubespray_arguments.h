// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_RELEASE_KUBESPRAY_ARGUMENTS_H_
#define KSO_CLI_COMMANDS_RELEASE_KUBESPRAY_ARGUMENTS_H_

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/lists/generate.h"

namespace kso::cli {

// The flags of commands that render a Kubespray checkout.
class KubesprayArguments {
 public:
  void DeclareTo(Arguments& arguments, Arguments::Need need) {
    arguments.Option("--kubespray", &kubespray_, "DIR",
                     "A checkout of the Kubespray release.", need);
    arguments.Repeated("-i,--inventory", &inventories_, "INVENTORY",
                       "An inventory, with its group variables; again for "
                       "another. Default: Kubespray's own defaults.");
    arguments.Repeated("-e,--extra-vars", &extra_variables_, "VARIABLES",
                       "As ansible-playbook takes them: NAME=VALUE or @FILE.");
    arguments.Option("--ansible", &ansible_, "PROGRAM",
                     "The ansible-playbook to use. Default: the one in $PATH.");
    arguments.Flag("--any-ansible", &any_ansible_,
                   "Try an ansible-playbook that is older than the release "
                   "takes.");
  }

  bool given() const { return !kubespray_.empty(); }

  GenerateOptions Options() const {
    GenerateOptions options;
    options.kubespray = kubespray_;
    options.inventories = inventories_;
    options.extra_variables = extra_variables_;
    options.ansible = ansible_;
    options.any_ansible = any_ansible_;
    return options;
  }

 private:
  std::string kubespray_;
  std::vector<std::string> inventories_;
  std::vector<std::string> extra_variables_;
  std::string ansible_;
  bool any_ansible_ = false;
};

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_RELEASE_KUBESPRAY_ARGUMENTS_H_
