// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/registry_catalog.h"

#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/http/transport.h"
#include "common/http/url.h"
#include "common/oci/media_types.h"
#include "common/oci/reference.h"
#include "common/oci/registry/registry_error.h"
#include "common/oci/registry/served_type.h"
#include "common/text/json.h"
#include "common/text/percent_coding.h"

namespace kso::oci {
namespace {

constexpr int kTagsInPage = 1000;
constexpr int kMostPages = 1000;
constexpr size_t kMostReferrers = 10000;
// The most bytes of all pages of a list. One of them is at most 4 MiB
// (common/http/transport.h).
constexpr size_t kMostBytes = 32 << 20;
constexpr int kDeleteTries = 5;

http::Request RequestOf(const std::string& method, std::string url) {
  http::Request request;
  request.method = method;
  request.url = std::move(url);
  return request;
}

// A link of a Link header, `<TARGET>; rel="next"` (RFC 8288, section 3).
struct Link {
  absl::string_view target;
  absl::string_view parameters;
};

// Takes the first link off `text`; nothing where none is left. A target may
// have commas, and so may what is quoted behind it.
std::optional<Link> TakeLink(absl::string_view& text) {
  const size_t begin = text.find('<');
  const size_t end = text.find('>', begin);
  if (begin == absl::string_view::npos || end == absl::string_view::npos) {
    return std::nullopt;
  }
  Link link{.target = text.substr(begin + 1, end - begin - 1),
            .parameters = {}};
  text.remove_prefix(end + 1);
  bool quoted = false;
  size_t length = 0;
  for (; length < text.size() && (quoted || text[length] != ','); ++length) {
    if (text[length] == '"') quoted = !quoted;
  }
  link.parameters = text.substr(0, length);
  text.remove_prefix(length);
  return link;
}

bool IsNext(const Link& link) {
  for (absl::string_view parameter : absl::StrSplit(link.parameters, ';')) {
    parameter = absl::StripAsciiWhitespace(parameter);
    if (!absl::StartsWithIgnoreCase(parameter, "rel")) continue;
    parameter = absl::StripAsciiWhitespace(parameter.substr(3));
    if (!absl::ConsumePrefix(&parameter, "=")) continue;
    for (const absl::string_view relation :
         absl::StrSplit(parameter, absl::ByAnyChar("\" "))) {
      if (absl::EqualsIgnoreCase(relation, "next")) return true;
    }
  }
  return false;
}

// The place of the next page, from a header such as
// `</v2/team/app/tags/list?n=1000&last=v9>; rel="next"`; nothing on the last
// page. A page elsewhere than at the registry's own API is an error, since the
// answer alone chooses it.
absl::StatusOr<std::optional<std::string>> NextPage(
    const RegistrySession& session, const http::Response& response,
    const std::string& what) {
  for (const auto& [name, value] : response.headers) {
    if (!absl::EqualsIgnoreCase(name, "Link")) continue;
    absl::string_view rest = value;
    while (const std::optional<Link> link = TakeLink(rest)) {
      if (!IsNext(*link)) continue;
      KSO_ASSIGN_OR_RETURN(const http::Url asked,
                           http::Url::Parse(response.effective_url));
      KSO_ASSIGN_OR_RETURN(const http::Url next,
                           asked.Resolve(ToStd(link->target)));
      if (next.origin() != session.base().origin()) {
        return absl::PermissionDeniedError(
            Concat(what, ": ", session.host(), " has the rest of it at ",
                   next.display(), ", which is not its own"));
      }
      return next.text();
    }
  }
  return std::nullopt;
}

// Adds the tags of a page. Returns whether one of them is new. An answer
// without a list is no end of the list.
absl::StatusOr<bool> AddTags(const std::string& body, const std::string& what,
                             std::set<std::string>& tags) {
  const absl::StatusOr<Json> json = ParseJson(body);
  if (!json.ok()) return Prefixed(json.status(), Concat(what, ": "));
  KSO_ASSIGN_OR_RETURN(const Json* list, FieldOf(*json, "tags"));
  // Distribution writes null for none.
  if (list == nullptr && json->is_object() && json->contains("tags")) {
    return false;
  }
  if (list == nullptr || !list->is_array()) {
    return absl::InvalidArgumentError(Concat(what, ": the answer is no list"));
  }
  bool added = false;
  for (const Json& tag : *list) {
    if (!tag.is_string() || !IsValidTag(tag.get<std::string>())) {
      return absl::InvalidArgumentError(Concat(
          what, ": \"",
          absl::CHexEscape(tag.is_string() ? tag.get<std::string>() : ""),
          "\" is no tag"));
    }
    added |= tags.insert(tag.get<std::string>()).second;
  }
  return added;
}

absl::Status DoesNotEnd(const std::string& what) {
  return absl::InvalidArgumentError(Concat(what, ": the list does not end"));
}

// Returns whether a registry says that it has no list of referrers for this
// caller. Those from before 1.1 of the specification do not know the path, and
// some of them answer that the request itself is bad, or with the web page that
// they have for unknown paths. Others want a right of its own for it, which who
// may read the image need not have.
bool ListsNoReferrers(const absl::StatusOr<http::Response>& response) {
  if (!response.ok()) {
    return absl::IsPermissionDenied(response.status()) ||
           absl::IsUnauthenticated(response.status());
  }
  switch (response->status) {
    case 200: {
      const std::string type = ServedType(*response);
      return !SaysNothing(type) && !IsIndexType(type);
    }
    case 400:
    case 401:
    case 403:
    case 404:
    case 405:
    case 406:
    case 410:
    case 415:
    case 422:
    case 501:
      return true;
    default:
      return false;
  }
}

// Reads a page of a list of referrers. One that cannot be read may have named
// any number, so that it is no end of the list.
absl::StatusOr<std::vector<Referrer>> ReadReferrers(
    const http::Response& response, const std::string& what) {
  const std::string type = ServedType(response);
  absl::StatusOr<std::vector<Referrer>> page = ParseReferrers(
      response.body, SaysNothing(type) ? std::string(kOciIndex) : type);
  if (page.ok()) return page;
  return absl::DataLossError(
      Concat(what, ": the answer cannot be read: ", page.status().message()));
}

// Returns whether a registry says that it deletes nothing, or not so: 405, or
// the code UNSUPPORTED with another status.
bool RefusesDeletion(const http::Response& response) {
  if (response.status == 405 || response.status == 501) return true;
  if (response.status / 100 != 4) return false;
  for (const std::string& code : ErrorCodes(response)) {
    if (code == "UNSUPPORTED") return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ListTags(
    RegistrySession& session, const std::string& repository) {
  const std::string what = Concat("listing the tags of ", repository);
  std::set<std::string> tags;
  size_t bytes = 0;
  std::optional<std::string> url =
      session.UrlOf(Concat(repository, "/tags/list?n=", kTagsInPage));
  for (int page = 0; url.has_value(); ++page) {
    KSO_ASSIGN_OR_RETURN(
        const http::Response response,
        session.Read(RequestOf("GET", *url), repository, what));
    if (response.status == 404 && page == 0) break;
    if (response.status / 100 != 2) return session.ErrorOf(response, what);
    bytes += response.body.size();
    if (page == kMostPages || bytes > kMostBytes) return DoesNotEnd(what);
    KSO_ASSIGN_OR_RETURN(const bool added, AddTags(response.body, what, tags));
    KSO_ASSIGN_OR_RETURN(url, NextPage(session, response, what));
    // Some registries link to an empty last page.
    if (!added) break;
  }
  return std::vector<std::string>(tags.begin(), tags.end());
}

absl::StatusOr<std::vector<Referrer>> ListReferrers(
    RegistrySession& session, const std::string& repository,
    const Digest& digest, std::string_view artifact_type) {
  const std::string what =
      Concat("listing what refers to ", digest.ToString(), " in ", repository);
  std::vector<Referrer> referrers;
  std::set<std::string> seen;
  size_t bytes = 0;
  std::optional<std::string> url =
      session.UrlOf(Concat(repository, "/referrers/", digest.ToString(),
                           artifact_type.empty() ? "" : "?artifactType=",
                           PercentEncode(artifact_type)));
  while (url.has_value()) {
    const absl::StatusOr<http::Response> response =
        session.Read(RequestOf("GET", *url), repository, what);
    if (seen.empty() && ListsNoReferrers(response)) break;
    KSO_RETURN_IF_ERROR(response.status());
    if (response->status / 100 != 2) return session.ErrorOf(*response, what);
    bytes += response->body.size();
    if (bytes > kMostBytes) return DoesNotEnd(what);
    KSO_ASSIGN_OR_RETURN(std::vector<Referrer> page,
                         ReadReferrers(*response, what));
    bool added = false;
    for (Referrer& referrer : page) {
      if (!seen.insert(referrer.manifest.digest()).second) continue;
      added = true;
      // Registries may leave the filter to their clients.
      if (artifact_type.empty() || referrer.artifact_type == artifact_type) {
        referrers.push_back(std::move(referrer));
      }
    }
    // Some registries link to an empty last page.
    if (!added) break;
    if (seen.size() > kMostReferrers) return DoesNotEnd(what);
    KSO_ASSIGN_OR_RETURN(url, NextPage(session, *response, what));
  }
  return referrers;
}

absl::Status DeleteManifest(RegistrySession& session,
                            const std::string& repository,
                            const std::string& reference) {
  const std::string what =
      Concat("deleting manifest ", reference, " of ", repository);
  const AccessScope scope{.repository = repository,
                          .push = true,
                          .mount_from = {},
                          .removes = true};
  const http::Request request = RequestOf(
      "DELETE", session.UrlOf(Concat(repository, "/manifests/", reference)));
  return session.RetryWhileTransient(
      kDeleteTries, [&]() -> RegistrySession::Attempt {
        const absl::StatusOr<http::Response> response =
            session.Perform(request, scope, what);
        if (!response.ok()) return {.status = response.status()};
        if (response->status / 100 == 2 || response->status == 404) {
          return {.status = absl::OkStatus()};
        }
        absl::Status error = session.ErrorOf(*response, what);
        if (RefusesDeletion(*response)) {
          error = absl::UnimplementedError(error.message());
        }
        return {.status = error};
      });
}

}  // namespace kso::oci
