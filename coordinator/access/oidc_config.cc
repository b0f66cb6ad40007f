// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/oidc_config.h"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"

namespace kso::coordinator {
namespace {

constexpr size_t kLargestConfig = size_t{1} << 20;

absl::Status CheckKeys(const Json& object, std::string_view what,
                       std::initializer_list<std::string_view> known) {
  if (!object.is_object()) {
    return absl::InvalidArgumentError(Concat(what, " is no object"));
  }
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return absl::InvalidArgumentError(
          Concat(what, " has an unknown key '", PrintableText(key, 64), "'"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Values(const std::string& claim,
                                                const Json& json) {
  std::vector<std::string> values;
  if (json.is_string()) {
    values.push_back(json.get<std::string>());
  } else if (json.is_array()) {
    for (const Json& one : json) {
      values.push_back(one.is_string() ? one.get<std::string>() : "");
    }
  }
  if (values.empty() ||
      std::find(values.begin(), values.end(), "") != values.end()) {
    return absl::InvalidArgumentError(
        Concat("the claim '", PrintableText(claim, 64),
               "' has to be a text, or a list of texts that are allowed"));
  }
  return values;
}

absl::StatusOr<OidcRule> ParseRule(const Json& json) {
  KSO_RETURN_IF_ERROR(
      CheckKeys(json, "a rule of \"allow\"", {"role", "claims"}));
  OidcRule rule;
  if (const std::string role = StringOf(json, "role"); !role.empty()) {
    KSO_ASSIGN_OR_RETURN(rule.role, access::ParseRole(role));
  } else if (json.contains("role")) {
    return absl::InvalidArgumentError("\"role\" has to be a text");
  }
  if (rule.role != access::Role::kSubmit && rule.role != access::Role::kView) {
    return absl::InvalidArgumentError(
        "a pipeline may have the role submit or view only");
  }
  KSO_ASSIGN_OR_RETURN(const Json* const claims, FieldOf(json, "claims"));
  if (claims == nullptr || !claims->is_object() || claims->empty()) {
    return absl::InvalidArgumentError(
        "a rule needs \"claims\", such as {\"repository\": \"acme/farm\"}: the "
        "issuer signs tokens for everybody");
  }
  for (const auto& [claim, value] : claims->items()) {
    KSO_ASSIGN_OR_RETURN(rule.claims[claim], Values(claim, value));
  }
  return rule;
}

bool IsHttps(std::string_view url) { return url.starts_with("https://"); }

absl::StatusOr<OidcIssuer> ParseIssuer(const Json& json) {
  KSO_RETURN_IF_ERROR(CheckKeys(
      json, "an issuer",
      {"issuer", "audience", "jwksUrl", "jwksFile", "allow", "nameClaim"}));
  OidcIssuer issuer;
  issuer.issuer = StringOf(json, "issuer");
  issuer.audience = StringOf(json, "audience");
  issuer.jwks_url = StringOf(json, "jwksUrl");
  issuer.jwks_file = StringOf(json, "jwksFile");
  issuer.name_claim = StringOf(json, "nameClaim");
  if (!IsHttps(issuer.issuer)) {
    return absl::InvalidArgumentError(
        "\"issuer\" has to be the https URL that tokens have as \"iss\"");
  }
  if (issuer.audience.empty()) {
    return absl::InvalidArgumentError(
        "\"audience\" is missing: tokens for other services of the issuer must "
        "not be of use here");
  }
  if (issuer.jwks_url.empty() == issuer.jwks_file.empty()) {
    return absl::InvalidArgumentError(
        "give either \"jwksUrl\" or \"jwksFile\": where the issuer's keys are");
  }
  if (!issuer.jwks_url.empty() && !IsHttps(issuer.jwks_url)) {
    return absl::InvalidArgumentError(
        "\"jwksUrl\" has to begin with https://: who changes the keys on their "
        "way is every identity");
  }
  if (json.contains("nameClaim") && issuer.name_claim.empty()) {
    return absl::InvalidArgumentError(
        "\"nameClaim\" has to be the name of a claim, such as \"repository\"");
  }
  KSO_ASSIGN_OR_RETURN(const Json* const rules, FieldOf(json, "allow"));
  if (rules == nullptr || !rules->is_array() || rules->empty()) {
    return absl::InvalidArgumentError(
        "\"allow\" is missing: the list of rules of which one has to hold");
  }
  for (const Json& rule : *rules) {
    KSO_ASSIGN_OR_RETURN(OidcRule parsed, ParseRule(rule));
    issuer.rules.push_back(std::move(parsed));
  }
  return issuer;
}

}  // namespace

absl::StatusOr<OidcConfig> ParseOidcConfig(std::string_view json) {
  KSO_ASSIGN_OR_RETURN(const Json document,
                       ParseJson(json, {.bytes = kLargestConfig, .depth = 8}));
  KSO_RETURN_IF_ERROR(CheckKeys(document, "the file", {"issuers"}));
  KSO_ASSIGN_OR_RETURN(const Json* const issuers, FieldOf(document, "issuers"));
  if (issuers == nullptr || !issuers->is_array() || issuers->empty()) {
    return absl::InvalidArgumentError("\"issuers\" is missing: a list");
  }
  OidcConfig config;
  std::set<std::string> names;
  for (size_t i = 0; i < issuers->size(); ++i) {
    auto issuer = ParseIssuer((*issuers)[i]);
    if (!issuer.ok()) {
      return Prefixed(issuer.status(), Concat("issuer ", i + 1, ": "));
    }
    if (!names.insert(issuer->issuer).second) {
      return absl::InvalidArgumentError(
          Concat("two entries for ", PrintableText(issuer->issuer, 200),
                 "; put all rules into the first"));
    }
    config.issuers.push_back(*std::move(issuer));
  }
  return config;
}

}  // namespace kso::coordinator
