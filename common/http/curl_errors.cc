// SPDX-License-Identifier: Apache-2.0
#include "common/http/curl_errors.h"

#include "common/base/status_notes.h"
#include "common/base/strings.h"

namespace kso::http {

absl::Status StatusOfCurl(CURLcode code, const Url& url,
                          std::string_view detail) {
  const std::string what = Concat(url.display(), ": ", detail);
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return absl::InvalidArgumentError(what);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return absl::FailedPreconditionError(Concat(
          what, "; install the authority that signed the certificate of ",
          url.host(), " on this machine, or name its file in SSL_CERT_FILE"));
    case CURLE_SSL_CONNECT_ERROR:
      return absl::UnavailableError(
          Concat(what, "; if ", url.host(),
                 " speaks plain HTTP, say so (--plain-http)"));
    case CURLE_COULDNT_RESOLVE_HOST:
      return absl::UnavailableError(
          Concat(what, "; check the name and this machine's DNS"));
    case CURLE_COULDNT_RESOLVE_PROXY:
      return absl::UnavailableError(
          Concat(what, "; check the proxy in this machine's environment"));
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
      return absl::UnavailableError(
          Concat(what, "; check that ", url.host(),
                 " can be reached from this machine"));
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
      return absl::UnavailableError(
          Concat(what, " (the connection ended early)"));
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE:
#endif
    case CURLE_OUT_OF_MEMORY:
      // libcurl has a bound on the length of a header, 100 KiB.
      return Exhausted(Resource::kSizeBound,
                       Concat(url.display(),
                              " answers with a header that is "
                              "too long"));
    default:
      return absl::UnavailableError(what);
  }
}

}  // namespace kso::http
