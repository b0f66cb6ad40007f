#ifndef KSO_TESTS_UPSTREAM_SEND_OBJECT_H_
#define KSO_TESTS_UPSTREAM_SEND_OBJECT_H_

#include <httplib.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tests/upstream/object_store.h"

namespace kso::upstream {

struct SendOptions {
  std::string content_type = "application/octet-stream";
  // Close the connection after this many bytes of the body.
  std::optional<uint64_t> cut_after;
  // Of each response; 0 is as fast as it goes.
  uint64_t bytes_per_second = 0;
  // Called as bytes leave, from the connection's thread.
  std::function<void(uint64_t)> on_sent;
};

// Answers GET or HEAD with an object: ETag, Last-Modified, If-None-Match, Range
// and If-Range as RFC 9110 has them. More than one range gets the whole.
void SendObject(const httplib::Request& request, const Object& object,
                SendOptions options, httplib::Response& response);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_SEND_OBJECT_H_
