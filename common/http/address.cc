// SPDX-License-Identifier: Apache-2.0
#include "common/http/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "common/base/strings.h"

namespace kso::http {
namespace {

using Bytes = std::array<uint8_t, 16>;

constexpr int kMappedBits = 96;

// An address of IPv4 as its IPv4-mapped one.
Bytes Mapped(const uint8_t* v4) {
  Bytes bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::copy(v4, v4 + 4, bytes.begin() + 12);
  return bytes;
}

struct ParsedAddress {
  Bytes bytes;
  bool is_v4 = false;
};

std::optional<ParsedAddress> ParseAddress(std::string_view ip) {
  // A link-local address may name its interface.
  const std::string text(ip.substr(0, ip.find('%')));
  ParsedAddress parsed;
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    uint8_t bytes[4];
    std::memcpy(bytes, &v4, sizeof bytes);
    parsed.bytes = Mapped(bytes);
    parsed.is_v4 = true;
    return parsed;
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) return std::nullopt;
  std::memcpy(parsed.bytes.data(), &v6, parsed.bytes.size());
  return parsed;
}

absl::Status NoBlock(std::string_view text) {
  return absl::InvalidArgumentError(
      Concat("\"", absl::CHexEscape(ToAbsl(text.substr(0, 100))),
             "\" is no block of addresses, such as 10.20.0.0/16, fd00::/8 or "
             "192.168.1.5"));
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

absl::StatusOr<AddressBlock> AddressBlock::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<ParsedAddress> address =
      ParseAddress(text.substr(0, slash));
  if (!address || text.find('%') != std::string_view::npos) {
    return NoBlock(text);
  }
  const int most = address->is_v4 ? 32 : 128;
  int bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const bool is_number =
        !digits.empty() && digits.size() <= 3 &&
        std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit);
    if (!is_number || !absl::SimpleAtoi(ToAbsl(digits), &bits) || bits > most) {
      return NoBlock(text);
    }
  }
  if (address->is_v4) bits += kMappedBits;
  for (int bit = bits; bit < 128; ++bit) {
    if ((address->bytes[bit / 8] >> (7 - bit % 8) & 1) == 0) continue;
    return absl::InvalidArgumentError(
        Concat(text,
               " is no block of addresses: it has bits behind its "
               "prefix; write its first address"));
  }
  return AddressBlock(address->bytes, bits);
}

bool AddressBlock::Contains(const Bytes& ip) const {
  const int whole = bits_ / 8;
  if (!std::equal(ip.begin(), ip.begin() + whole, first_.begin())) return false;
  const int rest = bits_ % 8;
  return rest == 0 || (ip[whole] ^ first_[whole]) >> (8 - rest) == 0;
}

bool AddressBlock::Contains(std::string_view ip) const {
  const std::optional<ParsedAddress> address = ParseAddress(ip);
  return address && Contains(address->bytes);
}

// The blocks of a table that is written as text.
class AddressTable {
 public:
  AddressTable(std::initializer_list<std::string_view> blocks) {
    for (const std::string_view block : blocks) {
      blocks_.push_back(*AddressBlock::Parse(block));
    }
  }

  bool Contains(const Bytes& ip) const {
    return std::any_of(
        blocks_.begin(), blocks_.end(),
        [&ip](const AddressBlock& block) { return block.Contains(ip); });
  }

 private:
  std::vector<AddressBlock> blocks_;
};

namespace {

// RFC 6890, and IANA's registries of special-purpose addresses, with multicast.
const AddressTable& SpecialBlocks() {
  static const auto* const table = new AddressTable({
      "0.0.0.0/8",        // this network
      "10.0.0.0/8",       // private (RFC 1918)
      "100.64.0.0/10",    // shared, of carriers' NAT (RFC 6598)
      "127.0.0.0/8",      // loopback
      "169.254.0.0/16",   // link-local
      "172.16.0.0/12",    // private
      "192.0.0.0/24",     // protocol assignments
      "192.0.2.0/24",     // documentation
      "192.88.99.0/24",   // 6to4 relays (RFC 7526)
      "192.168.0.0/16",   // private
      "198.18.0.0/15",    // benchmarks
      "198.51.100.0/24",  // documentation
      "203.0.113.0/24",   // documentation
      "224.0.0.0/4",      // multicast
      "240.0.0.0/4",      // reserved, and broadcast
      "::/96",            // unspecified, loopback, IPv4-compatible
      "64:ff9b:1::/48",   // local NAT64 (RFC 8215)
      "100::/64",         // discard only
      "100:0:0:1::/64",   // dummy (RFC 9780)
      "2001::/23",        // protocol assignments, with Teredo and ORCHID
      "2001:db8::/32",    // documentation
      "3fff::/20",        // documentation (RFC 9637)
      "5f00::/16",        // segment routing (RFC 9602)
      "fc00::/7",         // unique local
      "fe80::/9",         // link-local, and the old site-local
      "ff00::/8",         // multicast
  });
  return *table;
}

// A metadata service has an address that it shares with nothing else; some are
// in blocks that the public internet reaches.
const AddressTable& MetadataServices() {
  static const auto* const table = new AddressTable({
      "169.254.169.254",  // most clouds
      "169.254.170.2",    // AWS, of containers
      "169.254.170.23",   // AWS, of pods
      "fd00:ec2::254",    // AWS
      "fd00:ec2::23",     // AWS, of pods
      "fd20:ce::254",     // Google
      "100.100.100.200",  // Alibaba
      "168.63.129.16",    // Azure
      "192.0.0.192",      // Oracle
  });
  return *table;
}

// The address of IPv4 that an address of IPv6 carries, as its mapped one.
std::optional<Bytes> Carried(const Bytes& ip) {
  static const auto* const carriers = new AddressTable({
      "64:ff9b::/96",     // NAT64 (RFC 6052)
      "::ffff:0:0:0/96",  // IPv4-translated (RFC 2765)
  });
  static const auto* const six_to_four = new AddressTable({"2002::/16"});
  if (carriers->Contains(ip)) return Mapped(&ip[12]);
  if (six_to_four->Contains(ip)) return Mapped(&ip[2]);
  return std::nullopt;
}

bool IsIn(const AddressTable& table, const Bytes& ip) {
  if (table.Contains(ip)) return true;
  const std::optional<Bytes> carried = Carried(ip);
  return carried && table.Contains(*carried);
}

}  // namespace

bool IsPrivateAddress(std::string_view ip) {
  const std::optional<ParsedAddress> address = ParseAddress(ip);
  if (!address) return true;
  return IsIn(SpecialBlocks(), address->bytes) ||
         IsIn(MetadataServices(), address->bytes);
}

bool IsMetadataAddress(std::string_view ip) {
  const std::optional<ParsedAddress> address = ParseAddress(ip);
  return address && IsIn(MetadataServices(), address->bytes);
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
