// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_CURL_TRANSPORT_H_
#define KSO_COMMON_HTTP_CURL_TRANSPORT_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/http/transport.h"

namespace kso::http {

// Does what CreateCurlTransport of transport.h does, with another rule for
// which addresses are private: on a machine without a network every address is.
absl::StatusOr<std::unique_ptr<Transport>> CreateCurlTransport(
    const TransportOptions& options,
    std::function<bool(absl::string_view ip)> is_private);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_CURL_TRANSPORT_H_
