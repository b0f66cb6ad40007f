// SPDX-License-Identifier: Apache-2.0
// A release.yaml, with lists beside it.

#include "common/release/check_release.h"
#include "common/release_file/release_on_disk.h"
#include "common/text/printable_text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/scratch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  static fuzz::Scratch& scratch = *new fuzz::Scratch;
  fuzz::Input input(data, size);
  const auto file = scratch.Write("release.yaml", input.Line());
  scratch.Write("files.list", input.Line());
  scratch.Write("files.sha256", input.Line());
  scratch.Write("images.list", input.Line());
  const auto release = release_file::ReadRelease(file);
  fuzz::RequireSaid(release.status(), "a refusal has a reason");
  if (!release.ok()) {
    fuzz::Require(IsUtf8({release.status().message().data(),
                          release.status().message().size()}),
                  "a refusal can be shown");
    return 0;
  }
  fuzz::Require(release::CheckRelease(*release).empty(),
                "what is read can be built");
  std::string bytes;
  fuzz::Require(release->SerializeToString(&bytes) &&
                    v1::Release().ParseFromString(bytes),
                "a release can be sent");
  return 0;
}
