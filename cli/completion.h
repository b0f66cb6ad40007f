// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMPLETION_H_
#define KSO_CLI_COMPLETION_H_

#include <string>
#include <vector>

#include "cli/command_shape.h"

namespace kso::cli {

// A proposal that a shell may put in place of the word at the cursor.
struct Completion {
  struct Candidate {
    std::string word;
    std::string meaning;
  };
  // Names that ksoctl does not know by itself.
  enum class Names {
    kFiles,
    kDirectories,
    kBuilds,
    kWorkers,
    kReleases,
    kContexts,
  };

  std::vector<Candidate> candidates;
  // More candidates are names of one of these kinds.
  std::vector<Names> names;
};

// Completes the last of `words`, which may be empty; those before it are whole.
// The program's own name is none of them.
Completion CompleteWords(const CommandShape& program,
                         const std::vector<std::string>& words);

}  // namespace kso::cli

#endif  // KSO_CLI_COMPLETION_H_
