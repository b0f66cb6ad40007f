// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/image_mentions.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cli/lists/jinja_blocks.h"
#include "common/base/strings.h"

namespace kso::cli {
namespace {

// The end of the Jinja tag that begins at `at`, or `at` when none does.
size_t EndOfTag(std::string_view line, size_t at) {
  for (const auto& [open, close] : {std::pair{"{{", "}}"}, {"{%", "%}"}}) {
    if (line.substr(at, 2) != open) continue;
    const size_t end = line.find(close, at + 2);
    return end == std::string_view::npos ? line.size() : end + 2;
  }
  return at;
}

// A word of a line, in which tags of Jinja are one piece, and the text before
// it.
struct Token {
  std::string_view text;
  std::string_view before;
};

// A colon ends a key only before a blank, or at the end.
bool EndsWord(std::string_view line, size_t at) {
  constexpr std::string_view kBlanks = " \t\r";
  constexpr std::string_view kEnds = " \t\r\"'=,";
  if (kEnds.find(line[at]) != std::string_view::npos) return true;
  return line[at] == ':' &&
         (at + 1 == line.size() ||
          kBlanks.find(line[at + 1]) != std::string_view::npos);
}

std::vector<Token> TokensOf(std::string_view line) {
  std::vector<Token> tokens;
  size_t begin = 0;
  size_t at = 0;
  const auto end_token = [&] {
    if (at > begin) {
      tokens.push_back({line.substr(begin, at - begin), line.substr(0, begin)});
    }
  };
  while (at < line.size()) {
    if (const size_t end = EndOfTag(line, at); end > at) {
      at = end;
    } else if (EndsWord(line, at)) {
      end_token();
      begin = ++at;
    } else {
      ++at;
    }
  }
  end_token();
  return tokens;
}

// Returns whether the text before a value ends in a key such as "image:",
// "sandbox_image = \"" or "--solver-image=".
bool EndsInImageKey(std::string_view before) {
  absl::string_view text = absl::StripAsciiWhitespace(ToAbsl(before));
  while (!text.empty() && (text.back() == '"' || text.back() == '\'')) {
    text.remove_suffix(1);
  }
  text = absl::StripTrailingAsciiWhitespace(text);
  if (text.empty() || (text.back() != ':' && text.back() != '=')) return false;
  text = absl::StripTrailingAsciiWhitespace(text.substr(0, text.size() - 1));
  while (!text.empty() && (text.back() == '"' || text.back() == '\'')) {
    text.remove_suffix(1);
  }
  return absl::EndsWith(absl::AsciiStrToLower(text), "image");
}

// Returns whether the value of such a key may be an image's name.
bool MayBeImage(std::string_view text) {
  if (text.find("{{") != std::string_view::npos) return text[0] != '/';
  return text[0] != '/' && text[0] != '.' && text[0] != '|' && text[0] != '>' &&
         text[0] != '{' && text[0] != '[' &&
         text.find_first_of("/:@") != std::string_view::npos;
}

// Returns whether the text has a variable whose name ends in "_repo", and later
// a tag.
bool HasRepositoryAndTag(std::string_view text) {
  for (size_t open = text.find("{{"); open != std::string_view::npos;
       open = text.find("{{", open + 2)) {
    const size_t close = EndOfTag(text, open);
    std::string_view name = text.substr(open + 2, close - open - 4);
    const absl::string_view variable = absl::StripAsciiWhitespace(ToAbsl(name));
    if (absl::EndsWith(variable, "_repo") &&
        text.find(':', close) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

size_t IndentOf(std::string_view line) {
  const size_t indent = line.find_first_not_of(" \t");
  return indent == std::string_view::npos ? line.size() : indent;
}

// The value of `key` in a line "  key: value"; none for another line.
std::optional<std::string> ValueOf(std::string_view line,
                                   std::string_view key) {
  absl::string_view text = absl::StripAsciiWhitespace(ToAbsl(line));
  if (!absl::ConsumePrefix(&text, Concat(key, ":"))) return std::nullopt;
  text = absl::StripAsciiWhitespace(text);
  if (text.size() >= 2 && (text[0] == '"' || text[0] == '\'') &&
      text.back() == text[0]) {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

// The image of a block
//
//   image:
//     repository: R
//     tag: T
//
// whose first line is `lines[at]`.
std::optional<std::string> ImageOfBlock(
    const std::vector<std::string_view>& lines, size_t at) {
  std::optional<std::string> repository;
  std::optional<std::string> tag;
  std::optional<std::string> registry;
  const size_t indent = IndentOf(lines[at]);
  for (size_t i = at + 1; i < lines.size() && IndentOf(lines[i]) > indent;
       ++i) {
    if (!repository) repository = ValueOf(lines[i], "repository");
    if (!registry) registry = ValueOf(lines[i], "registry");
    if (!tag) tag = ValueOf(lines[i], "tag");
  }
  if (!repository || repository->empty() || !tag || tag->empty()) {
    return std::nullopt;
  }
  return absl::StrCat(registry && !registry->empty() ? *registry + "/" : "",
                      *repository, ":", *tag);
}

bool OpensImageBlock(std::string_view line) {
  absl::string_view text = absl::StripAsciiWhitespace(ToAbsl(line));
  absl::ConsumePrefix(&text, "- ");
  return text == "image:";
}

// Without the marks of the text around it.
std::string Cleaned(std::string_view text) {
  constexpr std::string_view kMarks = ";,\\])";
  while (!text.empty() && kMarks.find(text.back()) != std::string_view::npos) {
    text.remove_suffix(1);
  }
  return std::string(text);
}

}  // namespace

std::vector<ImageMention> FindImageMentions(std::string_view content) {
  const std::vector<absl::string_view> split =
      absl::StrSplit(ToAbsl(content), '\n');
  std::vector<std::string_view> lines;
  for (const absl::string_view line : split) lines.push_back(ToStd(line));
  std::vector<ImageMention> mentions;
  JinjaBlocks blocks;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    const auto add = [&](std::string text) {
      mentions.push_back({static_cast<int>(i) + 1,
                          absl::StrCat(blocks.SetsFor(text), text), text,
                          blocks.Conditions()});
    };
    const absl::string_view begin =
        absl::StripLeadingAsciiWhitespace(ToAbsl(line));
    const bool is_comment = blocks.in_comment() ||
                            absl::StartsWith(begin, "#") ||
                            absl::StartsWith(begin, "{#");
    if (!is_comment && OpensImageBlock(line)) {
      if (auto image = ImageOfBlock(lines, i)) add(*std::move(image));
    } else if (!is_comment) {
      for (const Token& token : TokensOf(line)) {
        std::string text = Cleaned(token.text);
        if (text.empty()) continue;
        if (HasRepositoryAndTag(text) ||
            (EndsInImageKey(token.before) && MayBeImage(text))) {
          add(std::move(text));
        }
      }
    }
    blocks.Feed(line);
  }
  return mentions;
}

}  // namespace kso::cli
