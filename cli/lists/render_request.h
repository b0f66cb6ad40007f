// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_RENDER_REQUEST_H_
#define KSO_CLI_LISTS_RENDER_REQUEST_H_

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace kso::cli {

// Variables that are set for one expression: names and values. "true" and
// "false" become YAML's booleans.
using Settings = std::map<std::string, std::string>;

// Asks kso_render.py for the values of Jinja expressions, and numbers them. Not
// thread safe.
class RenderRequest {
 public:
  // The number under which the value of `text` will be found. Rendered as a
  // task of `role` would, or as one that belongs to none when it is empty. The
  // same question has the same number.
  int Ask(const std::string& role, const std::string& text,
          const Settings& settings = {});
  // The same for a condition as `when:` and {% if %} have it: "true" or
  // "false".
  int AskWhether(const std::string& role, const std::string& condition);

  // Files with variables, the weakest first.
  struct RoleFiles {
    std::vector<std::filesystem::path> defaults;
    std::vector<std::filesystem::path> vars;
  };

  // The request as kso_render.py reads it.
  std::string ToJson(const std::vector<std::filesystem::path>& sources,
                     const std::map<std::string, RoleFiles>& roles,
                     const std::vector<std::string>& keep) const;

 private:
  struct Expression {
    std::string role;
    std::string text;
    Settings settings;

    auto operator<=>(const Expression&) const = default;
  };

  std::vector<Expression> expressions_;
  std::map<Expression, int> numbers_;
};

// A value, or why there is none.
struct Rendered {
  std::string value;
  // Empty when there is a value.
  std::string error;

  bool ok() const { return error.empty(); }
};

// The items that one host of one architecture would ask for.
struct RenderAnswer {
  std::string host;
  // As OCI calls it: "amd64".
  std::string architecture;
  // Variables of the inventory that took Kubespray's own value back, and what
  // they had been.
  std::vector<std::pair<std::string, std::string>> overridden;
  // By the number of the question.
  std::map<int, Rendered> values;

  // An error for a question that has no answer.
  Rendered ValueOf(int number) const;
};

absl::StatusOr<RenderAnswer> ParseRenderAnswer(std::string_view json);

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_RENDER_REQUEST_H_
