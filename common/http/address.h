// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_ADDRESS_H_
#define KSO_COMMON_HTTP_ADDRESS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::http {

// A block of IPv4 or IPv6 addresses that begin with the same bits.
class AddressBlock {
 public:
  // Reads "10.0.0.0/8" or "fd00::/8"; a single address is a block of its own.
  // INVALID_ARGUMENT for anything else, and for a block whose address has bits
  // behind its prefix, since one cannot know what was meant.
  static absl::StatusOr<AddressBlock> Parse(std::string_view text);

  // Returns whether `ip`, an address as text, is in the block. A block of IPv4
  // has the IPv4-mapped addresses of IPv6 (RFC 4291, section 2.5.5.2), too.
  bool Contains(std::string_view ip) const;
  // Returns whether the block is one address.
  bool IsSingle() const { return bits_ == 128; }

 private:
  friend class AddressTable;
  using Bytes = std::array<uint8_t, 16>;

  AddressBlock(const Bytes& first, int bits) : first_(first), bits_(bits) {}
  bool Contains(const Bytes& ip) const;

  // IPv4 is kept as IPv6 has it: mapped, with 96 bits before it.
  Bytes first_;
  int bits_;
};

// Returns whether `ip`, an IPv4 or IPv6 address as text, is one that the public
// internet does not reach: the special-purpose blocks of RFC 6890 and of IANA's
// registries since, such as loopback, private, link-local, unique local,
// shared, documentation, multicast and reserved ones, also where IPv6 carries
// such an IPv4 address (mapped, NAT64, 6to4, Teredo); and metadata services.
// Text that is no address counts as private, which is the careful answer.
bool IsPrivateAddress(std::string_view ip);

// Returns whether `ip` is where a cloud tells its machines their secrets, such
// as 169.254.169.254.
bool IsMetadataAddress(std::string_view ip);

// The IPv4 or IPv6 address, without brackets, that `host`, "HOST[:PORT]", is;
// nothing where it is a name.
std::optional<std::string> AddressIn(std::string_view host);

// Returns whether `host`, "HOST[:PORT]", is this machine itself: localhost and
// names under it (RFC 6761, section 6.3), 127.0.0.0/8, ::1, and 127.0.0.0/8 in
// IPv6.
bool IsLoopbackHost(std::string_view host);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_ADDRESS_H_
