// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_PEER_CHECK_H_
#define KSO_COMMON_HTTP_PEER_CHECK_H_

#include <functional>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/http/address_rule.h"
#include "common/http/transport.h"
#include "common/http/url.h"

namespace kso::http {

// Decides which addresses one request may go to. What it points to must outlive
// it.
struct PeerCheck {
  const Url* url = nullptr;
  // The host whose answer named the URL, in a redirect or an upload's Location.
  std::optional<AnsweringHost> named_by = {};
  const AddressRule* rule = nullptr;
  const std::function<bool(absl::string_view ip)>* is_private = nullptr;

  // OK for an address that may be connected to. PERMISSION_DENIED names the
  // flag by which an operator allows it.
  absl::Status Judge(std::string_view ip) const;
};

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_PEER_CHECK_H_
