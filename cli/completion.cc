// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace kso::cli {
namespace {

// The word that stands for a value in the help says what completes it.
Completion::Names NamesOf(absl::string_view meta) {
  using Names = Completion::Names;
  const absl::string_view word = meta.substr(0, meta.find_first_of(". "));
  if (word == "FILE") return Names::kFiles;
  if (word == "DIR") return Names::kDirectories;
  if (word == "BUILD") return Names::kBuilds;
  if (word == "WORKER") return Names::kWorkers;
  if (word == "RELEASE") return Names::kReleases;
  return Names::kNone;
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

  static void AddValues(absl::string_view meta, Completion& completion) {
    if (absl::StrContains(meta, "|")) {
      for (const absl::string_view choice : absl::StrSplit(meta, '|')) {
        completion.candidates.push_back({std::string(choice), ""});
      }
      return;
    }
    completion.names = NamesOf(meta);
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
