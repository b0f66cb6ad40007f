// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fill_message.h"

#include <google/protobuf/descriptor.h>

#include "common/text/printable_text.h"

namespace kso::fuzz {
namespace {

namespace pb = google::protobuf;

constexpr int kDeepest = 8;
constexpr int kMostFields = 2000;

class Filler {
 public:
  Filler(Input& input, const std::vector<std::string>& words)
      : input_(input), words_(words) {}

  void Fill(pb::Message& message, int depth) {
    const pb::Descriptor& type = *message.GetDescriptor();
    // One alternative of each oneof, and a part of all other fields.
    for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
      const pb::OneofDescriptor& oneof = *type.oneof_decl(i);
      if (input_.OneIn(8)) continue;
      SetField(
          message,
          *oneof.field(static_cast<int>(input_.Below(oneof.field_count()))),
          depth);
    }
    for (int i = 0; i < type.field_count(); ++i) {
      const pb::FieldDescriptor& field = *type.field(i);
      if (field.real_containing_oneof() != nullptr) continue;
      if (input_.empty() || ++fields_ > kMostFields) return;
      if (!field.is_repeated()) {
        if (input_.Byte() % 4 != 0) SetField(message, field, depth);
        continue;
      }
      const size_t count = input_.Below(4);
      for (size_t n = 0; n < count; ++n) SetField(message, field, depth);
    }
  }

 private:
  // Sets a field, or adds an element to a repeated one.
  void SetField(pb::Message& message, const pb::FieldDescriptor& field,
                int depth) {
    const pb::Reflection& reflection = *message.GetReflection();
    const bool many = field.is_repeated();
    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_MESSAGE: {
        if (depth >= kDeepest) return;
        pb::Message& inner = many
                                 ? *reflection.AddMessage(&message, &field)
                                 : *reflection.MutableMessage(&message, &field);
        return Fill(inner, depth + 1);
      }
      case pb::FieldDescriptor::CPPTYPE_STRING: {
        std::string text =
            field.type() == pb::FieldDescriptor::TYPE_BYTES && input_.OneIn(2)
                ? std::string(input_.Bytes(255))
                : FillText(input_, words_);
        return many ? reflection.AddString(&message, &field, std::move(text))
                    : reflection.SetString(&message, &field, std::move(text));
      }
      case pb::FieldDescriptor::CPPTYPE_BOOL: {
        const bool value = input_.Byte() % 2 == 1;
        return many ? reflection.AddBool(&message, &field, value)
                    : reflection.SetBool(&message, &field, value);
      }
      case pb::FieldDescriptor::CPPTYPE_ENUM: {
        // Numbers that no name has pass in proto3, too.
        const int value = static_cast<int>(input_.Below(10));
        return many ? reflection.AddEnumValue(&message, &field, value)
                    : reflection.SetEnumValue(&message, &field, value);
      }
      case pb::FieldDescriptor::CPPTYPE_INT32: {
        const auto value = static_cast<int32_t>(input_.Number());
        return many ? reflection.AddInt32(&message, &field, value)
                    : reflection.SetInt32(&message, &field, value);
      }
      case pb::FieldDescriptor::CPPTYPE_UINT32: {
        const auto value = static_cast<uint32_t>(input_.Number());
        return many ? reflection.AddUInt32(&message, &field, value)
                    : reflection.SetUInt32(&message, &field, value);
      }
      case pb::FieldDescriptor::CPPTYPE_INT64: {
        const int64_t value = input_.Number();
        return many ? reflection.AddInt64(&message, &field, value)
                    : reflection.SetInt64(&message, &field, value);
      }
      default:
        return;
    }
  }

  Input& input_;
  const std::vector<std::string>& words_;
  int fields_ = 0;
};

}  // namespace

std::string FillText(Input& input, const std::vector<std::string>& words) {
  const size_t kind = input.Byte();
  if (kind < 200 && !words.empty()) return words[kind % words.size()];
  std::string text(input.Bytes(255));
  // A long text is cheap to ask for.
  if (kind == 255 && !text.empty()) {
    while (text.size() < 2 * kLongestText) text += text;
  }
  return IsUtf8(text) ? text : PrintableText(text);
}

void FillMessage(Input& input, const std::vector<std::string>& words,
                 pb::Message& message) {
  Filler(input, words).Fill(message, 0);
}

}  // namespace kso::fuzz
