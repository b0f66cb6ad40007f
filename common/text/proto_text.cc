// SPDX-License-Identifier: Apache-2.0
#include "common/text/proto_text.h"

#include <string>
#include <vector>

#include "common/text/printable_text.h"

namespace kso {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool MakeStringsValid(Message& message, const Reflection& reflection,
                      const FieldDescriptor& field) {
  bool changed = false;
  std::string scratch;
  if (!field.is_repeated()) {
    const std::string& text =
        reflection.GetStringReference(message, &field, &scratch);
    if (IsUtf8(text)) return false;
    reflection.SetString(&message, &field, PrintableText(text));
    return true;
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const std::string& text =
        reflection.GetRepeatedStringReference(message, &field, i, &scratch);
    if (IsUtf8(text)) continue;
    reflection.SetRepeatedString(&message, &field, i, PrintableText(text));
    changed = true;
  }
  return changed;
}

}  // namespace

bool MakeTextValid(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  bool changed = false;
  for (const FieldDescriptor* field : fields) {
    if (field->type() == FieldDescriptor::TYPE_STRING) {
      changed |= MakeStringsValid(message, reflection, *field);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        changed |= MakeTextValid(
            *reflection.MutableRepeatedMessage(&message, field, i));
      }
    } else {
      changed |= MakeTextValid(*reflection.MutableMessage(&message, field));
    }
  }
  return changed;
}

}  // namespace kso
