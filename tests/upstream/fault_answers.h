// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_FAULT_ANSWERS_H_
#define KSO_TESTS_UPSTREAM_FAULT_ANSWERS_H_

#include <httplib.h>

#include <string_view>

#include "tests/upstream/send_object.h"
#include "tests/upstream/service_context.h"

namespace kso::upstream {

// Answers with a failing status, a body of its own or a redirect when one is
// due for `subject`; returns whether it did. A failure's detail is its
// Retry-After: seconds, "d" and seconds for a date that far ahead, or "-" for
// none; without a detail `retry_after` is taken, if there is one.
bool AnswerWithFault(const ServiceContext& context, std::string_view subject,
                     std::string_view retry_after,
                     const httplib::Request& request,
                     httplib::Response& response);

// Waits where the answer is to be late. Called before anything else.
void DelayWithFault(const ServiceContext& context, std::string_view subject);

// Sets the headers that are due for `subject`, whatever the answer has.
void SetHeaderFaults(const ServiceContext& context, std::string_view subject,
                     httplib::Response& response);

// Adds the faults that are due for the size and the body of an answer.
void AddBodyFaults(const ServiceContext& context, std::string_view subject,
                   const httplib::Request& request, SendOptions& options);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_FAULT_ANSWERS_H_
