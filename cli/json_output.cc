// SPDX-License-Identifier: Apache-2.0
#include "cli/json_output.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/text/printable_text.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

std::string Mapped(const google::protobuf::Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = indented;
  options.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options)
           .ok()) {
    return "{}";
  }
  absl::StripTrailingAsciiWhitespace(&json);
  return PrintableJson(json);
}

// Text from a registry may not be UTF-8.
std::string Dump(const nlohmann::ordered_json& json, int indent) {
  return PrintableJson(json.dump(
      indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

// The name of a message as the mapping writes names: "workerStatus".
std::string TypeOf(const google::protobuf::Message& message) {
  std::string name = message.GetDescriptor()->name();
  name[0] = absl::ascii_tolower(static_cast<unsigned char>(name[0]));
  return name;
}

std::string Line(const std::string& type, const std::string& json) {
  return absl::StrCat("{\"type\":\"", type, "\",\"", type, "\":", json, "}\n");
}

}  // namespace

std::string JsonDocument(const google::protobuf::Message& message) {
  return absl::StrCat(Mapped(message, /*indented=*/true), "\n");
}

std::string JsonDocument(const nlohmann::ordered_json& json) {
  return absl::StrCat(Dump(json, 2), "\n");
}

std::string JsonLines(const google::protobuf::Message& message) {
  const google::protobuf::FieldDescriptor* const first =
      message.GetDescriptor()->FindFieldByNumber(1);
  if (first == nullptr || !first->is_repeated() ||
      first->message_type() == nullptr) {
    return Line(TypeOf(message), Mapped(message, /*indented=*/false));
  }
  std::string lines;
  const google::protobuf::Reflection& fields = *message.GetReflection();
  for (int i = 0; i < fields.FieldSize(message, first); ++i) {
    const google::protobuf::Message& item =
        fields.GetRepeatedMessage(message, first, i);
    lines += Line(TypeOf(item), Mapped(item, /*indented=*/false));
  }
  return lines;
}

std::string JsonLines(const nlohmann::ordered_json& json) {
  return Line("result", Dump(json, -1));
}

std::string JsonNotice(const std::string& text) {
  return Line("notice", Dump({{"text", text}}, -1));
}

}  // namespace kso::cli
