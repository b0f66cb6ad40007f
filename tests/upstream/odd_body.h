// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_ODD_BODY_H_
#define KSO_TESTS_UPSTREAM_ODD_BODY_H_

#include <httplib.h>

#include <string_view>

namespace kso::upstream {

// Answers with that status and with a body that no error of a registry has:
// "html", a page; "nested", a JSON document of 200,000 brackets; or "bytes", an
// error whose message is no text.
void AnswerWithOddBody(int status, std::string_view name,
                       httplib::Response& response);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_ODD_BODY_H_
