// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_TEXT_PROTO_TEXT_H_
#define KSO_COMMON_TEXT_PROTO_TEXT_H_

#include "google/protobuf/message.h"

namespace kso {

// Makes every `string` in the message, however deep, valid UTF-8. Protobuf
// serializes a string with other bytes, and then refuses to parse what it wrote
// (https://protobuf.dev/programming-guides/proto3/#scalar): such a message can
// be neither sent nor read back from a journal. Text that is valid stays as it
// is; other text becomes what PrintableText makes of it. Returns whether
// anything was changed.
bool MakeTextValid(google::protobuf::Message& message);

// Makes every `string` in the message what PrintableText makes of it, uncut:
// text of another machine that goes to a terminal. Returns whether anything was
// changed.
bool MakeTextPrintable(google::protobuf::Message& message);

}  // namespace kso

#endif  // KSO_COMMON_TEXT_PROTO_TEXT_H_
