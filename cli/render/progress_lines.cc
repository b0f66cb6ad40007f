// SPDX-License-Identifier: Apache-2.0
#include "cli/render/progress_lines.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/render/build_text.h"
#include "cli/render/text.h"
#include "common/base/proto_time.h"

namespace kso::cli {
namespace {

// Below so many columns there is no room for bars.
constexpr int kColumnsForBars = 60;
constexpr int kBarColumns = 20;
constexpr int kFewestBarColumns = 8;
constexpr int kTaskBarColumns = 8;
constexpr size_t kFewestColumns = 20;
// The bar, bytes, rate and time of a task.
constexpr size_t kFactsColumns = 47;
// Lines that the block has beside those of workers: room for the reasons to
// wait is kept, so that workers do not push them out.
constexpr size_t kMostWaiting = 4;

std::string Pad(std::string text, size_t width) {
  const size_t used = ColumnsOf(text);
  if (used < width) text.append(width - used, ' ');
  return text;
}

// "[=====>    ]", of `columns` between the brackets.
std::string Bar(double fraction, int columns) {
  const double part = std::clamp(fraction, 0.0, 1.0);
  const int full = static_cast<int>(std::floor(part * columns));
  std::string bar(full, '=');
  if (full < columns) {
    bar += full > 0 || part > 0 ? '>' : ' ';
    bar.append(columns - full - 1, ' ');
  }
  return absl::StrCat("[", bar, "]");
}

std::string RateText(double per_second) {
  return absl::StrCat(FormatBytes(static_cast<int64_t>(per_second)), "/s");
}

// "1.2/3.4 GiB" where both have one unit, else "812 KiB/3.4 GiB".
std::string OfBytes(int64_t done, int64_t total) {
  const std::string left = FormatBytes(done);
  const std::string right = FormatBytes(total);
  const size_t space = left.find(' ');
  if (space != left.npos && right.find(' ') != right.npos &&
      left.substr(space) == right.substr(right.find(' '))) {
    return absl::StrCat(left.substr(0, space), "/", right);
  }
  return absl::StrCat(left, "/", right);
}

// By bytes where they are known: tasks are of very different sizes.
double FractionOf(const v1::PhaseProgress& phase) {
  if (phase.bytes_total() > 0 && phase.done() < phase.total()) {
    return static_cast<double>(phase.bytes_done()) /
           static_cast<double>(phase.bytes_total());
  }
  if (phase.total() == 0) return 0;
  return static_cast<double>(phase.done()) / phase.total();
}

// "2 running, 1 failed".
std::string StatesOf(const v1::PhaseProgress& phase) {
  std::string text;
  if (phase.running() > 0) text = absl::StrCat(phase.running(), " running");
  if (phase.failed() > 0) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", phase.failed(), " failed");
  }
  return text;
}

// Without a bar where `bar_columns` is 0.
TintedLine PhaseLine(const v1::PhaseProgress& phase, bool passed, bool here,
                     int bar_columns) {
  std::string text = Pad(PhaseName(phase.phase()), 9);
  if (phase.total() == 0) {
    absl::StrAppend(&text, passed ? "done" : here ? "running" : "-");
    return {text, passed ? Tint::kGood : here ? Tint::kPlain : Tint::kFaint};
  }
  const bool done = phase.done() == phase.total();
  if (bar_columns > 0) {
    absl::StrAppend(&text, Bar(FractionOf(phase), bar_columns), " ");
  }
  text += Pad(absl::StrCat(phase.done(), "/", phase.total()), 9);
  if (phase.bytes_total() > 0) {
    absl::StrAppend(&text, " ",
                    Pad(OfBytes(phase.bytes_done(), phase.bytes_total()), 17));
  }
  if (phase.has_took() && (passed || here)) {
    absl::StrAppend(&text, " ", FormatElapsed(FromProto(phase.took())));
  }
  const std::string states = StatesOf(phase);
  if (!states.empty()) absl::StrAppend(&text, " ", states);
  return {text, phase.failed() > 0 ? Tint::kBad
                : done             ? Tint::kGood
                : here             ? Tint::kPlain
                                   : Tint::kFaint};
}

std::vector<TintedLine> PhaseLines(const v1::Build& build, int bar_columns) {
  std::vector<TintedLine> lines;
  // Phases are listed in their order, so those before the build's are done. Of
  // a build that has just been submitted, none is.
  bool passed = build.phase() != v1::PHASE_UNSPECIFIED;
  for (const v1::PhaseProgress& phase : build.progress()) {
    const bool here = phase.phase() == build.phase();
    if (here) passed = false;
    lines.push_back(PhaseLine(phase, passed, here, bar_columns));
  }
  return lines;
}

// The phases with bars, which are as long as the longest line allows: what runs
// and what has failed stands at its end.
std::vector<TintedLine> PhaseBars(const v1::Build& build, size_t columns) {
  std::vector<TintedLine> lines = PhaseLines(build, kBarColumns);
  size_t longest = 0;
  for (const TintedLine& line : lines) {
    longest = std::max(longest, ColumnsOf(line.text));
  }
  if (longest <= columns) return lines;
  const int excess = static_cast<int>(longest - columns);
  return PhaseLines(build, std::max(kBarColumns - excess, kFewestBarColumns));
}

std::string TitleLine(const v1::Build& build, absl::Time now) {
  return absl::StrCat(build.plan_only() ? "Plan " : "Build ",
                      Printable(build.build_id()), " of ",
                      Printable(build.name()), ", ",
                      FormatElapsed(now - FromProto(build.created())));
}

std::string MovedLine(const ProgressModel& model) {
  const v1::Build& build = model.build();
  int64_t fetched = build.bytes_fetched();
  int64_t pushed = build.bytes_pushed();
  double rate = 0;
  bool known = false;
  for (const v1::ActiveTask& task : build.active()) {
    // Bytes that verification reads back from the destination are not fetched.
    if (task.phase() != v1::VERIFY) fetched += task.bytes_fetched();
    pushed += task.bytes_pushed();
    if (const auto of_task = model.RateOf(task)) {
      rate += *of_task;
      known = true;
    }
  }
  return absl::StrCat("fetched ", FormatBytes(fetched), ", pushed ",
                      FormatBytes(pushed),
                      known ? absl::StrCat("; ", RateText(rate)) : "");
}

std::string LeftLine(const ProgressModel& model, absl::Time now,
                     absl::TimeZone zone) {
  const std::optional<absl::Duration> left = model.TimeLeft();
  if (!left.has_value() || *left > absl::Hours(24 * 7)) return "";
  return absl::StrCat(PhaseName(model.build().phase()), " ends in about ",
                      FormatElapsed(absl::Ceil(*left, absl::Seconds(1))),
                      ", at ", absl::FormatTime("%H:%M:%S", now + *left, zone));
}

std::string SlowestLine(const ProgressModel& model) {
  const std::optional<HostRate> host = model.SlowestHost();
  if (!host.has_value()) return "";
  return absl::StrCat("slowest host: ", Printable(host->host), ", ",
                      RateText(host->per_second), " for ",
                      Count(host->tasks, "task"));
}

// The bytes that a task has moved, out of those expected. It moves fetched ones
// a second time, to the destination.
std::string BytesOf(const v1::ActiveTask& task) {
  const int64_t through = std::max(task.bytes_fetched(), task.bytes_pushed());
  if (task.bytes_expected() <= 0) {
    return through > 0 ? FormatBytes(through) : "";
  }
  return OfBytes(std::min(through, task.bytes_expected()),
                 task.bytes_expected());
}

// The columns of a task at the right: its bar, bytes, rate and time.
std::string TaskFacts(const ProgressModel& model, const v1::ActiveTask& task,
                      absl::Time now, bool with_bars) {
  std::string facts;
  const int64_t through = std::max(task.bytes_fetched(), task.bytes_pushed());
  if (with_bars) {
    facts = task.bytes_expected() > 0
                ? Bar(static_cast<double>(through) /
                          static_cast<double>(task.bytes_expected()),
                      kTaskBarColumns)
                : std::string(kTaskBarColumns + 2, ' ');
    facts += ' ';
  }
  facts += Pad(BytesOf(task), with_bars ? 15 : 0);
  const std::optional<double> rate = model.RateOf(task);
  absl::StrAppend(&facts, " ", Pad(rate ? RateText(*rate) : "", 12), " ");
  const int64_t left = task.bytes_expected() - through;
  if (!rate.has_value()) {
    facts += FormatElapsed(now - FromProto(task.started()));
  } else if (*rate >= 1 && left > 0) {
    facts += FormatElapsed(absl::Ceil(
        absl::Seconds(static_cast<double>(left) / *rate), absl::Seconds(1)));
  }
  return with_bars ? Pad(std::move(facts), kFactsColumns) : facts;
}

std::string TaskLine(const ProgressModel& model, const v1::ActiveTask& task,
                     absl::Time now, bool with_bars, size_t columns) {
  const std::string facts = TaskFacts(model, task, now, with_bars);
  const std::string what =
      Printable(task.activity().empty() ? task.name() : task.activity());
  const size_t used = facts.size() + 3;
  const size_t room =
      columns > used + kFewestColumns ? columns - used : kFewestColumns;
  return absl::StrCat("  ", Pad(CutText(what, room), room), " ", facts);
}

// Each worker with the tasks of the build that it holds, by its name.
std::vector<TintedLine> WorkerLines(const ProgressModel& model, absl::Time now,
                                    bool with_bars, size_t columns,
                                    size_t room) {
  std::map<std::string, std::vector<const v1::ActiveTask*>> workers;
  for (const v1::ActiveTask& task : model.build().active()) {
    workers[task.worker()].push_back(&task);
  }
  const size_t all = workers.size() + model.build().active_size();
  const bool with_tasks = all <= room;
  std::vector<TintedLine> lines;
  for (const auto& [name, tasks] : workers) {
    double rate = 0;
    for (const v1::ActiveTask* task : tasks) {
      rate += model.RateOf(*task).value_or(0);
    }
    lines.push_back(
        {absl::StrCat(Printable(name), ": ",
                      Count(static_cast<int64_t>(tasks.size()), "task"),
                      rate >= 1 ? absl::StrCat(", ", RateText(rate)) : "")});
    if (!with_tasks) continue;
    for (const v1::ActiveTask* task : tasks) {
      lines.push_back({TaskLine(model, *task, now, with_bars, columns)});
    }
  }
  if (lines.size() > room) {
    const size_t left_out = lines.size() - room + 1;
    lines.resize(room > 0 ? room - 1 : 0);
    if (room > 0) {
      lines.push_back(
          {absl::StrCat("and ", left_out, " more workers"), Tint::kFaint});
    }
  }
  return lines;
}

std::vector<TintedLine> WaitingLines(const v1::Build& build) {
  std::vector<TintedLine> lines;
  for (const std::string& reason : build.waiting()) {
    if (lines.size() == kMostWaiting) {
      lines.back() = {
          absl::StrCat("waiting: and ", build.waiting_size() - kMostWaiting + 1,
                       " more reasons"),
          Tint::kWarning};
      break;
    }
    lines.push_back(
        {absl::StrCat("waiting: ", Printable(reason)), Tint::kWarning});
  }
  return lines;
}

}  // namespace

