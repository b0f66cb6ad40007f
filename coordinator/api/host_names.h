// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_HOST_NAMES_H_
#define KSO_COORDINATOR_API_HOST_NAMES_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kso::coordinator {

// The names under which the coordinator answers. A page of a stranger can bring
// a browser to any address by a name of its own (DNS rebinding), but not to
// send another name than its own. Immutable.
class HostNames {
 public:
  // `names` are those besides localhost, 127.0.0.1 and [::1]: the host that it
  // listens on, the names of its certificate ("*.example.com" is of one label
  // more), and those that the operator gives.
  explicit HostNames(const std::vector<std::string>& names);

  // Returns whether a Host header ("NAME", "NAME:PORT", "[::1]:PORT") is of one
  // of them, or of `local_host`, the address that the client connected to,
  // without brackets. The port does not matter: tunnels change it.
  bool Knows(std::string_view host_header, std::string_view local_host) const;

  // The name in a Host header, in small letters, without port, brackets and the
  // dot at its end. Empty for one that is none.
  static std::string NameIn(std::string_view host_header);

 private:
  std::set<std::string, std::less<>> names_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_HOST_NAMES_H_
