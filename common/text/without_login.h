// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_TEXT_WITHOUT_LOGIN_H_
#define KSO_COMMON_TEXT_WITHOUT_LOGIN_H_

#include <string>
#include <string_view>

namespace kso {

// Returns, for messages, a text that is meant as a URL, an image or a
// destination without the parts that may be secret: a user name, a password, a
// query and a fragment. Where a login may go on behind what looks like the
// host, as a password with a "/" does that was not percent-coded, the scheme
// alone is shown: "https://***".
std::string WithoutLogin(std::string_view text);

}  // namespace kso

#endif  // KSO_COMMON_TEXT_WITHOUT_LOGIN_H_
