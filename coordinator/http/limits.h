// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_HTTP_LIMITS_H_
#define KSO_COORDINATOR_HTTP_LIMITS_H_

#include <cstddef>

#include "absl/time/time.h"

namespace kso::coordinator {

// The bounds of what clients may take of the server, however many they are and
// whatever they send. The defaults are those of kso-coordinator.
struct HttpLimits {
  // Connections at one time. Beyond them, the one that has been waiting for its
  // client the longest is closed for the new one, so that connections that do
  // nothing keep nobody out.
  size_t most_connections = 1024;
  // Those from one address. People behind one proxy share an address.
  size_t most_connections_of_peer = 768;
  // Of the connections, those that are endless streams.
  size_t most_streams = 640;
  // The request's line and headers.
  size_t most_header_bytes = 16 << 10;
  size_t most_target_bytes = 8 << 10;
  // The bodies of all requests together.
  size_t most_body_bytes = 64 << 20;
  // The time for a TLS handshake, and for a head from its first byte on.
  absl::Duration head_time = absl::Seconds(10);
  // The time for which a connection may wait for its next request.
  absl::Duration idle_time = absl::Seconds(60);
  // After this long a connection ends, with the next answer or heartbeat: a
  // client's certificate is looked at in the handshake, and is to be of no use
  // for longer than an hour, with the idle time, when it has expired.
  absl::Duration longest_connection = absl::Minutes(59);
  // The time for the handler's answer.
  absl::Duration answer_time = absl::Seconds(30);
  // A body or an answer may take this long, and so much more as it takes at the
  // lowest rate.
  absl::Duration transfer_time = absl::Seconds(20);
  size_t lowest_bytes_per_second = 32 << 10;
  // A stream's reader that has so much unread is cut off.
  size_t most_unread_bytes = 1 << 20;
  // A stream has a comment at least this often, by which dead clients are
  // found.
  absl::Duration heartbeat = absl::Seconds(15);
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_HTTP_LIMITS_H_
