// SPDX-License-Identifier: Apache-2.0
#include "common/http/peer_check.h"

#include "common/base/strings.h"
#include "common/http/address.h"

namespace kso::http {

absl::Status PeerCheck::Judge(std::string_view ip) const {
  if (!(*is_private)(ToAbsl(ip))) return absl::OkStatus();
  const bool led_by_friend = named_by && named_by->may_lead_inside;
  if (named_by && named_by->is_public && !led_by_friend) {
    return absl::PermissionDeniedError(
        Concat(named_by->host, ", a public host, redirects to ", url->display(),
               " at the private address ", ip,
               ", which is refused; if that storage is yours, allow it with "
               "--allow-private-redirect ",
               named_by->host));
  }
  if (rule->Allows(ip) || (led_by_friend && !IsMetadataAddress(ip))) {
    return absl::OkStatus();
  }
  const std::string what =
      IsMetadataAddress(ip)
          ? ", where a cloud keeps its machines' secrets, which is refused"
          : ", which the public internet does not reach: it is refused";
  return absl::PermissionDeniedError(
      Concat(url->display(), " is at ", ip, what,
             " for what a release names; if that host is yours, allow it with ",
             FlagToAllow(ip),
             ", or the block of your network, on the workers and the "
             "coordinator"));
}

}  // namespace kso::http
