// SPDX-License-Identifier: Apache-2.0
#include "cli/ksoctl.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "cli/arguments.h"
#include "cli/commands/access/access_commands.h"
#include "cli/commands/builds/build_commands.h"
#include "cli/commands/farm/farm_commands.h"
#include "cli/commands/images/image_commands.h"
#include "cli/commands/program/print_completions.h"
#include "cli/commands/program/program_commands.h"
#include "cli/commands/release/release_commands.h"
#include "cli/connection.h"
#include "cli/contexts/context_store.h"
#include "cli/coordinator_client.h"
#include "common/base/strings.h"
#include "common/rpc/tls_files.h"
#include "common/text/printable_text.h"

namespace kso::cli {
namespace {

constexpr char kDescription[] =
    "Builds the files and container images that a Kubespray release needs\n"
    "inside an air gap into two multi-arch images, on a farm of workers.";

constexpr char kFooter[] =
    "\nBegin with:\n"
    "  ksoctl farm up                          a farm on this machine\n"
    "  ksoctl plan -f release.yaml             what a build would do\n"
    "  ksoctl submit -f release.yaml --wait    build it\n"
    "\nExit status: 0 done, 1 the build failed, 2 usage or bad input,\n"
    "3 the coordinator is not reachable, 4 not allowed.\n";

struct Entry {
  Arguments arguments;
  std::unique_ptr<Command> command;
};

constexpr char kBuilding[] = "Build a release";
constexpr char kImages[] = "Images, on their way inside";
constexpr char kFarm[] = "The farm";
constexpr char kHere[] = "ksoctl itself";

struct Declaration {
  const char* name;
  const char* group;
  const char* help;
  std::unique_ptr<Command> (*create)(Arguments);
  // The words that people's fingers type who come from docker, kubectl, gh and
  // make.
  std::vector<const char*> aliases = {};
};

const std::vector<Declaration>& Declarations() {
  static const auto* const kDeclarations = new std::vector<Declaration>{
      {"init", kBuilding, "Make a release directory that can be planned.",
       CreateInit},
      {"submit",
       kBuilding,
       "Start a build of a release.",
       CreateSubmit,
       {"build", "run", "apply", "create"}},
      {"plan", kBuilding, "Say what a submit would fetch and make.",
       CreatePlan},
      {"lists", kBuilding, "Make, check and compare lists of files and images.",
       CreateLists},
      {"diff", kBuilding, "Say what a release adds, drops and changes.",
       CreateDiff},
      {"watch",
       kBuilding,
       "Follow a build to its end.",
       CreateWatch,
       {"wait", "attach", "follow"}},
      {"status",
       kBuilding,
       "Say how far a build is, and what it waits for.",
       CreateStatus,
       {"inspect", "show"}},
      {"logs",
       kBuilding,
       "Show what happened in a build.",
       CreateLogs,
       {"log"}},
      {"cancel",
       kBuilding,
       "Stop a build; no tag is pushed.",
       CreateCancel,
       {"stop", "kill"}},
      {"retry",
       kBuilding,
       "Run again what failed in a build.",
       CreateRetry,
       {"rerun"}},
      {"priority", kBuilding,
       "Change a build's share of the farm while it waits or runs.",
       CreatePriority},
      {"forget",
       kBuilding,
       "Forget a build that has ended, with what only it has on disk.",
       CreateForget,
       {"rm", "delete", "remove"}},
      {"builds",
       kBuilding,
       "List the builds, newest first.",
       CreateBuilds,
       {"ls", "ps", "list"}},
      {"export",
       kImages,
       "Write a build's images to this machine, to carry inside.",
       CreateExport,
       {"save"}},
      {"load",
       kImages,
       "Put an exported archive's images into a registry.",
       CreateLoad,
       {"import"}},
      {"verify", kImages,
       "Check finished images: in a registry, an archive or a directory.",
       CreateVerify},
      {"sign", kImages, "Sign a finished image in a registry, as cosign does.",
       CreateSign},
      {"summary", kImages, "Print a release's summary for its approval.",
       CreateSummary},
      {"releases", kImages,
       "List the releases at a destination, and remove some.", CreateReleases},
      {"workers",
       kFarm,
       "List the workers, and let them rest.",
       CreateWorkers,
       {"worker", "nodes", "node", "top"}},
      {"cache", kFarm, "Say how much the workers' caches take, and prune them.",
       CreateCache},
      {"backup", kFarm, "Save the coordinator's state while the farm works.",
       CreateBackup},
      {"farm", kFarm, "Start or stop a farm on this machine.", CreateFarm},
      {"certs", kFarm, "Make, show and renew the farm's certificates.",
       CreateCerts},
      {"tokens",
       kFarm,
       "Make, list and revoke tokens.",
       CreateTokens,
       {"token"}},
      {"audit", kFarm, "Show what was done, by whom, and what was refused.",
       CreateAudit},
      {"context", kHere, "Remember coordinators, and choose the one in use.",
       CreateContext},
      {"doctor", kHere, "Say what is broken here, and how to mend it.",
       CreateDoctor},
      {"version", kHere, "Say which versions ksoctl and the coordinator are.",
       CreateVersion},
  };
  return *kDeclarations;
}

// "get builds" and "describe build B", as kubectl has them: each is a command
// under another name.
struct Phrase {
  const char* verb;
  std::vector<const char*> nouns;
  std::unique_ptr<Command> (*create)(Arguments);
};

const std::vector<Phrase>& Phrases() {
  static const auto* const kPhrases = new std::vector<Phrase>{
      {"get", {"builds"}, CreateBuilds},
      {"get", {"build"}, CreateStatus},
      {"get", {"workers", "worker", "nodes", "node"}, CreateWorkers},
      {"get", {"logs", "log"}, CreateLogs},
      {"describe", {"build", "builds"}, CreateStatus},
      {"describe", {"worker", "workers", "node", "nodes"}, CreateWorkers},
  };
  return *kPhrases;
}

void DeclarePhrases(Arguments root, std::vector<Entry>& entries) {
  std::map<std::string, Arguments> verbs;
  for (const Phrase& phrase : Phrases()) {
    auto verb = verbs.find(phrase.verb);
    if (verb == verbs.end()) {
      Arguments declared = root.Subcommand(
          phrase.verb, "Another way to ask for builds and workers.");
      declared.Hide();
      declared.RequireSubcommand();
      verb = verbs.emplace(phrase.verb, declared).first;
    }
    Arguments noun = verb->second.Subcommand(phrase.nouns.front(),
                                             "See the command of this name.");
    for (size_t i = 1; i < phrase.nouns.size(); ++i) {
      noun.Alias(phrase.nouns[i]);
    }
    entries.push_back({noun, phrase.create(noun)});
  }
}

std::vector<Entry> DeclareCommands(Arguments root) {
  std::vector<Entry> entries;
  for (const Declaration& declaration : Declarations()) {
    Arguments arguments = root.Subcommand(declaration.name, declaration.help);
    arguments.Group(declaration.group);
    for (const char* alias : declaration.aliases) arguments.Alias(alias);
    entries.push_back({arguments, declaration.create(arguments)});
  }
  DeclarePhrases(root, entries);
  Arguments completion = root.Subcommand(
      "completion", "Print a script that completes commands in a shell.");
  completion.Group(kHere);
  entries.push_back({completion, CreateCompletion(completion)});
  Arguments manual = root.Subcommand("man", "Write the manual pages.");
  manual.Hide();
  entries.push_back({manual, CreateManual(manual, root, kFooter)});
  return entries;
}

// The program's own options.
struct ProgramOptions {
  ConnectionOptions connection;
  std::string output = "text";
  bool quiet = false;
  bool verbose = false;
};

void DeclareOptions(Arguments root, ProgramOptions& options) {
  DeclareConnection(root, options.connection);
  root.Choice("-o,--output", &options.output, {"text", "json", "jsonl"},
              "How to print: words, one JSON document, or a JSON object a "
              "line, as things happen.");
  root.Flag("-q,--quiet", &options.quiet,
            "Print results and errors only: no progress, no advice.");
  root.Flag("-v,--verbose", &options.verbose,
            "Say on stderr what is asked of the coordinator, and how long it "
            "takes.");
}

bool TakesValue(const CommandShape& program, const std::string& name) {
  for (const OptionShape& option : program.options) {
    for (const std::string& known : option.names) {
      if (known == name) return !option.meta.empty();
    }
  }
  return false;
}

// The place of the first argument that is neither an option of `program` nor
// the value of one.
size_t FirstWord(const CommandShape& program,
                 const std::vector<std::string>& args) {
  size_t at = 0;
  while (at < args.size() && absl::StartsWith(args[at], "-") &&
         args[at] != "--version" && args[at] != "-V") {
    at += TakesValue(program, args[at]) ? 2 : 1;
  }
  return std::min(at, args.size());
}

// "ksoctl help submit" and "ksoctl --version", as other programs have them.
std::vector<std::string> InOurWords(const CommandShape& program,
                                    std::vector<std::string> args) {
  const size_t first = FirstWord(program, args);
  if (first == args.size()) return args;
  if (args[first] == "--version" || args[first] == "-V") {
    args[first] = "version";
  } else if (args[first] == "help") {
    args.erase(args.begin() + static_cast<std::ptrdiff_t>(first));
    args.emplace_back("--help");
  }
  return args;
}

CoordinatorClientOptions ClientOptions(const Console& console,
                                       const ProgramOptions& options,
                                       const Connection& connection) {
  CoordinatorClientOptions client;
  client.security = connection.security;
  client.trouble = connection.trouble;
  if (options.verbose) {
    client.trace = [err = console.err](const std::string& line) {
      *err << "ksoctl: " << line << std::endl;
    };
  }
  return client;
}

// A shell waits at each press of a key.
constexpr absl::Duration kCompletionPatience = absl::Seconds(2);

ContextList Contexts() {
  const auto file = ContextStore::DefaultFile();
  if (!file.ok()) return {};
  return ContextStore(*file).Read().value_or(ContextList());
}

// `words` are those after the program's name; the shell's cursor is at the last
// of them.
ExitStatus Complete(const CommandShape& program,
                    const std::vector<std::string>& words,
                    ProgramOptions options, const Console& console) {
  if (!words.empty()) {
    TakeConnection({words.begin(), words.end() - 1}, options.connection);
  }
  const absl::StatusOr<Connection> connection =
      ResolveConnection(options.connection);
  CoordinatorClientOptions client;
  client.patience = kCompletionPatience;
  client.trouble = connection.status();
  if (connection.ok()) {
    client.security = connection->security;
    client.trouble = connection->trouble;
  }
  const auto coordinator = CreateCoordinatorClient(
      connection.ok() ? connection->address : kDefaultAddress, client);
  return PrintCompletions(program, words, *coordinator, Contexts(), console);
}

void Complain(const Console& console, const absl::Status& status,
              const std::string& address) {
  std::ostream& err = *console.err;
  // Parts of it may come from other machines.
  const std::string message =
      PrintableLines(ToStd(status.message()), std::string::npos);
  if (ExitStatusOf(status) == ExitStatus::kUnreachable) {
    err << "ksoctl: the coordinator at " << address
        << " is not reachable: " << message << "\n"
        << (rpc::StaysOnMachine(address)
                ? "Start a farm on this machine with `ksoctl farm up`, or say "
                  "where the\ncoordinator is with --coordinator HOST:PORT or "
                  "$KSO_COORDINATOR.\n"
                : "Say where the coordinator is with --coordinator HOST:PORT, "
                  "$KSO_COORDINATOR or\n`ksoctl context use`; `ksoctl doctor` "
                  "looks for what is wrong.\n");
  } else if (absl::IsInvalidArgument(status) &&
             absl::StrContains(message, "\n")) {
    // A list of problems, one a line; editors know the form.
    err << message << "\n";
  } else {
    err << "ksoctl: " << message << "\n";
  }
  err.flush();
}

}  // namespace

ExitStatus RunKsoctl(const std::vector<std::string>& args,
                     const Console& console, Clock* clock) {
  ProgramOptions options;
  ArgumentParser parser("ksoctl", kDescription, kFooter);
  Arguments root = parser.root();
  DeclareOptions(root, options);
  const std::vector<Entry> entries = DeclareCommands(root);
  if (!args.empty() && args.front() == kCompleteWords) {
    return Complete(root.Shape(), {args.begin() + 1, args.end()}, options,
                    console);
  }

  const auto parsed = parser.Parse(InOurWords(root.Shape(), args));
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
    const absl::StatusOr<Connection> connection =
        ResolveConnection(options.connection);
    absl::Status status = connection.status();
    if (status.ok()) {
      const auto coordinator = CreateCoordinatorClient(
          connection->address, ClientOptions(console, options, *connection));
      Context context{.console = console,
                      .clock = clock,
                      .address = connection->address,
                      .tls = connection->security.tls,
                      .json = options.output != "text",
                      .json_lines = options.output == "jsonl",
                      .quiet = options.quiet,
                      .coordinator = coordinator.get()};
      const auto exit = entry.command->Run(context);
      if (exit.ok()) return *exit;
      status = exit.status();
    }
    Complain(console, status,
             connection.ok() ? connection->address : kDefaultAddress);
    return ExitStatusOf(status);
  }
  *console.err << parser.Help() << std::flush;
  return ExitStatus::kUsage;
}

CommandShape ProgramShape() {
  ProgramOptions options;
  ArgumentParser parser("ksoctl", kDescription, kFooter);
  DeclareOptions(parser.root(), options);
  const std::vector<Entry> entries = DeclareCommands(parser.root());
  return parser.root().Shape();
}

absl::Status CheckCommandLine(const std::vector<std::string>& args) {
  ProgramOptions options;
  ArgumentParser parser("ksoctl", kDescription, kFooter);
  DeclareOptions(parser.root(), options);
  const std::vector<Entry> entries = DeclareCommands(parser.root());
  return parser.Parse(InOurWords(parser.root().Shape(), args)).status();
}

}  // namespace kso::cli
