// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/service_context.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace kso::upstream {

std::string OtherOrigin(const httplib::Request& request, int port) {
  const std::string host = request.get_header_value("Host");
  return absl::StrCat("http://", host.substr(0, host.rfind(':')), ":", port);
}

std::string StorageOrigin(const httplib::Request& request, int port) {
  return absl::StrReplaceAll(OtherOrigin(request, port),
                             {{"//localhost:", "//127.0.0.1:"}});
}

}  // namespace kso::upstream
