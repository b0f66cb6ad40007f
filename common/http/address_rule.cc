// SPDX-License-Identifier: Apache-2.0
#include "common/http/address_rule.h"

#include <algorithm>

#include "common/base/strings.h"

namespace kso::http {

bool AddressRule::Allows(std::string_view ip) const {
  if (allows_all_) return true;
  const bool alone = IsMetadataAddress(ip);
  return std::any_of(
      blocks_.begin(), blocks_.end(), [&](const AddressBlock& block) {
        return block.Contains(ip) && (!alone || block.IsSingle());
      });
}

std::string FlagToAllow(std::string_view ip) {
  // The interface of a link-local address is no part of a block.
  const std::string_view address = ip.substr(0, ip.find('%'));
  const bool is_v6 = address.find(':') != std::string_view::npos;
  return Concat("--allow-private ", address, is_v6 ? "/128" : "/32");
}

}  // namespace kso::http
