// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/render_request.h"

#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"

namespace kso::cli {
namespace {

// Answers have a line for each expression, for which there is no other bound.
constexpr size_t kMostAnswerBytes = 64 << 20;

// Variables that say where something is fetched from.
constexpr char kAddresses[] = "(_url|_image_repo|_repo|_image_registry)$";

nlohmann::json PathsOf(const std::vector<std::filesystem::path>& paths) {
  nlohmann::json found = nlohmann::json::array();
  for (const auto& path : paths) found.push_back(path.string());
  return found;
}

nlohmann::json SettingsOf(const Settings& settings) {
  nlohmann::json found = nlohmann::json::object();
  for (const auto& [name, value] : settings) {
    if (value == "true" || value == "false") {
      found[name] = value == "true";
    } else {
      found[name] = value;
    }
  }
  return found;
}

}  // namespace

int RenderRequest::Ask(const std::string& role, const std::string& text,
                       const Settings& settings) {
  const Expression expression{role, text, settings};
  const auto [entry, is_new] =
      numbers_.emplace(expression, static_cast<int>(expressions_.size()));
  if (is_new) expressions_.push_back(expression);
  return entry->second;
}

int RenderRequest::AskWhether(const std::string& role,
                              const std::string& condition) {
  return Ask(role, absl::StrCat("{% if ", condition,
                                " %}true{% else %}false{% endif %}"));
}

std::string RenderRequest::ToJson(
    const std::vector<std::filesystem::path>& sources,
    const std::map<std::string, RoleFiles>& roles,
    const std::vector<std::string>& keep) const {
  nlohmann::json request;
  request["sources"] = PathsOf(sources);
  request["restore"] = kAddresses;
  request["keep"] = keep;
  request["roles"] = nlohmann::json::object();
  for (const auto& [name, files] : roles) {
    request["roles"][name] = {{"defaults", PathsOf(files.defaults)},
                              {"vars", PathsOf(files.vars)}};
  }
  nlohmann::json expressions = nlohmann::json::array();
  for (size_t i = 0; i < expressions_.size(); ++i) {
    expressions.push_back({{"id", absl::StrCat(i)},
                           {"text", expressions_[i].text},
                           {"role", expressions_[i].role},
                           {"set", SettingsOf(expressions_[i].settings)}});
  }
  request["expressions"] = std::move(expressions);
  // Files of a checkout may have any bytes.
  return request.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

Rendered RenderAnswer::ValueOf(int number) const {
  const auto found = values.find(number);
  return found == values.end() ? Rendered{"", "Ansible gave no answer"}
                               : found->second;
}

absl::StatusOr<RenderAnswer> ParseRenderAnswer(std::string_view json) {
  KSO_ASSIGN_OR_RETURN(const Json document,
                       ParseJson(json, {.bytes = kMostAnswerBytes}));
  RenderAnswer answer;
  answer.host = PrintableText(StringOf(document, "host"));
  const std::string kernel = StringOf(document, "architecture");
  answer.architecture = kernel == "x86_64" ? "amd64" : "arm64";
  KSO_ASSIGN_OR_RETURN(const Json* overridden, FieldOf(document, "overridden"));
  if (overridden != nullptr) {
    for (const Json& entry : *overridden) {
      answer.overridden.emplace_back(PrintableText(StringOf(entry, "name")),
                                     PrintableText(StringOf(entry, "value")));
    }
  }
  KSO_ASSIGN_OR_RETURN(const Json* values, FieldOf(document, "values"));
  if (values == nullptr || !values->is_array()) {
    return absl::InvalidArgumentError("an answer of Ansible has no values");
  }
  for (const Json& entry : *values) {
    int number = 0;
    if (!absl::SimpleAtoi(StringOf(entry, "id"), &number)) continue;
    answer.values[number] = {PrintableText(StringOf(entry, "value")),
                             PrintableText(StringOf(entry, "error"))};
  }
  return answer;
}

}  // namespace kso::cli
