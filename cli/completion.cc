// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace kso::cli {
namespace {

using Names = Completion::Names;

// A word that stands for a value in the help, and what completes the value.
struct Kind {
  const char* word;
  std::vector<Names> names;
};

const std::vector<Kind>& Kinds() {
  static const auto* const kKinds = new std::vector<Kind>{
      {"FILE", {Names::kFiles}},
      {"ARCHIVE", {Names::kFiles}},
      {"LISTS", {Names::kFiles}},
      {"INVENTORY", {Names::kFiles}},
      {"PROGRAM", {Names::kFiles}},
      {"PATH", {Names::kFiles}},
      {"DIR", {Names::kDirectories}},
      {"DIRECTORY", {Names::kDirectories}},
      {"BUILD", {Names::kBuilds}},
      // Another build, or a file that tells of one.
      {"OTHER", {Names::kBuilds, Names::kFiles}},
      {"WORKER", {Names::kWorkers}},
      {"RELEASE", {Names::kReleases}},
      {"CONTEXT", {Names::kContexts}},
  };
  return *kKinds;
}

// Words in capital letters stand for values; others are values.
bool IsChoice(absl::string_view word) {
  return std::none_of(word.begin(), word.end(),
                      [](unsigned char c) { return absl::ascii_isupper(c); });
}

// A command line up to the word at the cursor.
class Place {
 public:
  explicit Place(const CommandShape& program)
      : program_(program), command_(&program) {}

  // Takes a whole word in.
  void Pass(const std::string& word) {
    if (value_of_ != nullptr) {
      value_of_ = nullptr;
    } else if (absl::StartsWith(word, "-")) {
      const OptionShape* const option = FindOption(word);
      if (option != nullptr && !option->meta.empty()) value_of_ = option;
    } else if (const CommandShape* const child = FindChild(word)) {
      command_ = child;
    } else {
      ++positionals_;
    }
  }

  Completion Complete(const std::string& word) const {
    Completion completion;
    if (value_of_ != nullptr) {
      AddValues(value_of_->meta, completion);
    } else if (absl::StartsWith(word, "-")) {
      AddFlags(*command_, completion);
      if (command_ != &program_) AddFlags(program_, completion);
      completion.candidates.push_back({"--help", "Say what this does."});
    } else {
      if (positionals_ == 0) AddCommands(completion);
      AddPositional(completion);
    }
    std::erase_if(completion.candidates, [&word](const auto& candidate) {
      return !absl::StartsWith(candidate.word, word);
    });
    return completion;
  }

 private:
  const OptionShape* FindOption(const std::string& name) const {
    for (const CommandShape* command : {command_, &program_}) {
      for (const OptionShape& option : command->options) {
        if (std::find(option.names.begin(), option.names.end(), name) !=
            option.names.end()) {
          return &option;
        }
      }
    }
    return nullptr;
  }

  const CommandShape* FindChild(const std::string& word) const {
    if (positionals_ > 0) return nullptr;
    for (const CommandShape& child : command_->commands) {
      if (child.name == word ||
          std::find(child.aliases.begin(), child.aliases.end(), word) !=
              child.aliases.end()) {
        return &child;
      }
    }
    return nullptr;
  }

  static void AddFlags(const CommandShape& command, Completion& completion) {
    for (const OptionShape& option : command.options) {
      // The last name is the long one.
      completion.candidates.push_back({option.names.back(), option.help});
    }
  }

  void AddCommands(Completion& completion) const {
    for (const CommandShape& child : command_->commands) {
      if (child.hidden) continue;
      completion.candidates.push_back({child.name, child.help});
    }
  }

  void AddPositional(Completion& completion) const {
    const std::vector<PositionalShape>& all = command_->positionals;
    if (all.empty()) return;
    if (positionals_ < all.size()) {
      AddValues(all[positionals_].meta, completion);
    } else if (all.back().repeated) {
      AddValues(all.back().meta, completion);
    }
  }

  // `meta` is such a word, or several of which one holds: "text|json",
  // "REF|ARCHIVE|DIR...".
  static void AddValues(absl::string_view meta, Completion& completion) {
    for (absl::string_view word : absl::StrSplit(meta, '|')) {
      word = word.substr(0, word.find_first_of(". ["));
      if (absl::StrContains(meta, '|') && IsChoice(word)) {
        completion.candidates.push_back({std::string(word), ""});
        continue;
      }
      for (const Kind& kind : Kinds()) {
        if (word != kind.word) continue;
        completion.names.insert(completion.names.end(), kind.names.begin(),
                                kind.names.end());
      }
    }
  }

  const CommandShape& program_;
  const CommandShape* command_;
  // The option whose value the next word is.
  const OptionShape* value_of_ = nullptr;
  size_t positionals_ = 0;
};

}  // namespace

Completion CompleteWords(const CommandShape& program,
                         const std::vector<std::string>& words) {
  if (words.empty()) return Place(program).Complete("");
  Place place(program);
  for (size_t i = 0; i + 1 < words.size(); ++i) place.Pass(words[i]);
  return place.Complete(words.back());
}

}  // namespace kso::cli
