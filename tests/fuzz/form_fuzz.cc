// SPDX-License-Identifier: Apache-2.0
// A release that is sent as a form: a Content-Type, and a body.

#include <string>

#include "common/release/check_release.h"
#include "common/text/printable_text.h"
#include "coordinator/api/release_form.h"
#include "coordinator/http/multipart_form.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  const std::string type(input.Line());
  const std::string body(input.Rest());
  coordinator::IsMultipartForm(type);
  const auto parts = coordinator::ParseMultipartForm(type, body);
  fuzz::RequireSaid(parts.status(), "a refusal has a reason");
  size_t bytes = 0;
  if (parts.ok()) {
    fuzz::Require(parts->size() <= coordinator::kMostFormParts,
                  "parts are bounded");
    for (const coordinator::FormPart& part : *parts) {
      fuzz::Require(!part.name.empty() && IsUtf8(part.name) &&
                        IsUtf8(part.filename.value_or("")),
                    "names are text");
      bytes += part.content.size();
    }
  }
  fuzz::Require(bytes <= body.size(), "parts do not overlap");
  const auto request = coordinator::ReadReleaseForm(type, body);
  fuzz::RequireSaid(request.status(), "a refusal has a reason");
  fuzz::Require(parts.ok() || !request.ok(), "no form is no release");
  if (!request.ok()) {
    fuzz::Require(IsUtf8({request.status().message().data(),
                          request.status().message().size()}),
                  "a refusal can be shown");
    return 0;
  }
  fuzz::Require(release::CheckRelease(request->release()).empty(),
                "what is read can be built");
  return 0;
}
