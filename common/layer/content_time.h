// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_LAYER_CONTENT_TIME_H_
#define KSO_COMMON_LAYER_CONTENT_TIME_H_

#include <cstdint>
#include <string>

#include "common/bytes/digest.h"

namespace kso {

// A time, in seconds since 1970, that follows from a file's content: from 1 to
// 2^30, which is in January 2004.
//
// Servers of files, nginx among them, make a file's ETag of its modification
// time and size. Where all files have one time, two contents of one size have
// one ETag, and a client that resumes a download, or asks whether its copy is
// still right, is told that the one is the other. With this time two contents
// of one size share an ETag once in 2^30. It lies before the time of any
// client, so that no If-Unmodified-Since of a client which was never told a
// Last-Modified fails (RFC 9110, section 13.1.4).
inline int64_t ContentTime(const Digest& digest) {
  constexpr int kDigits = 8;
  const int64_t bits = std::stoll(digest.hex().substr(0, kDigits), nullptr, 16);
  return (bits >> 2) + 1;
}

}  // namespace kso

#endif  // KSO_COMMON_LAYER_CONTENT_TIME_H_
