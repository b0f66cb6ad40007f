// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMAND_APP_H_
#define KSO_CLI_COMMAND_APP_H_

#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/command_shape.h"

namespace kso::cli {

// A command as CLI11 parses it, with what CLI11 does not know of it.
class CommandApp : public CLI::App {
 public:
  CommandApp(std::string description, std::string name,
             CLI::App* parent = nullptr)
      : CLI::App(std::move(description), std::move(name), parent) {}

  std::vector<Example> examples;
  bool hidden = false;
};

}  // namespace kso::cli

#endif  // KSO_CLI_COMMAND_APP_H_
