// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/connection_trouble.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace kso::rpc {
namespace {

constexpr char kNoCoordinator[] =
    "what answers there is no coordinator, or a proxy that does not pass gRPC; "
    "the page's port (--http-listen) is another one";
constexpr char kOtherAuthority[] =
    "its certificate does not come from an authority in --ca, or is not valid "
    "now";

// How gRPC's own messages about a connection begin. One of the coordinator may
// have any of the words below in it, such as a registry's "timeout".
constexpr const char* kBeginnings[] = {
    "failed to connect to all addresses",
    "connections to all backends failing",
    "DNS resolution failed",
    "Socket closed",
    "Connection reset",
    "recvmsg",
    "sendmsg",
    "Endpoint read failed",
    "keepalive ",
    "Failed parsing HTTP/2",
    "Trying to connect an http1.x server",
    "Received http2 header with status",
};

bool IsOfTransport(absl::string_view message) {
  return std::any_of(
      std::begin(kBeginnings), std::end(kBeginnings),
      [message](const char* said) { return absl::StartsWith(message, said); });
}

// Something in gRPC's message, and what it means. The first that is there
// counts. The words are those of gRPC 1.51, and of later ones where they
// differ.
struct Meaning {
  const char* sign;
  const char* words;
};

constexpr Meaning kMeanings[] = {
    {"Connection refused", "nothing listens there (connection refused)"},
    {"No such file or directory", "there is no such socket"},
    {"DNS resolution failed",
     "its name cannot be resolved; check the name, and this machine's DNS"},
    {"Domain name not found",
     "its name cannot be resolved; check the name, and this machine's DNS"},
    {"wrong version number",
     "it does not speak TLS; leave out --ca, or give it a certificate"},
    {"WRONG_VERSION_NUMBER",
     "it does not speak TLS; leave out --ca, or give it a certificate"},
    {"certificate verify failed", kOtherAuthority},
    {"CERTIFICATE_VERIFY_FAILED", kOtherAuthority},
    {"Hostname Verification Check failed",
     "its certificate does not name the host of this address; `ksoctl certs "
     "show` says which it names"},
    {"ALPN", kNoCoordinator},
    {"Failed parsing HTTP/2", kNoCoordinator},
    {"http1.x server", kNoCoordinator},
    {"http2 header with status", kNoCoordinator},
    {"No route to host", "there is no way to it from this machine"},
    {"Network is unreachable", "there is no way to it from this machine"},
    {"imed out", "it does not answer in time"},
    {"imeout", "it does not answer in time"},
    {"Socket closed",
     "it closed the connection: it is being started, or speaks TLS (then name "
     "its authority with --ca), or wants a certificate (--cert and --key)"},
    {"Connection reset",
     "it closed the connection: it is being started, or speaks TLS (then name "
     "its authority with --ca), or wants a certificate (--cert and --key)"},
};

}  // namespace

absl::Status ExplainConnection(const absl::Status& status) {
  const absl::string_view message = status.message();
  const bool is_of_web_server =
      absl::StartsWith(message, "Received http2 header with status");
  if (!absl::IsUnavailable(status) && !is_of_web_server) return status;
  if (!IsOfTransport(message)) return status;
  for (const Meaning& meaning : kMeanings) {
    if (absl::StrContains(message, meaning.sign)) {
      return absl::UnavailableError(meaning.words);
    }
  }
  return status;
}

}  // namespace kso::rpc
