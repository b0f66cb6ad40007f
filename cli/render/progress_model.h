// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RENDER_PROGRESS_MODEL_H_
#define KSO_CLI_RENDER_PROGRESS_MODEL_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {

// How fast a count of bytes grew of late.
class RateMeter {
 public:
  // Takes a count in, as it was at a time. An earlier time than the last, and
  // the same one again, are no news.
  void Add(absl::Time time, int64_t bytes);

  // Bytes a second over the last measurements; nothing where there is only one.
  std::optional<double> PerSecond() const;

 private:
  // The measurements of the last while, the oldest first.
  std::deque<std::pair<absl::Time, int64_t>> samples_;
};

// A host that tasks exchange bytes with.
struct HostRate {
  std::string host;
  int tasks = 0;
  // Bytes a second of all of them.
  double per_second = 0;
};

// A build that is watched, with what follows from how it was before. A plain
// value: it knows no clock and no terminal.
class ProgressModel {
 public:
  // The build as it is at `now`.
  void Update(const v1::Build& build, absl::Time now);

  const v1::Build& build() const { return build_; }

  // Bytes a second that an active task of the build moves, in both directions.
  // Nothing where its worker has not reported yet.
  std::optional<double> RateOf(const v1::ActiveTask& task) const;
  // The bytes a second that are through in the phase that the build is in.
  std::optional<double> PhaseRate() const;
  // How long the phase will go on that the build is in, at this rate, else as
  // the plan has it. Nothing where nobody can tell.
  std::optional<absl::Duration> TimeLeft() const;
  // The host that gives or takes the fewest bytes a second for each task that
  // uses it.
  std::optional<HostRate> SlowestHost() const;

 private:
  v1::Build build_;
  // By the ids of tasks.
  std::map<std::string, RateMeter> tasks_;
  v1::Phase measured_ = v1::PHASE_UNSPECIFIED;
  RateMeter phase_;
};

// The progress of the phase that the build is in; null before the first.
const v1::PhaseProgress* CurrentPhase(const v1::Build& build);

}  // namespace kso::cli

#endif  // KSO_CLI_RENDER_PROGRESS_MODEL_H_
