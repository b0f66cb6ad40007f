// SPDX-License-Identifier: Apache-2.0
// Files from upstream, in which programs are looked for: whatever they unfold
// to, the search ends, and what it tells can be shown.

#include <memory>
#include <string_view>

#include "common/bytes/byte_stream.h"
#include "common/content/find_programs.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  constexpr content::SearchLimits kLimits = {
      .most_depth = 3, .most_files = 1000, .bytes = 256 << 10, .expansion = 10};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::unique_ptr<ByteSource> file = SourceOfString(bytes);
  const auto found = content::FindPrograms(*file, static_cast<int64_t>(size),
                                           /*stop=*/{}, kLimits);
  fuzz::Require(found.ok(), "what is wrong with a file is no error");
  std::string_view before;
  for (const v1::FoundPrograms& programs : found->programs()) {
    fuzz::Require(before < programs.architecture(), "they are sorted");
    before = programs.architecture();
    fuzz::Require(programs.count() > 0 && programs.executables() >= 0 &&
                      programs.executables() <= programs.count(),
                  "numbers are possible");
    fuzz::RequireShown(programs.example(), "a path can be shown");
  }
  fuzz::RequireShown(found->not_looked_at(), "a reason can be shown");
  return 0;
}
