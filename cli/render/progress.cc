// SPDX-License-Identifier: Apache-2.0
#include "cli/render/progress.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "cli/json_output.h"
#include "cli/render/build_text.h"
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
    for (const size_t length : drawn_) {
      rows += std::max<size_t>((length + columns - 1) / columns, 1);
    }
    if (rows > 0) out_ << "\x1b[" << rows << "A\r\x1b[J";
    drawn_.clear();
  }

  void Draw() {
    if (shown_) {
      for (const TintedLine& line : ProgressLines(
               model_, options_.size(), clock_.Now(), options_.zone)) {
        out_ << InColor(line.text, line.tint) << "\n";
        drawn_.push_back(line.text.size());
      }
    }
    out_.flush();
  }

  std::ostream& out_;
  const Clock& clock_;
  const TerminalOptions options_;
  ProgressModel model_;
  bool shown_ = false;
  // The lengths of the lines on the screen.
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

}  // namespace kso::cli
