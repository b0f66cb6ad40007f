// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "absl/time/time.h"
#include "cli/commands/access/access_commands.h"
#include "cli/duration_option.h"
#include "cli/render/access_text.h"
#include "common/base/proto_time.h"
#include "common/base/status_macros.h"

namespace kso::cli {
namespace {

class Audit : public Command {
 public:
  explicit Audit(Arguments arguments) {
    arguments.Option("--since", &since_, "DURATION",
                     "Only what is not older, such as 24h. Default: all that "
                     "is kept.");
    arguments.Range("--limit", &limit_, 1, 10'000, "N",
                    "The newest so many. Default: 1000.");
    arguments.Example("ksoctl audit --since 24h",
                      "What was done since yesterday.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    v1::ListAuditRequest request;
    request.set_limit(limit_);
    if (!since_.empty()) {
      KSO_ASSIGN_OR_RETURN(const absl::Duration age,
                           ParseDurationOption("--since", since_));
      *request.mutable_since() = ToProto(context.clock->Now() - age);
    }
    KSO_ASSIGN_OR_RETURN(const v1::ListAuditResponse audit,
                         context.coordinator->ListAudit(request));
    context.Print(audit, AuditText(audit));
    return ExitStatus::kDone;
  }

 private:
  std::string since_;
  int limit_ = 1000;
};

}  // namespace

std::unique_ptr<Command> CreateAudit(Arguments arguments) {
  return std::make_unique<Audit>(arguments);
}

}  // namespace kso::cli
