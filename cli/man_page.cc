// SPDX-License-Identifier: Apache-2.0
#include "cli/man_page.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cli/help_text.h"

namespace kso::cli {
namespace {

// Text as roff takes it for nothing else: a backslash begins an escape, a
// hyphen may become another character, and a dot or quote at the beginning of a
// line is a request.
std::string Escaped(absl::string_view text) {
  std::string escaped =
      absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}});
  if (absl::StartsWith(escaped, ".") || absl::StartsWith(escaped, "'")) {
    escaped.insert(0, "\\&");
  }
  return escaped;
}

std::string Lines(absl::string_view text) {
  std::string lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    absl::StrAppend(&lines, Escaped(line), "\n");
  }
  return lines;
}

std::string Heading(absl::string_view title) {
  return absl::StrCat(".SH ", absl::AsciiStrToUpper(title), "\n");
}

// Terms, each with its meaning.
std::string Term(absl::string_view term, absl::string_view meaning) {
  return absl::StrCat(".TP\n.B ", Escaped(term), "\n", Escaped(meaning), "\n");
}

std::string Options(absl::string_view title, const CommandShape& command) {
  if (command.options.empty()) return "";
  std::string text = Heading(title);
  for (const OptionShape& option : command.options) {
    text += Term(TermOf(option), option.help);
  }
  return text;
}

std::string Arguments(const CommandShape& command) {
  if (command.positionals.empty()) return "";
  std::string text = Heading("arguments");
  for (const PositionalShape& positional : command.positionals) {
    text += Term(positional.meta, positional.help);
  }
  return text;
}

std::string Examples(const std::vector<Example>& examples) {
  if (examples.empty()) return "";
  std::string text = Heading("examples");
  for (const Example& example : examples) {
    absl::StrAppend(&text, ".PP\n", Escaped(example.meaning),
                    "\n.PP\n.RS 4\n.nf\n", Escaped(example.command),
                    "\n.fi\n.RE\n");
  }
  return text;
}

// The commands of the program, which have pages of their own.
std::string Commands(const CommandShape& program) {
  std::string text = Heading("commands");
  for (const CommandShape& command : program.commands) {
    if (command.hidden) continue;
    text += Term(absl::StrCat("ksoctl-", command.name, "(1)"), command.help);
  }
  return text;
}

// The subcommands of a command, which stand on its page.
std::string Subcommands(const CommandPath& parent) {
  std::string text;
  for (const CommandShape& child : parent.back()->commands) {
    if (child.hidden) continue;
    CommandPath path = parent;
    path.push_back(&child);
    absl::StrAppend(&text, ".SH ", absl::AsciiStrToUpper(child.name), "\n",
                    ".B ", Escaped(UsageOf(path)), "\n.PP\n",
                    Escaped(child.help), "\n");
    for (const PositionalShape& positional : child.positionals) {
      text += Term(positional.meta, positional.help);
    }
    for (const OptionShape& option : child.options) {
      text += Term(TermOf(option), option.help);
    }
    for (const Example& example : child.examples) {
      absl::StrAppend(&text, ".PP\n", Escaped(example.meaning),
                      "\n.PP\n.RS 4\n.nf\n", Escaped(example.command),
                      "\n.fi\n.RE\n");
    }
    text += Subcommands(path);
  }
  return text;
}

std::string Page(const CommandPath& path, absl::string_view version) {
  const CommandShape& command = *path.back();
  const std::string title =
      absl::StrJoin(path, "-", [](std::string* out, const CommandShape* part) {
        out->append(part->name);
      });
  std::string text = absl::StrCat(
      ".TH ", absl::AsciiStrToUpper(title), " 1 \"\" \"kso ", version,
      "\" \"ksoctl manual\"\n", Heading("name"), Escaped(title), " \\- ",
      Escaped(absl::StrReplaceAll(command.help, {{"\n", " "}})), "\n",
      Heading("synopsis"), ".B ", Escaped(UsageOf(path)), "\n",
      Heading("description"), Lines(command.help));
  if (!command.aliases.empty()) {
    absl::StrAppend(&text, ".PP\nAlso: ",
                    Escaped(absl::StrJoin(command.aliases, ", ")), "\n");
  }
  return text;
}

}  // namespace

std::vector<ManPage> ManPages(const CommandShape& program,
                              absl::string_view footer,
                              absl::string_view version) {
  std::vector<ManPage> pages;
  pages.push_back(
      {"ksoctl.1",
       absl::StrCat(Page({&program}, version), Commands(program),
                    Options("options", program), Heading("notes"), ".nf\n",
                    Lines(absl::StripAsciiWhitespace(footer)), ".fi\n")});
  for (const CommandShape& command : program.commands) {
    if (command.hidden) continue;
    const CommandPath path = {&program, &command};
    pages.push_back({absl::StrCat("ksoctl-", command.name, ".1"),
                     absl::StrCat(Page(path, version), Arguments(command),
                                  Options("options", command),
                                  Subcommands(path), Examples(command.examples),
                                  Options("options of every command", program),
                                  Heading("see also"), ".BR ksoctl (1)\n")});
  }
  return pages;
}

}  // namespace kso::cli
