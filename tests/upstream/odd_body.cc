// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/odd_body.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace kso::upstream {
namespace {

std::string BodyNamed(std::string_view name) {
  if (name == "nested") {
    return absl::StrCat(R"({"errors":[{"code":)", std::string(200'000, '['));
  }
  if (name == "bytes") {
    return "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"caf\xe9\"}]}";
  }
  return "<!doctype html><html><title>Sign in</title><p>Please sign in."
         "</html>\n";
}

}  // namespace

void AnswerWithOddBody(int status, std::string_view name,
                       httplib::Response& response) {
  response.status = status;
  response.set_content(BodyNamed(name),
                       name == "html" ? "text/html" : "application/json");
}

}  // namespace kso::upstream
