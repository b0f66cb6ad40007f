// SPDX-License-Identifier: Apache-2.0
#include "common/http/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/match.h"
#include "common/base/strings.h"

namespace kso::http {
namespace {

struct Range {
  uint32_t address;
  int bits;
};

constexpr uint32_t V4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr Range kPrivateV4[] = {
    {V4(0, 0, 0, 0), 8},    {V4(10, 0, 0, 0), 8},     {V4(100, 64, 0, 0), 10},
    {V4(127, 0, 0, 0), 8},  {V4(169, 254, 0, 0), 16}, {V4(172, 16, 0, 0), 12},
    {V4(192, 0, 0, 0), 24}, {V4(192, 168, 0, 0), 16}, {V4(198, 18, 0, 0), 15},
    {V4(224, 0, 0, 0), 4},  {V4(240, 0, 0, 0), 4},
};

bool IsPrivateV4(uint32_t address) {
  return std::any_of(std::begin(kPrivateV4), std::end(kPrivateV4),
                     [address](const Range& range) {
                       return (address ^ range.address) >> (32 - range.bits) ==
                              0;
                     });
}

using V6 = std::array<uint8_t, 16>;

// An IPv6 address that carries an IPv4 one has it in its last four bytes.
uint32_t EmbeddedV4(const V6& ip) { return V4(ip[12], ip[13], ip[14], ip[15]); }

bool IsPrivateV6(const V6& ip) {
  constexpr uint8_t kNat64[12] = {0x00, 0x64, 0xff, 0x9b};
  constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped, kMapped + 12, ip.begin()) ||
      std::equal(kNat64, kNat64 + 12, ip.begin())) {
    return IsPrivateV4(EmbeddedV4(ip));
  }
  // Unspecified, loopback and the old IPv4-compatible addresses.
  if (std::all_of(ip.begin(), ip.begin() + 12,
                  [](uint8_t byte) { return byte == 0; })) {
    return true;
  }
  const bool unique_local = (ip[0] & 0xfe) == 0xfc;
  const bool link_or_site_local = ip[0] == 0xfe && (ip[1] & 0x80) == 0x80;
  const bool multicast = ip[0] == 0xff;
  // 6to4 carries an IPv4 address behind its first two bytes.
  const bool private_6to4 = ip[0] == 0x20 && ip[1] == 0x02 &&
                            IsPrivateV4(V4(ip[2], ip[3], ip[4], ip[5]));
  return unique_local || link_or_site_local || multicast || private_6to4;
}

std::string_view WithoutPort(std::string_view host) {
  const size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && host.back() != ']';
  return has_port ? host.substr(0, colon) : host;
}

bool IsLoopbackV4(const in_addr& address) {
  return ntohl(address.s_addr) >> 24 == 127;
}

}  // namespace

bool IsPrivateAddress(std::string_view ip) {
  const std::string text(ip.substr(0, ip.find('%')));
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    return IsPrivateV4(ntohl(v4.s_addr));
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) return true;
  V6 bytes;
  std::memcpy(bytes.data(), &v6, bytes.size());
  return IsPrivateV6(bytes);
}

std::optional<std::string> AddressIn(std::string_view host) {
  const std::string_view name = WithoutPort(host);
  const bool bracketed =
      name.size() > 2 && name.front() == '[' && name.back() == ']';
  const std::string text(bracketed ? name.substr(1, name.size() - 2) : name);
  in6_addr address{};
  if (inet_pton(bracketed ? AF_INET6 : AF_INET, text.c_str(), &address) != 1) {
    return std::nullopt;
  }
  return text;
}

bool IsLoopbackHost(std::string_view host) {
  if (const std::optional<std::string> address = AddressIn(host)) {
    in_addr v4{};
    if (inet_pton(AF_INET, address->c_str(), &v4) == 1) return IsLoopbackV4(v4);
    in6_addr v6{};
    if (inet_pton(AF_INET6, address->c_str(), &v6) != 1) return false;
    if (IN6_IS_ADDR_LOOPBACK(&v6)) return true;
    if (!IN6_IS_ADDR_V4MAPPED(&v6)) return false;
    std::memcpy(&v4, &v6.s6_addr[12], sizeof v4);
    return IsLoopbackV4(v4);
  }
  std::string_view name = WithoutPort(host);
  // The name of a host may end in the root's.
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  return absl::EqualsIgnoreCase(ToAbsl(name), "localhost") ||
         absl::EndsWithIgnoreCase(ToAbsl(name), ".localhost");
}

}  // namespace kso::http
