// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_MESSAGE_BODY_H_
#define KSO_COORDINATOR_API_MESSAGE_BODY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace kso::coordinator {

// Reads `message` from the JSON body of a request (protobuf's JSON mapping).
// INVALID_ARGUMENT, which can be shown, for what is over 32 MiB, is no JSON
// that ParseJson takes, or has a field that the message has not.
absl::Status ReadMessage(const std::string& body,
                         google::protobuf::Message& message);

template <typename Message>
absl::StatusOr<Message> ReadMessageBody(const std::string& body) {
  Message message;
  const absl::Status read = ReadMessage(body, message);
  if (!read.ok()) return read;
  return message;
}

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_MESSAGE_BODY_H_
