// SPDX-License-Identifier: Apache-2.0
// Any JSON: what the one parser takes can be copied, printed and read again.

#include "absl/status/statusor.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  const std::string_view text = input.Rest();
  const absl::StatusOr<Json> parsed = ParseJson(text);
  const auto ordered = ParseOrderedJson(text);
  fuzz::Require(parsed.ok() == ordered.ok(), "both readers take the same");
  if (!parsed.ok()) {
    fuzz::RequireShown(
        {parsed.status().message().data(), parsed.status().message().size()},
        "the reason can be shown");
    fuzz::RequireSaid(parsed.status(), "a refusal has a reason");
    return 0;
  }
  const Json copy = *parsed;
  const std::string printed = copy.dump();
  fuzz::Require(IsUtf8(printed), "what is printed is UTF-8");
  const absl::StatusOr<Json> again = ParseJson(printed);
  fuzz::Require(again.ok() && *again == *parsed, "it can be read again");
  fuzz::Require(ParseJson(ordered->dump()).ok(),
                "it can be read again in order");
  for (const char* key : {"token", "errors", "platform", "size"}) {
    if (FieldOf(copy, key).ok()) StringOf(copy, key);
  }
  return 0;
}
