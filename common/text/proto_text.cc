// SPDX-License-Identifier: Apache-2.0
#include "common/text/proto_text.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/text/printable_text.h"

namespace kso {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The replacement of a text; nothing where it may stay.
using Mend = std::optional<std::string> (*)(const std::string& text);

std::optional<std::string> MendInvalid(const std::string& text) {
  if (IsUtf8(text)) return std::nullopt;
  return PrintableText(text);
}

std::optional<std::string> MendUnprintable(const std::string& text) {
  std::string printable = PrintableText(text, std::string::npos);
  if (printable == text) return std::nullopt;
  return printable;
}

bool MendStrings(Message& message, const Reflection& reflection,
                 const FieldDescriptor& field, Mend mend) {
  bool changed = false;
  std::string scratch;
  if (!field.is_repeated()) {
    const std::string& text =
        reflection.GetStringReference(message, &field, &scratch);
    std::optional<std::string> mended = mend(text);
    if (!mended) return false;
    reflection.SetString(&message, &field, *std::move(mended));
    return true;
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const std::string& text =
        reflection.GetRepeatedStringReference(message, &field, i, &scratch);
    std::optional<std::string> mended = mend(text);
    if (!mended) continue;
    reflection.SetRepeatedString(&message, &field, i, *std::move(mended));
    changed = true;
  }
  return changed;
}

bool MendText(Message& message, Mend mend) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  bool changed = false;
  for (const FieldDescriptor* field : fields) {
    if (field->type() == FieldDescriptor::TYPE_STRING) {
      changed |= MendStrings(message, reflection, *field, mend);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        changed |= MendText(
            *reflection.MutableRepeatedMessage(&message, field, i), mend);
      }
    } else {
      changed |= MendText(*reflection.MutableMessage(&message, field), mend);
    }
  }
  return changed;
}

}  // namespace

bool MakeTextValid(Message& message) { return MendText(message, &MendInvalid); }

bool MakeTextPrintable(Message& message) {
  return MendText(message, &MendUnprintable);
}

}  // namespace kso
