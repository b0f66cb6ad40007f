// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_TAR_H_
#define KSO_TESTS_UPSTREAM_TAR_H_

#include <string>
#include <string_view>

namespace kso::upstream {

// Writes a ustar archive in memory. Every entry belongs to root and carries one
// fixed time, so the same calls make the same bytes.
class TarWriter {
 public:
  // Names are at most 100 bytes and do not start with a slash.
  void AddDirectory(std::string_view name);
  void AddFile(std::string_view name, std::string_view content, int mode);
  void AddSymlink(std::string_view name, std::string_view target);

  // Ends the archive and hands it over; the writer is spent.
  std::string Finish() &&;

 private:
  void AddHeader(std::string_view name, char type, int mode, size_t size,
                 std::string_view link_target);

  std::string archive_;
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_TAR_H_
