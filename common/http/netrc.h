// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_NETRC_H_
#define KSO_COMMON_HTTP_NETRC_H_

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/http/transport.h"
#include "common/http/url.h"
#include "common/text/secrets.h"

namespace kso::http {

// The logins of a netrc file, as ftp, curl and wget read it (netrc(5)): tokens
// "machine HOST login NAME password SECRET", apart by blanks and line ends, in
// double quotes where they have blanks; "macdef" is skipped to the next empty
// line, and '#' begins a comment at the beginning of a line. Immutable.
//
// "default" names a login for every host there is; it is skipped, since any
// host could have it then.
class Netrc {
 public:
  // Without logins.
  Netrc() = default;

  // INVALID_ARGUMENT names the line that cannot be read, and none of its text.
  static absl::StatusOr<Netrc> Parse(std::string_view content);
  // Reads `file`, else what $NETRC names, else ~/.netrc where there is one. A
  // file that is named and cannot be read is an error.
  static absl::StatusOr<Netrc> FromFile(const std::filesystem::path& file);

  // The Authorization for a host (RFC 7617); nothing when it has no login.
  std::optional<std::string> AuthorizationFor(std::string_view host) const;
  bool empty() const { return authorizations_.empty(); }
  // Adds all of the logins to `secrets`.
  void AddTo(Secrets& secrets) const;

 private:
  // By host in lowercase.
  std::map<std::string, std::string, std::less<>> authorizations_;
};

// Decorates `next` so that requests for the hosts of `netrc` carry their
// logins: over https, or plain to this machine's loopback. As all credentials,
// they go to the origin of the request only, never along a redirect to another.
// In headers and errors, a login that the host echoes is "***".
// `may_use` says whether a login may be used for a URL; empty: for each.
std::unique_ptr<Transport> WithNetrc(
    std::unique_ptr<Transport> next, Netrc netrc,
    std::function<bool(const Url& url)> may_use = {});

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_NETRC_H_
