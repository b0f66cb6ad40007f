// SPDX-License-Identifier: Apache-2.0
// An OCI archive of one file: its tar, its index.json and its blobs.

#include "cli/carry/image_archive.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/scratch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  static fuzz::Scratch& scratch = *new fuzz::Scratch;
  fuzz::Input input(data, size);
  const auto file = scratch.Write("archive.tar", input.Rest());
  const auto archive = cli::ImageArchive::Open({file});
  fuzz::RequireSaid(archive.status(), "a refusal has a reason");
  if (!archive.ok()) return 0;
  for (const auto& image : (*archive)->images()) {
    const auto digest = Digest::Parse(image.descriptor.digest());
    fuzz::Require(digest.ok(), "a digest is checked");
    const auto document = (*archive)->ReadDocument(*digest);
    fuzz::Require(!document.ok() || Sha256Of(*document) == *digest ||
                      digest->algorithm() == Digest::Algorithm::kSha512,
                  "a document is that of its digest");
  }
  return 0;
}
