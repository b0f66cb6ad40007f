// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/jinja_blocks.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/strings.h"

namespace kso::cli {
namespace {

// Takes a word off the front of a tag's inside.
std::string_view TakeWord(std::string_view& text) {
  const size_t begin = text.find_first_not_of(" \t");
  text.remove_prefix(begin == std::string_view::npos ? text.size() : begin);
  size_t end = text.find_first_of(" \t(");
  if (end == std::string_view::npos) end = text.size();
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

bool IsNameCharacter(char c) { return absl::ascii_isalnum(c) || c == '_'; }

// Returns whether a name stands somewhere in the text, not as a part of a
// longer one.
bool HasWord(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !IsNameCharacter(text[at - 1])) &&
        (end == text.size() || !IsNameCharacter(text[end]))) {
      return true;
    }
  }
  return false;
}

std::string Trimmed(std::string_view text) {
  return std::string(absl::StripAsciiWhitespace(ToAbsl(text)));
}

std::string Negated(const std::string& condition) {
  return absl::StrCat("not (", condition, ")");
}

}  // namespace

void JinjaBlocks::Feed(std::string_view line) {
  size_t at = 0;
  while (at < line.size()) {
    if (in_comment_) {
      const size_t end = line.find("#}", at);
      if (end == std::string_view::npos) return;
      in_comment_ = false;
      at = end + 2;
      continue;
    }
    if (open_tag_.has_value()) {
      const size_t end = line.find("%}", at);
      absl::StrAppend(&*open_tag_, ToAbsl(line.substr(at, end - at)), " ");
      if (end == std::string_view::npos) return;
      TakeTag(*std::exchange(open_tag_, std::nullopt));
      at = end + 2;
      continue;
    }
    const size_t open = line.find('{', at);
    if (open == std::string_view::npos || open + 1 >= line.size()) return;
    in_comment_ = line[open + 1] == '#';
    if (line[open + 1] == '%') open_tag_.emplace();
    at = open + (in_comment_ || open_tag_.has_value() ? 2 : 1);
  }
}

void JinjaBlocks::TakeTag(std::string_view tag) {
  std::string inside = Trimmed(tag);
  while (!inside.empty() && (inside.front() == '-' || inside.front() == '+')) {
    inside.erase(0, 1);
  }
  while (!inside.empty() && (inside.back() == '-' || inside.back() == '+')) {
    inside.pop_back();
  }
  std::string_view rest = inside;
  const std::string_view word = TakeWord(rest);
  const std::string argument = Trimmed(rest);
  if (word == "if") {
    blocks_.push_back({true, {argument}, argument});
  } else if (word == "for" || word == "macro" || word == "call" ||
             word == "filter" || word == "block") {
    blocks_.push_back({});
  } else if ((word == "elif" || word == "else") && !blocks_.empty() &&
             blocks_.back().is_if) {
    Block& block = blocks_.back();
    if (!block.conditions.empty()) block.conditions.pop_back();
    block.conditions.push_back(Negated(block.own));
    block.own = argument;
    if (word == "elif") block.conditions.push_back(argument);
    // A last element that the next branch may drop.
    if (word == "else") block.conditions.push_back("true");
  } else if (word.starts_with("end") && word != "endset") {
    if (!blocks_.empty()) blocks_.pop_back();
  } else if (word == "set" && argument.find('=') != std::string::npos) {
    std::string_view assignment = argument;
    const std::string name(TakeWord(assignment));
    sets_.push_back({name, absl::StrCat("{% set ", argument, " %}")});
  }
}

std::string JinjaBlocks::SetsFor(std::string_view text) const {
  std::string tags;
  for (auto set = sets_.rbegin(); set != sets_.rend(); ++set) {
    if (HasWord(text, set->name) || HasWord(tags, set->name)) {
      tags = set->tag + tags;
    }
  }
  return tags;
}

std::vector<std::string> JinjaBlocks::Conditions() const {
  std::vector<std::string> conditions;
  for (const Block& block : blocks_) {
    for (const std::string& condition : block.conditions) {
      if (condition != "true") conditions.push_back(condition);
    }
  }
  return conditions;
}

}  // namespace kso::cli
