// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_ACCESS_ROLE_H_
#define KSO_COMMON_ACCESS_ROLE_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::access {

// The things that an identity may do on a farm. Certificates, tokens and OIDC
// rules all name them by the same words; docs/security.md explains them to
// users.
enum class Role : uint8_t {
  // Reads builds, workers, hosts and finished images.
  kView,
  // Starts, cancels and retries builds. Implies view.
  kSubmit,
  // Takes leases as the worker of that name, and moves their blobs. Implies
  // nothing: a worker does not read the builds of others.
  kWork,
  // Operates the farm: workers, tokens, certificates, the audit log. Implies
  // all others.
  kAdmin,
};

inline constexpr std::array<Role, 4> kRoles = {Role::kView, Role::kSubmit,
                                               Role::kWork, Role::kAdmin};

// "view", "submit", "work" or "admin".
std::string_view RoleName(Role role);
// INVALID_ARGUMENT for any other word; it names the four.
absl::StatusOr<Role> ParseRole(std::string_view name);

// Some roles. As what an identity has, it includes what they imply; as what a
// method asks for, one of them is enough. A value type.
class RoleSet {
 public:
  constexpr RoleSet() = default;
  constexpr RoleSet(std::initializer_list<Role> roles) {
    for (const Role role : roles) bits_ |= Bit(role);
  }

  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool Contains(Role role) const { return (bits_ & Bit(role)) != 0; }
  constexpr void Add(Role role) { bits_ |= Bit(role); }

  // These roles and all that they imply.
  constexpr RoleSet WithImplied() const {
    if (Contains(Role::kAdmin)) {
      return {Role::kView, Role::kSubmit, Role::kWork, Role::kAdmin};
    }
    RoleSet all = *this;
    if (Contains(Role::kSubmit)) all.Add(Role::kView);
    return all;
  }
  // Returns whether an identity with these roles may do what asks for one of
  // `asked`. Nobody may do what asks for none.
  constexpr bool Allows(RoleSet asked) const {
    return (WithImplied().bits_ & asked.bits_) != 0;
  }

  friend constexpr bool operator==(RoleSet, RoleSet) = default;

 private:
  static constexpr uint8_t Bit(Role role) {
    return static_cast<uint8_t>(1U << static_cast<unsigned>(role));
  }

  uint8_t bits_ = 0;
};

// The roles as people read them: "view", "view or work". Empty for none.
std::string DescribeRoles(RoleSet roles, std::string_view between = " or ");

}  // namespace kso::access

#endif  // KSO_COMMON_ACCESS_ROLE_H_
