// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_CURL_TRANSPORT_H_
#define KSO_COMMON_HTTP_CURL_TRANSPORT_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/http/host_addresses.h"
#include "common/http/transport.h"

namespace kso::http {

// The source of facts about addresses: on a machine without a network every
// address is private, and no name has one.
struct AddressKnowledge {
  std::function<bool(absl::string_view ip)> is_private;
  ResolveName resolve = ResolveByThisMachine;
};

// Does what CreateCurlTransport of transport.h does, with another knowledge of
// addresses.
absl::StatusOr<std::unique_ptr<Transport>> CreateCurlTransport(
    const TransportOptions& options, AddressKnowledge addresses);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_CURL_TRANSPORT_H_
