// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/commands/access/access_commands.h"
#include "cli/duration_option.h"
#include "cli/render/access_text.h"
#include "cli/render/text.h"
#include "common/access/role.h"
#include "common/base/proto_time.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

constexpr char kNever[] = "never";

class Tokens : public Command {
 public:
  explicit Tokens(Arguments arguments)
      : create_(arguments.Subcommand(
            "create", "Make a token; it is shown once, and never again.")),
        list_(arguments.Subcommand("ls", "List the tokens.")),
        revoke_(arguments.Subcommand("revoke", "Make a token useless.")) {
    arguments.RequireSubcommand();
    create_.Positional("NAME", &name_,
                       "Who acts with it; a worker's token has its name.");
    create_.Repeated("--role", &roles_, "ROLE",
                     "What it is for: view, submit (implies view), work, or "
                     "admin (implies all); again for another.");
    create_.Option("--expires", &expires_, "DURATION",
                   "How long it is good for, such as 12h or 720h, or 'never'. "
                   "Default: 720h.");
    create_.Example("ksoctl tokens create ci --role submit --expires 24h",
                    "A token for a pipeline.");
    list_.Alias("list");
    list_.Example("ksoctl tokens ls",
                  "Which tokens there are, and which are of use.");
    revoke_.Example("ksoctl tokens revoke 3", "A token that was lost.");
    revoke_.Positional("ID", &id_, "The id that `ksoctl tokens ls` shows.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    if (create_.Chosen()) return Create(context);
    if (revoke_.Chosen()) {
      KSO_ASSIGN_OR_RETURN(const v1::TokenInfo info,
                           context.coordinator->RevokeToken(id_));
      context.Print(info, absl::StrCat("The token '", Printable(info.name()),
                                       "' is of no use any more.\n"));
      return ExitStatus::kDone;
    }
    KSO_ASSIGN_OR_RETURN(const v1::ListTokensResponse tokens,
                         context.coordinator->ListTokens());
    context.Print(tokens, TokensText(tokens, context.clock->Now()));
    return ExitStatus::kDone;
  }

 private:
  absl::StatusOr<ExitStatus> Create(Context& context) {
    v1::CreateTokenRequest request;
    request.set_name(name_);
    if (roles_.empty()) {
      return absl::InvalidArgumentError(
          "say what the token is for with --role: view, submit, work or "
          "admin");
    }
    for (const std::string& role : roles_) {
      KSO_RETURN_IF_ERROR(access::ParseRole(role).status());
      request.add_roles(role);
    }
    if (expires_ != kNever) {
      const absl::StatusOr<absl::Duration> life =
          ParseDurationOption("--expires", expires_);
      if (!life.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat(life.status().message(), ", or 'never'"));
      }
      if (*life == absl::ZeroDuration()) {
        return absl::InvalidArgumentError(absl::StrCat(
            "--expires ", expires_,
            ": such a token is of no use; give it some time, or 'never'"));
      }
      *request.mutable_expires_in() = ToProto(*life);
    }
    KSO_ASSIGN_OR_RETURN(const v1::CreateTokenResponse made,
                         context.coordinator->CreateToken(request));
    // The token alone, so that a script can take it as it is.
    context.Print(made, absl::StrCat(Printable(made.token()), "\n"));
    if (!context.quiet && !context.json) {
      *context.console.err
          << "This is the only time that it is shown. Keep it in a file that "
             "only you can read,\nfor --token-file, or as the secret KSO_TOKEN "
             "of a pipeline. Its id is "
          << Printable(made.info().id()) << ".\n";
    }
    return ExitStatus::kDone;
  }

  Arguments create_;
  Arguments list_;
  Arguments revoke_;
  std::string name_;
  std::vector<std::string> roles_;
  std::string expires_ = "720h";
  std::string id_;
};

}  // namespace

std::unique_ptr<Command> CreateTokens(Arguments arguments) {
  return std::make_unique<Tokens>(arguments);
}

}  // namespace kso::cli
