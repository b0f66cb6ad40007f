// SPDX-License-Identifier: Apache-2.0
#include "cli/ksoctl.h"

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/arguments.h"
#include "cli/commands/commands.h"
#include "cli/coordinator_client.h"
#include "common/oci/grammar.h"

namespace kso::cli {
namespace {

constexpr char kDefaultAddress[] = "127.0.0.1:7070";

constexpr char kDescription[] =
    "Builds the files and container images that a Kubespray release needs\n"
    "inside an air gap into two multi-arch images, on a farm of workers.";

constexpr char kFooter[] =
    "\nBegin with:\n"
    "  ksoctl farm up                          a farm on this machine\n"
    "  ksoctl plan -f release.yaml             what a build would do\n"
    "  ksoctl submit -f release.yaml --wait    build it\n"
    "\nExit status: 0 done, 1 the build failed, 2 usage or bad input,\n"
    "3 the coordinator is not reachable.\n";

struct Entry {
  Arguments arguments;
  std::unique_ptr<Command> command;
};

std::vector<Entry> DeclareCommands(Arguments root) {
  struct Declaration {
    const char* name;
    const char* help;
    std::unique_ptr<Command> (*create)(Arguments);
  };
  const Declaration declarations[] = {
      {"submit", "Start a build of a release.", CreateSubmit},
      {"plan", "Say what a submit would fetch and make.", CreatePlan},
      {"watch", "Follow a build to its end.", CreateWatch},
      {"status", "Say how far a build is, and what it waits for.",
       CreateStatus},
      {"logs", "Show everything that happened in a build.", CreateLogs},
      {"cancel", "Stop a build; no tag is pushed.", CreateCancel},
      {"retry", "Run again what failed in a build.", CreateRetry},
      {"builds", "List the builds, newest first.", CreateBuilds},
      {"export", "Write a build's images to this machine, to carry inside.",
       CreateExport},
      {"load", "Put an exported archive's images into a registry.", CreateLoad},
      {"workers", "List the workers.", CreateWorkers},
      {"verify", "Check a finished image in a registry.", CreateVerify},
      {"farm", "Start or stop a farm on this machine.", CreateFarm},
      {"version", "Say which versions ksoctl and the coordinator are.",
       CreateVersion},
  };
  std::vector<Entry> entries;
  for (const Declaration& declaration : declarations) {
    Arguments arguments = root.Subcommand(declaration.name, declaration.help);
    entries.push_back({arguments, declaration.create(arguments)});
  }
  Arguments completion = root.Subcommand(
      "completion", "Print a script that completes commands in a shell.");
  entries.push_back({completion, CreateCompletion(completion, root)});
  return entries;
}

absl::Status CheckAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon == std::string::npos || !oci::IsValidHost(address) ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 1 ||
      port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", address,
                     "' is no coordinator's address; write "
                     "HOST:PORT, such as ",
                     kDefaultAddress));
  }
  return absl::OkStatus();
}

void Complain(const Console& console, const absl::Status& status,
              const std::string& address) {
  std::ostream& err = *console.err;
  if (ExitStatusOf(status) == ExitStatus::kUnreachable) {
    err << "ksoctl: the coordinator at " << address
        << " is not reachable: " << status.message()
        << "\nStart a farm on this machine with `ksoctl farm up`, or say "
           "where the\ncoordinator is with --coordinator HOST:PORT or "
           "$KSO_COORDINATOR.\n";
  } else if (absl::IsInvalidArgument(status) &&
             absl::StrContains(status.message(), "\n")) {
    // A list of problems, one a line; editors know the form.
    err << status.message() << "\n";
  } else {
    err << "ksoctl: " << status.message() << "\n";
  }
  err.flush();
}

}  // namespace

ExitStatus RunKsoctl(const std::vector<std::string>& args,
                     const Console& console, Clock* clock) {
  std::string address = kDefaultAddress;
  std::string output = "text";
  ArgumentParser parser("ksoctl", kDescription, kFooter);
  Arguments root = parser.root();
  root.OptionOrVariable(
      "--coordinator", "KSO_COORDINATOR", &address, "HOST:PORT",
      absl::StrCat("Where the coordinator is. Default: $KSO_COORDINATOR, or ",
                   kDefaultAddress, "."));
  root.Choice("--output", &output, {"text", "json"},
              "How to print; understood after a command too.");
  const std::vector<Entry> entries = DeclareCommands(root);

  const auto parsed = parser.Parse(args);
  if (!parsed.ok()) {
    *console.err << "ksoctl: " << parsed.status().message() << std::endl;
    return ExitStatus::kUsage;
  }
  if (!parsed->empty()) {
    *console.out << *parsed << std::flush;
    return ExitStatus::kDone;
  }
  for (const Entry& entry : entries) {
    if (!entry.arguments.Chosen()) continue;
    absl::Status status = CheckAddress(address);
    if (status.ok()) {
      const auto coordinator = CreateCoordinatorClient(address);
      Context context{console, clock, address, output == "json",
                      coordinator.get()};
      const auto exit = entry.command->Run(context);
      if (exit.ok()) return *exit;
      status = exit.status();
    }
    Complain(console, status, address);
    return ExitStatusOf(status);
  }
  *console.err << parser.Help() << std::flush;
  return ExitStatus::kUsage;
}

}  // namespace kso::cli
