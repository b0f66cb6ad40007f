// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/outcome/follow.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "cli/render/text.h"
#include "common/run/cancellation.h"
#include "common/run/retry.h"

namespace kso::cli {
namespace {

constexpr BackoffOptions kPauses = {.first = absl::Milliseconds(250),
                                    .longest = absl::Seconds(5)};

// Counts the time without the coordinator: one notice, then pauses until it is
// too long.
class Outage {
 public:
  Outage(Clock* clock, ProgressView& view, absl::Duration patience)
      : clock_(clock), view_(view), patience_(patience) {}

  // Waits before the next try. False when patience is over.
  bool Pause(const absl::Status& status) {
    const absl::Time now = clock_->Now();
    if (!since_.has_value()) {
      since_ = now;
      backoff_.emplace(kPauses);
      view_.Notice(absl::StrCat("The coordinator does not answer (",
                                status.message(), "); trying for ",
                                FormatElapsed(patience_), "."));
    }
    if (now - *since_ >= patience_) return false;
    SleepFor(clock_, backoff_->Next());
    return true;
  }

  void Over() {
    if (!since_.has_value()) return;
    view_.Notice("The coordinator is back.");
    since_.reset();
  }

 private:
  Clock* const clock_;
  ProgressView& view_;
  const absl::Duration patience_;
  std::optional<absl::Time> since_;
  std::optional<Backoff> backoff_;
};

}  // namespace

bool IsConnectionLoss(const absl::Status& status) {
  // A server that is stopped cancels its parked calls.
  return IsUnreachable(status) || absl::IsCancelled(status);
}

absl::StatusOr<v1::Build> FollowBuild(CoordinatorClient& coordinator,
                                      std::string build, Clock* clock,
                                      ProgressView& view,
                                      FollowOptions options) {
  Outage outage(clock, view, options.patience);
  int64_t seen = options.after_sequence;
  int64_t revision = 0;
  bool reached = options.reached;
  while (true) {
    const auto response =
        coordinator.WatchBuild(build, seen, revision, options.wait);
    if (!response.ok()) {
      if (reached && IsConnectionLoss(response.status()) &&
          outage.Pause(response.status())) {
        continue;
      }
      return response.status();
    }
    reached = true;
    outage.Over();
    // A release's name means its newest build. This goes on watching the build
    // that the name meant first.
    build = response->build().build_id();
    revision = response->revision();
    view.Update(*response);
    for (const v1::Event& event : response->events()) {
      seen = std::max(seen, event.sequence());
    }
    const bool has_all =
        response->events().empty() || seen >= response->build().last_sequence();
    if (response->build().state() != v1::Build::RUNNING && has_all) {
      view.End();
      return response->build();
    }
  }
}

}  // namespace kso::cli
