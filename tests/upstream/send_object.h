// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_SEND_OBJECT_H_
#define KSO_TESTS_UPSTREAM_SEND_OBJECT_H_

#include <httplib.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tests/upstream/object_store.h"

namespace kso::upstream {

// How an object is sent, and which faults its transfer has.
struct SendOptions {
  std::string content_type = "application/octet-stream";
  // Close the connection after this many bytes of the body.
  std::optional<uint64_t> cut_after;
  // Change the byte at this place of the object.
  std::optional<uint64_t> corrupt_at;
  // Behave as if the object had only so many bytes, or so many more.
  std::optional<uint64_t> shorten_to;
  uint64_t lengthen_by = 0;
  // Say that the object has so many bytes.
  std::optional<uint64_t> announce;
  // Send the object again and again.
  bool endless = false;
  // Of each response; 0 is as fast as it goes.
  uint64_t bytes_per_second = 0;
  // Called as bytes leave, from the connection's thread.
  std::function<void(uint64_t)> on_sent;
};

// Answers GET or HEAD with an object: ETag, Last-Modified, If-None-Match, Range
// and If-Range as RFC 9110 has them. More than one range gets the whole.
void SendObject(const httplib::Request& request, const Object& object,
                SendOptions options, httplib::Response& response);

// The library applies the ranges that were asked for to any body. After this it
// sends the body as it is.
void ForgetRanges(const httplib::Request& request);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_SEND_OBJECT_H_
