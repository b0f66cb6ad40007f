// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_ADDRESS_RULE_H_
#define KSO_COMMON_HTTP_ADDRESS_RULE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/http/address.h"

namespace kso::http {

// The choice of the private addresses (IsPrivateAddress) that are connected to.
// A program that acts for its own user connects to all of them; one that
// fetches what others submit, to those that its operator allows. Thread safe,
// since it does not change.
class AddressRule {
 public:
  // Allows everything.
  AddressRule() = default;
  // Allows the private addresses of `blocks`. A metadata service is allowed
  // only by a block that is its address alone, so that the block of a site's
  // network does not bring one along.
  static AddressRule Only(std::vector<AddressBlock> blocks) {
    AddressRule rule;
    rule.allows_all_ = false;
    rule.blocks_ = std::move(blocks);
    return rule;
  }

  // Returns whether `ip`, a private address, is connected to.
  bool Allows(std::string_view ip) const;
  bool allows_all() const { return allows_all_; }

 private:
  bool allows_all_ = true;
  std::vector<AddressBlock> blocks_;
};

// The flag, with its value, by which an operator allows `ip`.
std::string FlagToAllow(std::string_view ip);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_ADDRESS_RULE_H_
