// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_FINDINGS_H_
#define KSO_TESTS_FAULT_FINDINGS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/strings.h"
#include "tests/fault/event_loop.h"

namespace kso::testing {

// The log of a history, and the invariants that it broke.
class Findings {
 public:
  explicit Findings(const EventLoop* loop, bool keep_story)
      : loop_(*loop), keep_story_(keep_story) {}

  // Adds a line to the story. All lines count for fingerprint().
  void Tell(std::string_view line) {
    const int64_t time = absl::ToUnixMillis(loop_.now());
    for (const char c : line) Mix(static_cast<unsigned char>(c));
    Mix(static_cast<uint64_t>(time));
    if (!keep_story_) return;
    story_.push_back(
        absl::StrCat((time - 1'700'000'000'000) / 1000.0, " ", ToAbsl(line)));
  }

  // Reports a broken invariant.
  void Broken(std::string_view what) {
    Tell(Concat("BROKEN: ", what));
    broken_.emplace_back(what);
  }

  const std::vector<std::string>& broken() const { return broken_; }
  const std::vector<std::string>& story() const { return story_; }
  // A hash of the story: equal for two histories only if they went the same
  // way.
  uint64_t fingerprint() const { return fingerprint_; }

 private:
  void Mix(uint64_t value) {
    fingerprint_ = (fingerprint_ ^ value) * 0x100000001b3;
  }

  const EventLoop& loop_;
  const bool keep_story_;
  std::vector<std::string> story_;
  std::vector<std::string> broken_;
  uint64_t fingerprint_ = 0xcbf29ce484222325;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_FINDINGS_H_
