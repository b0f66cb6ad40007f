// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_JSON_OUTPUT_H_
#define KSO_CLI_JSON_OUTPUT_H_

#include <string>

#include "google/protobuf/message.h"
#include "nlohmann/json_fwd.hpp"

namespace kso::cli {

// JSON as `--output` promises it (docs/json.md): proto3's JSON mapping, with
// fields that have their default value. Each ends with a newline.

// One document, indented.
std::string JsonDocument(const google::protobuf::Message& message);
std::string JsonDocument(const nlohmann::ordered_json& json);

// One line: {"type":"event","event":{...}} of an Event. Of a list, which is a
// message whose first field is repeated, a line for each item.
std::string JsonLines(const google::protobuf::Message& message);
// {"type":"result","result":{...}}.
std::string JsonLines(const nlohmann::ordered_json& json);
// {"type":"notice","notice":{"text":"..."}}: a line about the watching itself.
std::string JsonNotice(const std::string& text);

}  // namespace kso::cli

#endif  // KSO_CLI_JSON_OUTPUT_H_
