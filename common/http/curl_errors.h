// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_CURL_ERRORS_H_
#define KSO_COMMON_HTTP_CURL_ERRORS_H_

#include <curl/curl.h>

#include <string_view>

#include "absl/status/status.h"
#include "common/http/url.h"

namespace kso::http {

// Translates a failure of libcurl to the codes that transport.h promises, in
// words that say what to do. `detail` is libcurl's own description.
absl::Status StatusOfCurl(CURLcode code, const Url& url,
                          std::string_view detail);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_CURL_ERRORS_H_
