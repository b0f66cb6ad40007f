// SPDX-License-Identifier: Apache-2.0
// Any bytes as the JSON body of a request to the API.

#include <string>

#include "common/base/strings.h"
#include "common/release/check_release.h"
#include "coordinator/api/message_body.h"
#include "kso/v1/build.pb.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace {

using namespace kso;  // NOLINT(google-build-using-namespace)

// Reads a message, which must be one that the journal can keep.
template <typename Message>
absl::StatusOr<Message> Read(const std::string& body) {
  const absl::StatusOr<Message> message =
      coordinator::ReadMessageBody<Message>(body);
  if (!message.ok()) {
    fuzz::RequireSaid(message.status(), "a refusal has a reason");
    fuzz::RequireShown(ToStd(message.status().message()),
                       "a refusal can be shown");
    return message;
  }
  Message again;
  fuzz::Require(again.ParseFromString(message->SerializeAsString()),
                "what is read can be read back");
  return message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const std::string body(input.Rest());
  const auto submit = Read<v1::SubmitBuildRequest>(body);
  if (submit.ok()) {
    // The rules that the engine applies hold for whatever comes in.
    release::CheckRelease(submit->release());
  }
  Read<v1::SetPriorityRequest>(body).status().IgnoreError();
  return 0;
}
