// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BASE_PROTO_TIME_H_
#define KSO_COMMON_BASE_PROTO_TIME_H_

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace kso {

// Between Abseil's times and protobuf's. An unset timestamp is the infinite
// past, which goes back as unset.

inline absl::Time FromProto(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return absl::InfinitePast();
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

inline google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp result;
  if (time == absl::InfinitePast()) return result;
  absl::Duration rest;
  result.set_seconds(
      absl::IDivDuration(time - absl::UnixEpoch(), absl::Seconds(1), &rest));
  result.set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(rest)));
  return result;
}

inline absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

inline google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration result;
  absl::Duration rest;
  result.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  result.set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(rest)));
  return result;
}

}  // namespace kso

#endif  // KSO_COMMON_BASE_PROTO_TIME_H_
