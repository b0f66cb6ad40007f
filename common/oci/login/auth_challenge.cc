// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/auth_challenge.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "common/base/strings.h"

namespace kso::oci {
namespace {

// Reads a header from left to right.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : left_(text) {}

  bool done() const { return left_.empty(); }

  void SkipSpacesAndCommas() { Skip(" \t,"); }
  void SkipSpaces() { Skip(" \t"); }

  bool Consume(char c) {
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    return true;
  }

  std::string_view Token() { return Until(" \t,=\""); }

  // Reads a quoted string or a token; nothing when the quotes are not closed.
  std::optional<std::string> Value() {
    if (!Consume('"')) return std::string(Until(" \t,"));
    std::string value;
    while (!left_.empty()) {
      const char c = left_.front();
      left_.remove_prefix(1);
      if (c == '"') return value;
      if (c == '\\' && !left_.empty()) {
        value += left_.front();
        left_.remove_prefix(1);
      } else {
        value += c;
      }
    }
    return std::nullopt;
  }

  void Drop() { left_.remove_prefix(1); }

 private:
  void Skip(std::string_view characters) {
    const size_t next = left_.find_first_not_of(characters);
    left_.remove_prefix(next == std::string_view::npos ? left_.size() : next);
  }

  std::string_view Until(std::string_view characters) {
    const std::string_view token =
        left_.substr(0, left_.find_first_of(characters));
    left_.remove_prefix(token.size());
    return token;
  }

  std::string_view left_;
};

}  // namespace

std::vector<AuthChallenge> ParseAuthChallenges(std::string_view header) {
  std::vector<AuthChallenge> challenges;
  Scanner scanner(header);
  while (true) {
    scanner.SkipSpacesAndCommas();
    if (scanner.done()) return challenges;
    const std::string word = absl::AsciiStrToLower(ToAbsl(scanner.Token()));
    if (word.empty()) {
      scanner.Drop();
      continue;
    }
    scanner.SkipSpaces();
    // A word with "=" behind it is a parameter, any other a scheme.
    if (!scanner.Consume('=')) {
      challenges.push_back({word, {}});
      continue;
    }
    scanner.SkipSpaces();
    std::optional<std::string> value = scanner.Value();
    if (!value) return challenges;
    if (!challenges.empty()) {
      challenges.back().parameters.emplace(word, *std::move(value));
    }
  }
}

}  // namespace kso::oci
