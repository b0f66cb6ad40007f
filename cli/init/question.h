// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_INIT_QUESTION_H_
#define KSO_CLI_INIT_QUESTION_H_

#include <istream>
#include <ostream>
#include <string>

namespace kso::cli {

// Asks a person for a line, and shows what an empty one means. Returns
// `by_default` for that, and where there is nobody any more.
inline std::string AskFor(const std::string& what,
                          const std::string& by_default, std::istream& in,
                          std::ostream& out) {
  out << what;
  if (!by_default.empty()) out << " [" << by_default << "]";
  out << ": " << std::flush;
  std::string answer;
  if (!std::getline(in, answer)) out << "\n";
  const size_t begin = answer.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return by_default;
  return answer.substr(begin, answer.find_last_not_of(" \t\r") - begin + 1);
}

}  // namespace kso::cli

#endif  // KSO_CLI_INIT_QUESTION_H_
