// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_BEARER_SOURCE_H_
#define KSO_COORDINATOR_ACCESS_BEARER_SOURCE_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "coordinator/access/principal.h"

namespace kso::coordinator {

// A kind of bearer tokens: those of `ksoctl tokens`, or OpenID Connect's.
// Thread safe; no method waits for a disk or the network.
class BearerSource {
 public:
  virtual ~BearerSource() = default;

  // Returns whether the source is in use, so that the farm is not open.
  virtual bool configured() const = 0;

  // Returns whether a token is of this kind, by its form.
  virtual bool Recognizes(std::string_view bearer) const = 0;

  // The identity behind a token of this kind, without Principal::remote.
  // UNAUTHENTICATED for one that is unknown, expired or revoked; the message
  // says which, and shows nothing of the token.
  virtual absl::StatusOr<Principal> Identify(std::string_view bearer) const = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_BEARER_SOURCE_H_
