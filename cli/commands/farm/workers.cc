// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/commands/farm/farm_commands.h"
#include "cli/commands/farm/matching_workers.h"
#include "cli/duration_option.h"
#include "cli/render/text.h"
#include "cli/render/workers_text.h"
#include "common/base/proto_time.h"
#include "common/base/status_macros.h"
#include "common/text/text.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

class Workers : public Command {
 public:
  explicit Workers(Arguments arguments)
      : drain_(arguments.Subcommand(
            "drain",
            "Let workers finish what they hold, and give them nothing more.")),
        undrain_(arguments.Subcommand(
            "undrain", "Give workers work again that were drained.")),
        distrust_(arguments.Subcommand(
            "distrust",
            "Give a worker nothing more, and forget all that it made.")),
        trust_(arguments.Subcommand(
            "trust", "Give a worker work again that was not trusted.")),
        invite_(arguments.Subcommand(
            "invite", "Print a one-time token with which a worker joins.")) {
    Arguments list = arguments.Subcommand(
        "ls", "List the workers, as `ksoctl workers` alone does.");
    list.Alias("list");
    list.Example("ksoctl workers ls", "Who is there, and what they do.");
    constexpr char kName[] = "The worker's name, as `ksoctl workers` shows it.";
    for (Arguments* subcommand : {&distrust_, &trust_}) {
      subcommand->Positional("WORKER", &name_, kName);
    }
    invite_.Positional("WORKER", &name_, "The --name of the new worker.");
    invite_.Option("--expires", &expires_, "DURATION",
                   "How long the token is good for, at most 168h. Default: "
                   "1h.");
    invite_.Example("ksoctl workers invite build-3 --expires 2h",
                    "For kso-worker --name build-3 --ca ca.crt "
                    "--join-token-file build-3.token.");
    for (Arguments* subcommand : {&drain_, &undrain_}) {
      subcommand->Positionals(
          "WORKER...", &patterns_,
          "Workers' names; '*' stands for any run of characters.");
    }
    drain_.Alias("cordon");
    undrain_.Alias("uncordon");
    distrust_.Option("--reason", &reason_, "TEXT",
                     "Why, for those who see it in `ksoctl workers`.");
    arguments.Example("ksoctl workers", "Who is there, and what they do.");
    drain_.Example("ksoctl workers drain build-2", "Before it is rebooted.");
    drain_.Example("ksoctl workers drain 'arm-*' build-7",
                   "All of a kind, and one more.");
    undrain_.Example("ksoctl workers undrain '*'", "Everybody works again.");
    trust_.Example("ksoctl workers trust build-2", "It was set up anew.");
    distrust_.Example("ksoctl workers distrust build-2",
                      "Its machine was broken into.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    if (drain_.Chosen() || undrain_.Chosen()) return Order(context);
    if (distrust_.Chosen()) return Distrust(context);
    if (invite_.Chosen()) return Invite(context);
    if (trust_.Chosen()) {
      KSO_RETURN_IF_ERROR(context.coordinator->TrustWorker(name_));
      context.Print(
          v1::TrustWorkerResponse(),
          absl::StrCat("Worker ", Printable(name_), " is given work again.\n"));
      return ExitStatus::kDone;
    }
    KSO_ASSIGN_OR_RETURN(const v1::ListWorkersResponse workers,
                         context.coordinator->ListWorkers());
    context.Print(workers, WorkersText(workers, context.clock->Now()));
    return ExitStatus::kDone;
  }

 private:
  // The token alone is on stdout, so that it can go to a file.
  absl::StatusOr<ExitStatus> Invite(Context& context) {
    v1::InviteWorkerRequest request;
    request.set_name(name_);
    if (!expires_.empty()) {
      KSO_ASSIGN_OR_RETURN(const absl::Duration life,
                           ParseDurationOption("--expires", expires_));
      *request.mutable_expires_in() = ToProto(life);
    }
    KSO_ASSIGN_OR_RETURN(const v1::InviteWorkerResponse made,
                         context.coordinator->InviteWorker(request));
    context.Print(made, absl::StrCat(Printable(made.token()), "\n"));
    if (!context.json && !context.quiet) {
      *context.console.err
          << "Good for one worker, until "
          << absl::FormatTime(absl::RFC3339_sec, FromProto(made.expires()),
                              absl::UTCTimeZone())
          << ". Put it into a file that only the worker's user may read, and "
             "start\n  kso-worker --coordinator "
          << context.address << " --name " << Printable(made.name())
          << " --ca ca.crt --join-token-file FILE --cache-dir DIR\n"
          << std::flush;
    }
    return ExitStatus::kDone;
  }

  // Has the workers drain that the patterns match, or work again.
  absl::StatusOr<ExitStatus> Order(Context& context) {
    KSO_ASSIGN_OR_RETURN(const v1::ListWorkersResponse workers,
                         context.coordinator->ListWorkers());
    KSO_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         MatchingWorkers(workers, patterns_));
    nlohmann::ordered_json json;
    json["draining"] = drain_.Chosen();
    json["workers"] = names;
    std::string text;
    for (const std::string& name : names) {
      KSO_RETURN_IF_ERROR(drain_.Chosen()
                              ? context.coordinator->DrainWorker(name)
                              : context.coordinator->UndrainWorker(name));
      absl::StrAppend(
          &text, "Worker ", Printable(name),
          drain_.Chosen()
              ? " finishes what it holds and is given nothing more, "
                "until it is started again.\n"
              : " is given work again.\n");
    }
    context.PrintJsonOr(json, text);
    return ExitStatus::kDone;
  }

  absl::StatusOr<ExitStatus> Distrust(Context& context) {
    KSO_ASSIGN_OR_RETURN(const v1::DistrustWorkerResponse done,
                         context.coordinator->DistrustWorker(name_, reason_));
    std::string text = absl::StrCat(
        "Worker ", Printable(name_), " is given nothing more, and ",
        Count(done.forgotten(), "result"), " of it are forgotten.\n");
    if (done.failed_builds() > 0) {
      absl::StrAppend(&text, Count(done.failed_builds(), "build"),
                      " had taken work of it and failed; `ksoctl retry` has "
                      "that done again by other workers.\n");
    }
    context.Print(done, text);
    return ExitStatus::kDone;
  }

  Arguments drain_;
  Arguments undrain_;
  Arguments distrust_;
  Arguments trust_;
  Arguments invite_;
  std::string name_;
  std::string reason_;
  std::string expires_;
  std::vector<std::string> patterns_;
};

}  // namespace

std::unique_ptr<Command> CreateWorkers(Arguments arguments) {
  return std::make_unique<Workers>(arguments);
}

}  // namespace kso::cli
