// SPDX-License-Identifier: Apache-2.0
#include "common/release/named_architecture.h"

#include "absl/strings/ascii.h"
#include "common/base/strings.h"

namespace kso::release {
namespace {

struct Word {
  std::string_view text;
  const char* architecture;
};

constexpr Word kWords[] = {
    {"amd64", "amd64"},     {"x86_64", "amd64"},    {"x86-64", "amd64"},
    {"x64", "amd64"},       {"arm64", "arm64"},     {"aarch64", "arm64"},
    {"arm64v8", "arm64"},   {"arm", "arm"},         {"armhf", "arm"},
    {"armv6", "arm"},       {"armv7", "arm"},       {"armv7l", "arm"},
    {"arm32v6", "arm"},     {"arm32v7", "arm"},     {"i386", "386"},
    {"i686", "386"},        {"ppc64le", "ppc64le"}, {"s390x", "s390x"},
    {"riscv64", "riscv64"},
};

bool IsWordAt(std::string_view text, size_t begin, size_t end) {
  const auto is_border = [&text](size_t i) {
    return i >= text.size() ||
           !absl::ascii_isalnum(static_cast<unsigned char>(text[i]));
  };
  return is_border(end) && (begin == 0 || is_border(begin - 1));
}

}  // namespace

std::map<std::string, std::string> NamedArchitectures(std::string_view text) {
  const std::string lower = absl::AsciiStrToLower(ToAbsl(text));
  std::map<std::string, std::string> named;
  for (const Word& word : kWords) {
    for (size_t at = lower.find(word.text); at != std::string::npos;
         at = lower.find(word.text, at + 1)) {
      if (!IsWordAt(lower, at, at + word.text.size())) continue;
      named.try_emplace(word.architecture, text.substr(at, word.text.size()));
    }
  }
  return named;
}

}  // namespace kso::release