std::vector<TintedLine> ProgressLines(const ProgressModel& model,
                                      ScreenSize size, absl::Time now,
                                      absl::TimeZone zone) {
  const v1::Build& build = model.build();
  // The last column stays free: some terminals wrap when it is written.
  const size_t columns =
      std::max<size_t>(std::max(size.columns, 1) - 1, kFewestColumns);
  const bool with_bars = size.columns >= kColumnsForBars;
  std::vector<TintedLine> lines = {{TitleLine(build, now)}};
  for (TintedLine& line :
       with_bars ? PhaseBars(build, columns) : PhaseLines(build, 0)) {
    lines.push_back(std::move(line));
  }
  for (std::string text :
       {MovedLine(model), LeftLine(model, now, zone), SlowestLine(model)}) {
    if (!text.empty()) lines.push_back({std::move(text)});
  }
  std::vector<TintedLine> waiting = WaitingLines(build);
  const size_t rows = static_cast<size_t>(std::max(size.rows - 1, 1));
  const size_t used = lines.size() + waiting.size();
  for (TintedLine& line : WorkerLines(model, now, with_bars, columns,
                                      rows > used ? rows - used : 0)) {
    lines.push_back(std::move(line));
  }
  for (TintedLine& line : waiting) lines.push_back(std::move(line));
  if (lines.size() > rows) lines.resize(rows);
  for (TintedLine& line : lines) {
    line.text = CutText(line.text, columns);
    while (!line.text.empty() && line.text.back() == ' ') line.text.pop_back();
  }
  return lines;
}

}  // namespace kso::cli
