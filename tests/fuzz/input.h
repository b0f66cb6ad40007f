// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FUZZ_INPUT_H_
#define KSO_TESTS_FUZZ_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>

namespace kso::fuzz {

// The bytes of a fuzzer, read as decisions. Where they have ended, every
// decision is the first one: zero, false, empty. A value; not thread safe.
class Input {
 public:
  Input(const uint8_t* data, size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }

  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  // A number below `count`, which is at most 256.
  size_t Below(size_t count) { return Byte() % count; }
  // True for one byte in `of`, and not where the input has ended.
  bool OneIn(int of) { return Byte() % of == 1 % of && !rest_.empty(); }
  template <typename List>
  auto& Pick(List& list) {
    return list[Below(std::size(list))];
  }

  // The numbers that hosts and attackers send: small ones, powers of two and
  // the ends of what an int64 holds.
  int64_t Number() {
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
    constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
    const uint8_t kind = Byte();
    switch (kind % 8) {
      case 0:
        return Byte();
      case 1:
        return kMost - Byte();
      case 2:
        return kLeast + Byte();
      case 3:
        return -int64_t{Byte()};
      case 4:
        return int64_t{1} << (Byte() % 63);
      case 5:
        return (int64_t{1} << 40) + Byte() - 128;
      default:
        return (int64_t{Byte()} << 16) + (int64_t{Byte()} << 8) + Byte();
    }
  }

  // Up to `most` bytes, whatever they are.
  std::string_view Bytes(size_t most) {
    const size_t wanted = Byte() * (size_t{most} / 255 + 1);
    const std::string_view taken =
        rest_.substr(0, std::min({wanted, most, rest_.size()}));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  // The bytes before the next zero, without it.
  std::string_view Line() {
    const std::string_view line = rest_.substr(0, rest_.find('\0'));
    rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
    return line;
  }
  std::string_view Rest() {
    const std::string_view rest = rest_;
    rest_ = {};
    return rest;
  }

 private:
  std::string_view rest_;
};

}  // namespace kso::fuzz

#endif  // KSO_TESTS_FUZZ_INPUT_H_
