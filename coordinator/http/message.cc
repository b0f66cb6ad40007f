// SPDX-License-Identifier: Apache-2.0
#include "coordinator/http/message.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "common/base/strings.h"

namespace kso::coordinator {

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (absl::EqualsIgnoreCase(header.name, ToAbsl(name))) return header.value;
  }
  return {};
}

int HttpRequest::CountHeaders(std::string_view name) const {
  return static_cast<int>(std::count_if(
      headers.begin(), headers.end(), [name](const HttpHeader& header) {
        return absl::EqualsIgnoreCase(header.name, ToAbsl(name));
      }));
}

HttpResponse MakeResponse(int status, std::string_view content_type,
                          std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers.push_back({"Content-Type", std::string(content_type)});
  response.body = std::make_shared<const std::string>(std::move(body));
  return response;
}

}  // namespace kso::coordinator
