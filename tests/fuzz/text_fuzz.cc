// SPDX-License-Identifier: Apache-2.0
// Text from outside: what is shown of it is always bounded, printable UTF-8.

#include <algorithm>
#include <optional>
#include <string>

#include "common/bytes/digest.h"
#include "common/text/percent_coding.h"
#include "common/text/printable_text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  const size_t most = input.Byte();
  const std::string_view text = input.Rest();
  for (const size_t bound : {most, kLongestText}) {
    for (const std::string& shown :
         {PrintableText(text, bound), PrintableLines(text, bound)}) {
      fuzz::Require(IsUtf8(shown), "what is shown is UTF-8");
      fuzz::Require(shown.size() <= std::max<size_t>(bound, 3),
                    "what is shown is bounded");
      const bool printable =
          std::none_of(shown.begin(), shown.end(), [](unsigned char c) {
            return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
          });
      fuzz::Require(printable, "nothing acts on a terminal");
    }
  }
  const std::string whole = PrintableText(text);
  fuzz::Require(PrintableText(whole) == whole, "shown text stays as it is");
  fuzz::Require(PercentDecode(PercentEncode(text)) == text,
                "percent-coding loses nothing");
  fuzz::Require(PercentDecode(PercentEncodePath(text)) == text,
                "percent-coding of a path loses nothing");
  if (const auto digest = Digest::Parse(text); digest.ok()) {
    fuzz::Require(digest->ToString() == text, "a digest is what was read");
  }
  return 0;
}
