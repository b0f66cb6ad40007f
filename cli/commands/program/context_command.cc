// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands/program/program_commands.h"
#include "cli/connection.h"
#include "cli/contexts/context_store.h"
#include "cli/render/text.h"
#include "common/base/status_macros.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

class ContextCommand : public Command {
 public:
  explicit ContextCommand(Arguments arguments)
      : add_(arguments.Subcommand(
            "add", "Remember where a coordinator is, and as whom to ask it.")),
        use_(arguments.Subcommand("use", "Choose the context in use.")),
        list_(arguments.Subcommand("ls", "List the contexts.")),
        remove_(arguments.Subcommand("rm", "Forget a context.")) {
    arguments.RequireSubcommand();
    list_.Alias("list");
    remove_.Alias("remove");
    remove_.Alias("delete");
    add_.Positional("NAME", &context_.name, "The name of the context.");
    for (Arguments* command : {&use_, &remove_}) {
      command->Positional("CONTEXT", &context_.name,
                          "The name of the context.");
    }
    add_.Option("--coordinator", &context_.coordinator, "HOST:PORT",
                "Where the coordinator is.", Arguments::Need::kRequired);
    add_.Option("--ca", &context_.ca, "FILE",
                "The authorities that its certificate must come from.");
    add_.Option("--cert", &context_.cert, "FILE", "Your certificate.");
    add_.Option("--key", &context_.key, "FILE", "The certificate's key.");
    add_.Option("--token-file", &context_.token_file, "FILE",
                "A file with your token, instead of a certificate.");
    add_.Example(
        "ksoctl context add lab --coordinator lab.example:7070 --ca ca.crt",
        "Remember a coordinator by a name.");
    add_.Example(
        "ksoctl context add ci --coordinator lab:7070 --ca ca.crt --token-file "
        "t",
        "The same, as somebody: with a token, or with --cert and --key.");
    use_.Example("ksoctl context use lab", "Talk to that one from now on.");
    list_.Example("ksoctl context ls", "Which there are, and the one in use.");
    remove_.Example("ksoctl context rm lab", "Files that it names stay.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const std::filesystem::path file,
                         ContextStore::DefaultFile());
    const ContextStore store(file);
    KSO_RETURN_IF_ERROR(Change(store));
    KSO_ASSIGN_OR_RETURN(const ContextList list, store.Read());
    context.PrintJsonOr(Json(list), Text(list));
    return ExitStatus::kDone;
  }

 private:
  absl::Status Change(const ContextStore& store) {
    if (add_.Chosen()) {
      for (std::string* path : {&context_.ca, &context_.cert, &context_.key,
                                &context_.token_file}) {
        KSO_RETURN_IF_ERROR(MakeAbsolute(*path));
      }
      KSO_RETURN_IF_ERROR(CheckAddress(context_.coordinator));
      return store.Add(context_);
    }
    if (use_.Chosen()) return store.Use(context_.name);
    if (remove_.Chosen()) return store.Remove(context_.name);
    return absl::OkStatus();
  }

  // A context is used in any directory. A file that is not there is a slip.
  static absl::Status MakeAbsolute(std::string& path) {
    if (path.empty()) return absl::OkStatus();
    std::error_code error;
    const std::filesystem::path absolute =
        std::filesystem::absolute(path, error);
    if (error || !std::filesystem::exists(absolute, error)) {
      return absl::NotFoundError(absl::StrCat(path, ": there is no such file"));
    }
    path = absolute.lexically_normal().string();
    return absl::OkStatus();
  }

  static std::string Text(const ContextList& list) {
    if (list.contexts.empty()) {
      return "There are no contexts. Add one with `ksoctl context add NAME "
             "--coordinator HOST:PORT --ca FILE`.\n";
    }
    std::vector<std::vector<std::string>> rows = {
        {"", "NAME", "COORDINATOR", "IDENTITY"}};
    for (const NamedContext& one : list.contexts) {
      rows.push_back({one.name == list.current ? "*" : "", one.name,
                      Printable(one.coordinator), Printable(Identity(one))});
    }
    return FormatTable(rows);
  }

  static std::string Identity(const NamedContext& context) {
    if (!context.cert.empty()) return context.cert;
    return context.token_file.empty() ? "none" : context.token_file;
  }

  static nlohmann::ordered_json Json(const ContextList& list) {
    nlohmann::ordered_json json;
    json["current"] = list.current;
    json["contexts"] = nlohmann::ordered_json::array();
    for (const NamedContext& one : list.contexts) {
      json["contexts"].push_back({{"name", one.name},
                                  {"coordinator", one.coordinator},
                                  {"ca", one.ca},
                                  {"cert", one.cert},
                                  {"key", one.key},
                                  {"tokenFile", one.token_file}});
    }
    return json;
  }

  Arguments add_;
  Arguments use_;
  Arguments list_;
  Arguments remove_;
  NamedContext context_;
};

}  // namespace

std::unique_ptr<Command> CreateContext(Arguments arguments) {
  return std::make_unique<ContextCommand>(arguments);
}

}  // namespace kso::cli
