// SPDX-License-Identifier: Apache-2.0
#include "cli/render/progress.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "cli/json_output.h"
#include "cli/render/build_text.h"
#include "cli/render/plan_text.h"
#include "cli/render/progress_lines.h"
#include "cli/render/progress_model.h"
#include "cli/render/text.h"

namespace kso::cli {
namespace {

class PlainProgress : public ProgressView {
 public:
  explicit PlainProgress(std::ostream* out) : out_(*out) {}

  void Update(const v1::WatchBuildResponse& response) override {
    for (const v1::Event& event : response.events()) out_ << EventLine(event);
    if (response.events().empty()) SayWaiting(response.build());
    out_.flush();
  }

  void Notice(const std::string& text) override {
    out_ << Printable(text) << std::endl;
  }

 private:
  // Reasons to wait are no news while tasks run. They count seconds and tasks,
  // and are the same reasons when only the numbers differ. One that comes and
  // goes, as that of a host that is tried again and again, is said once in each
  // phase.
  void SayWaiting(const v1::Build& build) {
    if (build.phase() != phase_) said_.clear();
    phase_ = build.phase();
    for (const std::string& reason : build.waiting()) {
      std::string key;
      for (const char c : reason) {
        const bool of_number =
            absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '.';
        if (!of_number) key += c;
      }
      if (said_.insert(std::move(key)).second) {
        out_ << "waiting: " << Printable(reason) << "\n";
      }
    }
  }

  std::ostream& out_;
  v1::Phase phase_ = v1::PHASE_UNSPECIFIED;
  // The reasons, without their numbers.
  std::set<std::string> said_;
};

class NoProgress : public ProgressView {
 public:
  void Update(const v1::WatchBuildResponse&) override {}
  void Notice(const std::string&) override {}
};

class JsonProgress : public ProgressView {
 public:
  explicit JsonProgress(std::ostream* out) : out_(*out) {}

  void Update(const v1::WatchBuildResponse& response) override {
    for (const v1::Event& event : response.events()) out_ << JsonLines(event);
    out_.flush();
  }

  void Notice(const std::string& text) override {
    out_ << JsonNotice(text) << std::flush;
  }

 private:
  std::ostream& out_;
};

class PlanProgress : public ProgressView {
 public:
  explicit PlanProgress(std::unique_ptr<ProgressView> view)
      : view_(std::move(view)) {}

  void Update(const v1::WatchBuildResponse& response) override {
    if (!response.build().plan_only()) {
      view_->Update(response);
      return;
    }
    build_ = response.build();
    v1::WatchBuildResponse shown = response;
    shown.clear_events();
    for (const v1::Event& event : response.events()) {
      if (ComesWithPlan(event)) {
        *held_.add_events() = event;
      } else {
        *shown.add_events() = event;
      }
    }
    view_->Update(shown);
  }

  void Notice(const std::string& text) override { view_->Notice(text); }

  void End() override {
    v1::WatchBuildResponse left;
    *left.mutable_build() = build_;
    const bool is_told = build_.state() == v1::Build::SUCCEEDED;
    for (const v1::Event& event : held_.events()) {
      if (is_told && PlanTextHas(build_, event)) continue;
      *left.add_events() = event;
    }
    if (!left.events().empty()) view_->Update(left);
    view_->End();
  }

 private:
  // Hosts are asked before, which takes long: warnings of that are of use at
  // once.
  bool ComesWithPlan(const v1::Event& event) const {
    return event.level() == v1::Event::WARNING &&
           (build_.state() != v1::Build::RUNNING ||
            build_.phase() == v1::CHECK);
  }

  const std::unique_ptr<ProgressView> view_;
  v1::Build build_;
  v1::WatchBuildResponse held_;
};

class TerminalProgress : public ProgressView {
 public:
  TerminalProgress(std::ostream* out, const Clock* clock,
                   TerminalOptions options)
      : out_(*out), clock_(*clock), options_(std::move(options)) {}

  void Update(const v1::WatchBuildResponse& response) override {
    Clear();
    for (const v1::Event& event : response.events()) {
      if (event.level() <= v1::Event::INFO) continue;
      const Tint tint =
          event.level() == v1::Event::ERROR ? Tint::kBad : Tint::kWarning;
      std::string line = EventLine(event);
      line.pop_back();
      out_ << InColor(line, tint) << "\n";
    }
    model_.Update(response.build(), clock_.Now());
    shown_ = true;
    Draw();
  }

  void Notice(const std::string& text) override {
    Clear();
    out_ << Printable(text) << "\n";
    Draw();
  }

  void End() override {
    Clear();
    shown_ = false;
    out_.flush();
  }

 private:
  std::string InColor(absl::string_view text, Tint tint) const {
    return options_.color ? Tinted(text, tint) : std::string(text);
  }

  // Takes the block off the screen (ECMA-48: cursor up, erase to the end).
  // Where the terminal was made narrower since, it has wrapped the lines.
  void Clear() {
    const size_t columns =
        static_cast<size_t>(std::max(options_.size().columns, 1));
    size_t rows = 0;
    for (const size_t used : drawn_) {
      rows += std::max<size_t>((used + columns - 1) / columns, 1);
    }
    if (rows > 0) out_ << "\x1b[" << rows << "A\r\x1b[J";
    drawn_.clear();
  }

  void Draw() {
    if (shown_) {
      for (const TintedLine& line : ProgressLines(
               model_, options_.size(), clock_.Now(), options_.zone)) {
        out_ << InColor(line.text, line.tint) << "\n";
        drawn_.push_back(ColumnsOf(line.text));
      }
    }
    out_.flush();
  }

  std::ostream& out_;
  const Clock& clock_;
  const TerminalOptions options_;
  ProgressModel model_;
  bool shown_ = false;
  // The columns of the lines on the screen.
  std::vector<size_t> drawn_;
};

}  // namespace

std::unique_ptr<ProgressView> CreatePlainProgress(std::ostream* out) {
  return std::make_unique<PlainProgress>(out);
}

std::unique_ptr<ProgressView> CreateNoProgress() {
  return std::make_unique<NoProgress>();
}

std::unique_ptr<ProgressView> CreateJsonProgress(std::ostream* out) {
  return std::make_unique<JsonProgress>(out);
}

std::unique_ptr<ProgressView> CreateTerminalProgress(std::ostream* out,
                                                     const Clock* clock,
                                                     TerminalOptions options) {
  return std::make_unique<TerminalProgress>(out, clock, std::move(options));
}

std::unique_ptr<ProgressView> CreatePlanProgress(
    std::unique_ptr<ProgressView> view) {
  return std::make_unique<PlanProgress>(std::move(view));
}

}  // namespace kso::cli
