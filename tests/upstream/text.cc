// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/text.h"

#include <array>
#include <string_view>

#include "tests/upstream/random.h"

namespace kso::upstream {

std::string MakeText(uint64_t seed, size_t size) {
  constexpr size_t kWordsInLine = 12;
  constexpr std::array<std::string_view, 8> kSyllables = {
      "ku", "ber", "ne", "tes", "po", "da", "ser", "vi"};
  Random random(seed);
  std::string text;
  text.reserve(size + 32);
  for (size_t word = 1; text.size() < size; ++word) {
    uint64_t bits = random.Next();
    for (uint64_t left = 1 + bits % 3; left > 0; --left) {
      bits >>= 3;
      text += kSyllables[bits % kSyllables.size()];
    }
    text += word % kWordsInLine == 0 ? '\n' : ' ';
  }
  text.resize(size);
  return text;
}

}  // namespace kso::upstream
