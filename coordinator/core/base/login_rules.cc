// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/login_rules.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/access/identity_uri.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/login/login_places.h"
#include "common/oci/reference.h"
#include "common/text/printable_text.h"

namespace kso::coordinator {
namespace {

constexpr std::string_view kRole = "role:";
constexpr size_t kLongestShown = 300;

absl::Status CheckWho(std::string_view value, std::string_view who) {
  const bool is_role = who.starts_with(kRole);
  const std::string_view role = is_role ? who.substr(kRole.size()) : "";
  const size_t star = who.find('*');
  const bool fits = is_role ? role == "submit" || role == "admin"
                            : !who.empty() && (star == std::string_view::npos ||
                                               star + 1 == who.size());
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("--logins-for \"", PrintableText(value, kLongestShown),
             "\": after \"=\", name identities, such as alice or team-a-*, "
             "role:submit or role:admin, with commas between them"));
}

bool IsOne(const v1::SubmitBuildRequest& request, std::string_view who) {
  if (who.starts_with(kRole)) {
    return std::any_of(
        request.submitter_roles().begin(), request.submitter_roles().end(),
        [role = who.substr(kRole.size())](const std::string& has) {
          return has == role;
        });
  }
  if (who.ends_with('*')) {
    const std::string_view start = who.substr(0, who.size() - 1);
    // An issuer of pipelines' tokens chooses subjects, which may begin as the
    // names of tokens and certificates do.
    const bool of_names = access::CheckIdentityName(start).ok();
    return request.submitted_by().starts_with(start) &&
           (!of_names ||
            access::CheckIdentityName(request.submitted_by()).ok());
  }
  return request.submitted_by() == who;
}

// Returns whether a destination "HOST[:PORT]/PATH" is in the place, which has
// been parsed before.
bool IsIn(const std::string& place, const v1::Destination& destination) {
  const std::string_view location = destination.location();
  const size_t slash = location.find('/');
  const auto places = oci::LoginPlaces::Parse({place});
  return places.ok() &&
         places->Contain(oci::RegistryHost(location.substr(0, slash)),
                         slash == std::string_view::npos
                             ? std::string_view()
                             : location.substr(slash + 1));
}

}  // namespace

absl::StatusOr<LoginRules> LoginRules::Parse(
    const std::vector<std::string>& values) {
  LoginRules rules;
  for (const std::string& value : values) {
    const size_t equals = value.find('=');
    Rule rule = {.place = value.substr(0, equals), .who = {}};
    KSO_RETURN_IF_ERROR(oci::LoginPlaces::Parse({rule.place}).status());
    if (equals != std::string::npos) {
      rule.who = absl::StrSplit(value.substr(equals + 1), ',');
      for (const std::string& who : rule.who) {
        KSO_RETURN_IF_ERROR(CheckWho(value, who));
      }
      rules.divide_ = true;
    }
    rules.rules_.push_back(std::move(rule));
  }
  return rules;
}

std::vector<std::string> LoginRules::places() const {
  std::vector<std::string> places;
  for (const Rule& rule : rules_) places.push_back(rule.place);
  return places;
}

bool LoginRules::Covers(const Rule& rule,
                        const v1::SubmitBuildRequest& request) {
  return rule.who.empty() || std::any_of(rule.who.begin(), rule.who.end(),
                                         [&](const std::string& who) {
                                           return IsOne(request, who);
                                         });
}

v1::LoginScope LoginRules::ScopeOf(
    const v1::SubmitBuildRequest& request) const {
  v1::LoginScope scope;
  for (const Rule& rule : rules_) {
    if (Covers(rule, request)) scope.add_places(rule.place);
  }
  return scope;
}

absl::Status LoginRules::CheckDestination(
    const v1::SubmitBuildRequest& request) const {
  const v1::Destination& destination = request.release().destination();
  if (destination.kind() != v1::Destination::REGISTRY) return absl::OkStatus();
  std::vector<std::string> others;
  for (const Rule& rule : rules_) {
    if (!IsIn(rule.place, destination)) continue;
    if (Covers(rule, request)) return absl::OkStatus();
    others.push_back(rule.place);
  }
  if (others.empty()) return absl::OkStatus();
  return absl::PermissionDeniedError(
      Concat("the farm's login for ", destination.location(), " is not for ",
             request.submitted_by().empty() ? "nobody" : request.submitted_by(),
             "; push to a place of yours, or ask who operates the farm for "
             "--logins-for ",
             absl::StrJoin(others, ", "), "=",
             request.submitted_by().empty() ? "WHO" : request.submitted_by()));
}

}  // namespace kso::coordinator
