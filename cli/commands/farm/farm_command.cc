// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <ostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/commands/farm/farm_commands.h"
#include "cli/farm/farm.h"
#include "cli/farm/programs.h"
#include "common/base/status_macros.h"
#include "common/http/transport.h"
#include "common/oci/platform.h"
#include "common/oci/registry/registry_flags.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// $XDG_DATA_HOME/kso, which is ~/.local/share/kso where it is not set.
absl::StatusOr<std::filesystem::path> DefaultStateDir() {
  if (const std::string data = Variable("XDG_DATA_HOME"); !data.empty()) {
    return std::filesystem::path(data) / "kso";
  }
  if (const std::string home = Variable("HOME"); !home.empty()) {
    return std::filesystem::path(home) / ".local/share/kso";
  }
  return absl::InvalidArgumentError("$HOME is not set; use --state-dir DIR");
}

// The dashboard listens at the coordinator's address, one port on.
std::string NextPort(const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (!absl::SimpleAtoi(address.substr(colon + 1), &port)) return address;
  return absl::StrCat(address.substr(0, colon + 1),
                      port < 65535 ? port + 1 : port - 1);
}

class FarmCommand : public Command {
 public:
  explicit FarmCommand(Arguments arguments)
      : up_(arguments.Subcommand("up",
                                 "Start what does not run yet, and wait until "
                                 "it is ready for work.")),
        down_(arguments.Subcommand(
            "down",
            "Stop the farm. Its state and caches stay for the next time.")) {
    arguments.RequireSubcommand();
    up_.Example("ksoctl farm up",
                "Start a coordinator and a worker on this machine.");
    up_.Example("ksoctl farm up --platform linux/amd64 --platform linux/arm64",
                "A worker for each platform; the other one is emulated.");
    down_.Example("ksoctl farm down", "Stop them; what they know stays.");
    for (Arguments* command : {&up_, &down_}) {
      command->Option("--state-dir", &state_dir_, "DIR",
                      "The directory of the farm's state, caches and logs. "
                      "Default: ~/.local/share/kso.");
    }
    up_.Repeated("--platform", &platforms_, "PLATFORM",
                 "The platform of a worker, such as linux/arm64; again for "
                 "one more worker. Default: that of this machine.");
    for (const oci::RegistryFlag& flag : oci::kRegistryFlags) {
      up_.Repeated(flag.name, &(registry_flags_.*flag.values), flag.meta,
                   absl::StrCat(flag.help, "."));
    }
    up_.Option("--http-listen", &http_address_, "HOST:PORT",
               "Where the dashboard is. Default: the port after the "
               "coordinator's.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    FarmOptions options;
    options.address = context.address;
    options.http_address =
        http_address_.empty() ? NextPort(context.address) : http_address_;
    KSO_ASSIGN_OR_RETURN(options.state_dir, StateDir());
    std::ostream& progress =
        context.json ? *context.console.err : *context.console.out;
    const auto say = [&progress](const std::string& line) {
      progress << line << std::endl;
    };
    if (up_.Chosen()) {
      for (const std::string& platform : platforms_) {
        KSO_RETURN_IF_ERROR(oci::ParsePlatform(platform).status());
      }
      options.platforms = platforms_;
      KSO_ASSIGN_OR_RETURN(options.registry_flags, RegistryFlagsToHandOn());
      KSO_ASSIGN_OR_RETURN(const auto self, SelfPath());
      KSO_ASSIGN_OR_RETURN(options.coordinator_program,
                           FindProgram(self, "coordinator", "kso-coordinator",
                                       Variable("PATH")));
      KSO_ASSIGN_OR_RETURN(
          options.worker_program,
          FindProgram(self, "worker", "kso-worker", Variable("PATH")));
    }
    Farm farm(options, context.coordinator, context.clock, say);
    KSO_RETURN_IF_ERROR(up_.Chosen() ? farm.Up() : farm.Down());
    if (context.json) context.PrintJsonOr(AsJson(options), "");
    return ExitStatus::kDone;
  }

 private:
  // The flags as arguments. INVALID_ARGUMENT for one that the programs would
  // refuse, so that it is not their log that tells.
  absl::StatusOr<std::vector<std::string>> RegistryFlagsToHandOn() const {
    KSO_RETURN_IF_ERROR(oci::RegistryOptionsOf(registry_flags_).status());
    http::TransportOptions unused;
    KSO_RETURN_IF_ERROR(oci::AddFarmFlags(registry_flags_, unused));
    // A release that the user of this machine submits may name this machine.
    std::vector<std::string> args = {"--allow-private", "127.0.0.0/8",
                                     "--allow-private", "::1"};
    for (const oci::RegistryFlag& flag : oci::kRegistryFlags) {
      for (const std::string& value : registry_flags_.*flag.values) {
        args.insert(args.end(), {flag.name, value});
      }
    }
    return args;
  }

  absl::StatusOr<std::filesystem::path> StateDir() const {
    std::filesystem::path path = state_dir_;
    if (path.empty()) {
      KSO_ASSIGN_OR_RETURN(path, DefaultStateDir());
    }
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error);
    return error ? path : absolute;
  }

  nlohmann::ordered_json AsJson(const FarmOptions& options) const {
    nlohmann::ordered_json json;
    json["running"] = up_.Chosen();
    json["coordinator"] = options.address;
    json["dashboard"] = absl::StrCat("http://", options.http_address, "/");
    json["stateDir"] = options.state_dir.string();
    return json;
  }

  Arguments up_;
  Arguments down_;
  std::string state_dir_;
  std::string http_address_;
  std::vector<std::string> platforms_;
  oci::RegistryFlags registry_flags_;
};

}  // namespace

std::unique_ptr<Command> CreateFarm(Arguments arguments) {
  return std::make_unique<FarmCommand>(arguments);
}

}  // namespace kso::cli
