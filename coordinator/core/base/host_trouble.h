// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_BASE_HOST_TROUBLE_H_
#define KSO_COORDINATOR_CORE_BASE_HOST_TROUBLE_H_

#include <string>
#include <string_view>
#include <vector>

#include "kso/v1/types.pb.h"

namespace kso::coordinator {

// A host that is down, or wants fewer requests, fails everything that is asked
// of it, item by item, in words that differ in little but the item. Such
// failures have one cause, and are told as one.

// The cause of a failure.
struct Cause {
  // "HOST[:PORT]"; empty when the trouble is the item's own, as a 404 is.
  std::string host;
  // Equal for failures of the same cause, and for no others of the host.
  std::string key;

  bool of_host() const { return !host.empty(); }
};
Cause CauseOf(const v1::Failure& failure);

// The reason without the item at its beginning, where it stands before the
// reason wherever both are shown; a URL also as http::DisplayUrl shows it.
std::string WithoutItem(std::string_view item, std::string_view reason);

// The reason without the URL at its beginning, or what was tried: where it is
// told of a host, those are of any of its items.
std::string_view WithoutUrl(std::string_view reason);

// The failures, in order, with those of one cause as one: its item is the host,
// and its reason tells how many items need it, and the first of them.
std::vector<v1::Failure> GroupByCause(const std::vector<v1::Failure>& failures);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_HOST_TROUBLE_H_
