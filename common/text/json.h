// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_TEXT_JSON_H_
#define KSO_COMMON_TEXT_JSON_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso {

// The door for JSON from outside: registries' documents and errors, images'
// configs, files of logins. Nothing else in the product parses JSON.

using Json = nlohmann::json;

struct JsonBounds {
  // As large as a manifest may be.
  size_t bytes = size_t{4} << 20;
  // Arrays and objects inside each other. nlohmann copies and prints a document
  // recursively, so that an unbounded one overflows the stack.
  int depth = 64;
};

// Parses RFC 8259's JSON, in UTF-8. INVALID_ARGUMENT, with what is wrong and
// where, for a document
//
//   - that is not JSON, or is larger or deeper than `bounds`;
//   - that begins with a byte order mark or has a NUL, which not all readers
//     skip;
//   - in which an object has a key twice, where readers differ in which one
//     they believe (RFC 8259, section 4);
//   - in which an object has two keys that differ only in case, as Unicode has
//     it ("ſ" is an "s"): Go's readers, which are those of container runtimes,
//     take both for the same field. The keys of maps whose keys people choose
//     (labels, annotations, volumes, ports, logins) may differ so.
absl::StatusOr<Json> ParseJson(std::string_view content,
                               const JsonBounds& bounds = {});

// The same for a document that is written again: its keys keep their order.
absl::StatusOr<nlohmann::ordered_json> ParseOrderedJson(
    std::string_view content, const JsonBounds& bounds = {});

// The value of `key`; nullptr when `object` has none, when it is null, and when
// `object` is no object. INVALID_ARGUMENT where there is a key that differs
// from it only in case: Go's readers take it for the field, and this one does
// not, so that what was checked here would not be what is used there.
absl::StatusOr<const Json*> FieldOf(const Json& object, std::string_view key);

// The string at `key`; empty where FieldOf has none or it is no string.
std::string StringOf(const Json& object, std::string_view key);

}  // namespace kso

#endif  // KSO_COMMON_TEXT_JSON_H_
