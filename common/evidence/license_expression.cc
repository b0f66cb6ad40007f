// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/license_expression.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/base/strings.h"

namespace kso::evidence {
namespace {

// Identifiers of the SPDX License List.
constexpr std::string_view kLicenses[] = {
    "0BSD",
    "AFL-3.0",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "Apache-1.1",
    "Apache-2.0",
    "Artistic-1.0-Perl",
    "Artistic-2.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-2-Clause-Patent",
    "BSD-3-Clause",
    "BSD-3-Clause-Clear",
    "BSD-4-Clause",
    "BSL-1.0",
    "BUSL-1.1",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "CDDL-1.0",
    "CDDL-1.1",
    "CECILL-2.1",
    "CPL-1.0",
    "ECL-2.0",
    "EPL-1.0",
    "EPL-2.0",
    "EUPL-1.1",
    "EUPL-1.2",
    "Elastic-2.0",
    "FTL",
    "GFDL-1.3-only",
    "GFDL-1.3-or-later",
    "GPL-1.0-only",
    "GPL-1.0-or-later",
    "GPL-2.0",
    "GPL-2.0+",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0",
    "GPL-3.0+",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "HPND",
    "ICU",
    "IJG",
    "ISC",
    "LGPL-2.0-only",
    "LGPL-2.0-or-later",
    "LGPL-2.1",
    "LGPL-2.1+",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0",
    "LGPL-3.0+",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "Libpng",
    "MIT",
    "MIT-0",
    "MPL-1.1",
    "MPL-2.0",
    "MS-PL",
    "MulanPSL-2.0",
    "NCSA",
    "OFL-1.1",
    "OLDAP-2.8",
    "OpenSSL",
    "PHP-3.01",
    "PSF-2.0",
    "PostgreSQL",
    "Python-2.0",
    "Ruby",
    "SSPL-1.0",
    "Sleepycat",
    "UPL-1.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Vim",
    "W3C",
    "WTFPL",
    "X11",
    "ZPL-2.1",
    "Zlib",
    "bzip2-1.0.6",
    "curl",
    "libtiff",
    "zlib-acknowledgement",
};

// Identifiers of its exceptions, which follow WITH.
constexpr std::string_view kExceptions[] = {
    "Autoconf-exception-2.0",
    "Autoconf-exception-3.0",
    "Bison-exception-2.2",
    "Classpath-exception-2.0",
    "GCC-exception-2.0",
    "GCC-exception-3.1",
    "GPL-CC-1.0",
    "LLVM-exception",
    "Linux-syscall-note",
    "OpenJDK-assembly-exception-1.0",
    "Swift-exception",
    "Universal-FOSS-exception-1.0",
};

// Expressions are some words long; a longer one is none.
constexpr size_t kMostTokens = 256;

// Identifiers are compared without case (Annex D.1).
template <size_t N>
std::string_view FindIn(const std::string_view (&list)[N],
                        std::string_view word) {
  const auto found =
      std::find_if(std::begin(list), std::end(list), [&](std::string_view id) {
        return absl::EqualsIgnoreCase(ToAbsl(id), ToAbsl(word));
      });
  return found == std::end(list) ? std::string_view() : *found;
}

// Parentheses, and what blanks divide.
std::vector<std::string_view> Tokens(std::string_view text) {
  std::vector<std::string_view> tokens;
  for (size_t at = 0; at < text.size();) {
    if (absl::ascii_isspace(static_cast<unsigned char>(text[at]))) {
      ++at;
      continue;
    }
    const size_t end =
        text[at] == '(' || text[at] == ')'
            ? at + 1
            : std::min(text.find_first_of(" \t\r\n()", at), text.size());
    tokens.push_back(text.substr(at, end - at));
    at = end;
  }
  return tokens;
}

// A recursive descent over the tokens, which notes them as they are written.
class Parser {
 public:
  explicit Parser(std::vector<std::string_view> tokens)
      : tokens_(std::move(tokens)) {}

  std::optional<std::string> Parse() {
    if (tokens_.empty() || tokens_.size() > kMostTokens || !Expression() ||
        at_ != tokens_.size()) {
      return std::nullopt;
    }
    return written_;
  }

 private:
  bool Take(std::string_view token) {
    if (at_ == tokens_.size() || tokens_[at_] != token) return false;
    ++at_;
    return true;
  }

  // Operands with AND and OR between them; AND binds closer, which the text
  // keeps.
  bool Expression() {
    if (!Operand()) return false;
    for (;;) {
      if (Take("AND")) {
        written_ += " AND ";
      } else if (Take("OR")) {
        written_ += " OR ";
      } else {
        return true;
      }
      if (!Operand()) return false;
    }
  }

  bool Operand() {
    if (!Take("(")) return License();
    written_ += "(";
    if (!Expression() || !Take(")")) return false;
    written_ += ")";
    return true;
  }

  bool License() {
    if (at_ == tokens_.size()) return false;
    std::string_view word = tokens_[at_++];
    std::string_view id = FindIn(kLicenses, word);
    const bool or_later = id.empty() && word.ends_with('+');
    if (or_later) id = FindIn(kLicenses, word.substr(0, word.size() - 1));
    if (id.empty()) return false;
    written_ += Concat(id, or_later ? "+" : "");
    if (!Take("WITH")) return true;
    if (at_ == tokens_.size()) return false;
    const std::string_view exception = FindIn(kExceptions, tokens_[at_++]);
    if (exception.empty()) return false;
    written_ += Concat(" WITH ", exception);
    return true;
  }

  const std::vector<std::string_view> tokens_;
  size_t at_ = 0;
  std::string written_;
};

}  // namespace

std::optional<std::string> LicenseExpression(std::string_view text) {
  return Parser(Tokens(text)).Parse();
}

}  // namespace kso::evidence
