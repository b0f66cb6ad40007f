// SPDX-License-Identifier: Apache-2.0
#include "cli/render/progress.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/json_output.h"
#include "cli/render/build_text.h"
#include "cli/render/phase_lines.h"
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
  // and are the same reasons when only the numbers differ.
  void SayWaiting(const v1::Build& build) {
    std::set<std::string> waiting;
    for (const std::string& reason : build.waiting()) {
      std::string key;
      for (const char c : reason) {
        if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) key += c;
      }
      if (waiting_.count(key) == 0) {
        out_ << "waiting: " << Printable(reason) << "\n";
      }
      waiting.insert(std::move(key));
    }
    waiting_ = std::move(waiting);
  }

  std::ostream& out_;
  std::set<std::string> waiting_;
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
  TerminalProgress(std::ostream* out, std::function<int()> width)
      : out_(*out), width_(std::move(width)) {}

  void Update(const v1::WatchBuildResponse& response) override {
    Clear();
    for (const v1::Event& event : response.events()) {
      if (event.level() > v1::Event::INFO) out_ << EventLine(event);
    }
    const v1::Build& build = response.build();
    lines_ = PhaseLines(build);
    lines_.push_back(
        absl::StrCat("fetched ", FormatBytes(build.bytes_fetched()),
                     ", pushed ", FormatBytes(build.bytes_pushed())));
    for (const std::string& reason : build.waiting()) {
      lines_.push_back(absl::StrCat("waiting: ", Printable(reason)));
    }
    Draw();
  }

  void Notice(const std::string& text) override {
    Clear();
    out_ << Printable(text) << "\n";
    Draw();
  }

 private:
  // Takes the block off the screen (ECMA-48: cursor up, erase to the end).
  void Clear() {
    if (drawn_ > 0) out_ << "\x1b[" << drawn_ << "A\x1b[J";
    drawn_ = 0;
  }

  void Draw() {
    // A line that wraps would be counted as one and not be taken off.
    const size_t columns = static_cast<size_t>(std::max(width_(), 20)) - 1;
    for (const std::string& line : lines_) {
      out_ << line.substr(0, columns) << "\n";
    }
    drawn_ = lines_.size();
    out_.flush();
  }

  std::ostream& out_;
  const std::function<int()> width_;
  std::vector<std::string> lines_;
  size_t drawn_ = 0;
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

std::unique_ptr<ProgressView> CreateTerminalProgress(
    std::ostream* out, std::function<int()> width) {
  return std::make_unique<TerminalProgress>(out, std::move(width));
}

}  // namespace kso::cli
