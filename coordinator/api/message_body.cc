// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/message_body.h"

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"
#include "google/protobuf/util/json_util.h"

namespace kso::coordinator {

absl::Status ReadMessage(const std::string& body,
                         google::protobuf::Message& message) {
  KSO_ASSIGN_OR_RETURN(const Json json, ParseJson(body, {.bytes = 32 << 20}));
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  // Protobuf reads the same bytes that the bounded parser has read.
  const auto status = google::protobuf::util::JsonStringToMessage(
      json.dump(), &message, options);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("the body is not what is expected: ",
             PrintableText(std::string(status.message()))));
}

}  // namespace kso::coordinator
