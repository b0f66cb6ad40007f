// SPDX-License-Identifier: Apache-2.0
// Lists of files, of checksums and of images, line by line.

#include <string>

#include "absl/strings/str_cat.h"
#include "common/files/text_file.h"
#include "common/oci/reference.h"
#include "common/release/check_images.h"
#include "common/release/served_path.h"
#include "common/release_file/list_lines.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  const std::string content(input.Rest());
  int last = 0;
  for (const TextLine& line : LinesOf(content)) {
    fuzz::Require(line.number > last && !line.text.empty(),
                  "lines ascend and say something");
    last = line.number;
    for (const auto& parsed : {release_file::ParseFileLine(line.text),
                               release_file::ParseChecksumLine(line.text)}) {
      fuzz::RequireSaid(parsed.status(), "a refusal has a reason");
      if (!parsed.ok()) continue;
      if (const auto path = release::ServedPath(parsed->url); path.ok()) {
        fuzz::Require(
            !path->empty() && path->front() != '/' &&
                absl::StrCat("/", *path, "/").find("/../") == std::string::npos,
            "a file is served below its host");
      }
    }
    const auto image = release_file::ParseImageLine(line.text);
    if (!image.ok() || release::CheckReference(*image)) continue;
    const auto reference = oci::Reference::Parse(*image);
    fuzz::Require(reference.ok() && reference->ToString() == *image,
                  "an image line is normalized");
  }
  return 0;
}
