// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_ADDRESS_H_
#define KSO_COMMON_HTTP_ADDRESS_H_

#include <optional>
#include <string>
#include <string_view>

namespace kso::http {

// Returns whether `ip`, an IPv4 or IPv6 address as text, is one that the public
// internet does not reach: loopback, private, link-local, unique local, shared,
// multicast and reserved ranges (RFC 6890), also where IPv6 carries such an
// IPv4 address. Text that is no address counts as private, which is the careful
// answer.
bool IsPrivateAddress(std::string_view ip);

// The IPv4 or IPv6 address, without brackets, that `host`, "HOST[:PORT]", is;
// nothing where it is a name.
std::optional<std::string> AddressIn(std::string_view host);

// Returns whether `host`, "HOST[:PORT]", is this machine itself: localhost and
// names under it (RFC 6761, section 6.3), 127.0.0.0/8, ::1, and 127.0.0.0/8 in
// IPv6.
bool IsLoopbackHost(std::string_view host);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_ADDRESS_H_
