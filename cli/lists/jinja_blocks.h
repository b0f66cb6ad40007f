// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_JINJA_BLOCKS_H_
#define KSO_CLI_LISTS_JINJA_BLOCKS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kso::cli {

// Follows the control tags of a Jinja template line by line, as far as it takes
// to tell under which conditions a line is part of the result. Not thread safe.
class JinjaBlocks {
 public:
  // Takes the next line. Tags of the line count for the lines after it, except
  // that a tag that is closed in the same line has no effect.
  void Feed(std::string_view line);

  // The conditions under which the next line is part of the result, as Jinja
  // expressions.
  std::vector<std::string> Conditions() const;

  // Those of the {% set %} tags so far that `text` needs, one behind the other.
  // A tag that it does not need might be one that cannot be rendered.
  std::string SetsFor(std::string_view text) const;

  // Inside a {# comment #}.
  bool in_comment() const { return in_comment_; }

 private:
  struct Block {
    bool is_if = false;
    // The condition that has to hold in this branch.
    std::vector<std::string> conditions;
    // The condition of the branch itself, which later branches negate.
    std::string own;
  };

  struct Set {
    std::string name;
    // The whole tag.
    std::string tag;
  };

  void TakeTag(std::string_view tag);

  std::vector<Block> blocks_;
  std::vector<Set> sets_;
  // A tag that goes on in the next line.
  std::optional<std::string> open_tag_;
  bool in_comment_ = false;
};

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_JINJA_BLOCKS_H_
