// SPDX-License-Identifier: Apache-2.0
// The record of an export, FILE.sha256.

#include "cli/carry/export_record.h"
#include "common/base/sizes.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  const auto record = cli::ParseExportRecord(input.Rest());
  fuzz::RequireSaid(record.status(), "a refusal has a reason");
  if (!record.ok()) return 0;
  for (const auto& [digest, bytes] : record->blobs) {
    fuzz::Require(bytes >= 0 && bytes <= kLargestContent, "a size has bounds");
  }
  for (const auto& [name, digest] : record->files) {
    fuzz::Require(!name.empty() && name != "." && name != ".." &&
                      name.find('/') == std::string::npos,
                  "a file's name is no path");
  }
  cli::ImageNames(record->images);
  const std::string written = cli::FormatExportRecord(*record);
  const auto again = cli::ParseExportRecord(written);
  fuzz::Require(again.ok() && cli::FormatExportRecord(*again) == written,
                "a record can be read again");
  return 0;
}
