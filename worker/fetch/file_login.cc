// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/file_login.h"

#include "absl/status/statusor.h"
#include "common/http/url.h"
#include "common/oci/login/login_policy.h"

namespace kso::worker {

bool MayLogIn(const TaskControl& control, const std::string& url) {
  if (!control.logins().has_value()) return true;
  const absl::StatusOr<http::Url> parsed = http::Url::Parse(url);
  return parsed.ok() && oci::LoginPolicy()
                            .LimitedTo(*control.logins())
                            .CheckFile(*parsed)
                            .ok();
}

}  // namespace kso::worker
