// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/front_door.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "common/base/version.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"
#include "coordinator/api/json_text.h"
#include "coordinator/api/problem.h"
#include "coordinator/api/same_origin.h"
#include "coordinator/status/page.h"

namespace kso::coordinator {
namespace {

// RFC 6750, section 2.1; schemes do not care for case (RFC 9110, section 11.1).
constexpr std::string_view kBearer = "bearer ";
constexpr size_t kLongestShown = 200;

// Browsers take a cookie with this prefix only over TLS, for this host alone
// and for all its paths (RFC 6265bis, section 4.1.3.2).
std::string_view CookieName(const HttpPeer& peer) {
  return peer.tls ? "__Host-kso-session" : "kso-session";
}

std::string CookieOf(const HttpPeer& peer, std::string_view value,
                     int64_t seconds) {
  return Concat(CookieName(peer), "=", value,
                "; Path=/; HttpOnly; SameSite=Strict; Max-Age=", seconds,
                peer.tls ? "; Secure" : "");
}

// The headers of all answers. Nothing is kept by browsers and proxies, framed,
// taken for another type, or loaded from elsewhere.
HttpResponse Finish(HttpResponse response) {
  for (const auto& [name, value] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"Cache-Control", "no-store"},
           {"X-Content-Type-Options", "nosniff"},
           {"X-Frame-Options", "DENY"},
           {"Referrer-Policy", "no-referrer"},
           {"Cross-Origin-Opener-Policy", "same-origin"},
           {"Cross-Origin-Resource-Policy", "same-origin"},
           {"Content-Security-Policy", kPagePolicy}}) {
    response.headers.push_back({std::string(name), std::string(value)});
  }
  return response;
}

HttpResponse FileResponse(const PageFile& file) {
  return MakeResponse(200, file.content_type, std::string(file.content));
}

HttpResponse JsonResponse(const OutJson& json) {
  return MakeResponse(200, "application/json", JsonText(json));
}

std::string Shown(const HttpRequest& head) {
  return Concat(head.method, " ", PrintableText(head.path, kLongestShown));
}

}  // namespace

std::string CookieIn(const HttpRequest& request, std::string_view name) {
  std::string found;
  int count = 0;
  for (const HttpHeader& header : request.headers) {
    if (!absl::EqualsIgnoreCase(header.name, "Cookie")) continue;
    for (const absl::string_view pair : absl::StrSplit(header.value, ';')) {
      const std::pair<absl::string_view, absl::string_view> parts =
          absl::StrSplit(absl::StripAsciiWhitespace(pair),
                         absl::MaxSplits('=', 1));
      if (ToStd(parts.first) != name) continue;
      found = std::string(parts.second);
      ++count;
    }
  }
  return count == 1 ? found : "";
}

HttpResponse FrontDoor::Problem(int status, std::string_view detail) {
  return Finish(ProblemResponse(status, detail));
}

absl::Status FrontDoor::CheckHost(const HttpRequest& head) const {
  if (head.CountHeaders("Host") != 1) {
    return absl::InvalidArgumentError(
        "a request has one Host header (RFC 9112, section 3.2)");
  }
  const std::string_view host = head.Header("Host");
  if (names_.Knows(host, head.peer.local_host)) return absl::OkStatus();
  return absl::NotFoundError(
      Concat("this coordinator does not answer as \"",
             PrintableText(host, kLongestShown),
             "\"; its operator can add the name: --http-host ",
             PrintableText(HostNames::NameIn(host), kLongestShown)));
}

FrontDoor::Caller FrontDoor::CallerOf(const HttpRequest& head) const {
  Caller caller;
  Evidence evidence;
  evidence.remote = head.peer.address;
  evidence.has_certificate = head.peer.has_certificate;
  evidence.uris = head.peer.certificate_uris;
  evidence.certificate = head.peer.certificate;
  const std::string_view authorization = head.Header("Authorization");
  if (head.CountHeaders("Authorization") > 1) {
    caller.who = absl::UnauthenticatedError(
        "the header Authorization is there twice; send one token");
    return caller;
  }
  if (!authorization.empty()) {
    if (!absl::StartsWithIgnoreCase(ToAbsl(authorization), ToAbsl(kBearer)) ||
        authorization.size() == kBearer.size()) {
      caller.who = absl::UnauthenticatedError(
          "the header Authorization is not \"Bearer TOKEN\"");
      return caller;
    }
    evidence.bearer = authorization.substr(kBearer.size());
    caller.who = doors_.authenticator->Identify(evidence);
    return caller;
  }
  const std::string id = CookieIn(head, CookieName(head.peer));
  if (!id.empty()) caller.session = sessions_.Find(id);
  if (caller.session.has_value()) {
    evidence.bearer = caller.session->token;
    caller.who = doors_.authenticator->Identify(evidence);
    if (caller.who.ok()) return caller;
    // The token has been revoked or has expired, and its session with it.
    sessions_.End(id);
    caller.session.reset();
    evidence.bearer = {};
  }
  caller.who = doors_.authenticator->Identify(evidence);
  return caller;
}

absl::Status FrontDoor::CheckCaller(const Route& route, const HttpRequest& head,
                                    const Caller& caller) const {
  if (doors_.authenticator->open() && !head.peer.loopback) {
    return absl::PermissionDeniedError(
        "no identity is configured on this farm, so it serves its own machine "
        "only");
  }
  if (!route.open_to_everybody) {
    if (!caller.who.ok()) return caller.who.status();
    const absl::Status status = CheckRoles(
        *caller.who, route.roles, Concat(route.method, " ", route.path));
    if (!status.ok()) return status;
  }
  return route.changes() ? CheckSameOrigin(head, route.takes_form)
                         : absl::OkStatus();
}

void FrontDoor::NoteRefusal(const HttpRequest& head,
                            const absl::StatusOr<Principal>& who,
                            const absl::Status& status) const {
  Deed deed;
  if (who.ok()) deed.who = *who;
  deed.who.remote = head.peer.address;
  deed.what = Shown(head);
  deed.outcome = status;
  doors_.audit->Note(deed);
}

HttpAdmission FrontDoor::Admit(const HttpRequest& head) {
  if (const absl::Status status = CheckHost(head); !status.ok()) {
    const int code = absl::IsNotFound(status) ? 421 : 400;
    return HttpAdmission::Refuse(Problem(code, ToStd(status.message())));
  }
  const RouteMatch match = MatchRoute(head.method, head.segments);
  if (match.route != nullptr) return AdmitRoute(match, head);
  if (match.allow.empty()) {
    return HttpAdmission::Refuse(Finish(AnswerFile(head)));
  }
  HttpResponse refusal =
      Problem(405, Concat("this path has the methods ", match.allow));
  refusal.headers.push_back({"Allow", match.allow});
  return HttpAdmission::Refuse(std::move(refusal));
}

HttpAdmission FrontDoor::AdmitRoute(const RouteMatch& match,
                                    const HttpRequest& head) {
  Caller caller = CallerOf(head);
  if (const absl::Status status = CheckCaller(*match.route, head, caller);
      !status.ok()) {
    NoteRefusal(head, caller.who, status);
    return HttpAdmission::Refuse(Finish(ProblemResponse(status)));
  }
  HttpAdmission admission;
  admission.most_body_bytes = match.route->most_body_bytes;
  admission.run = [this, caller = std::move(caller), route = match.route,
                   parameters = match.parameters](HttpRequest request,
                                                  HttpRespond respond) mutable {
    ApiCall call;
    call.route = route;
    call.parameters = std::move(parameters);
    call.request = std::move(request);
    if (caller.who.ok()) call.who = *caller.who;
    call.respond = [respond =
                        std::move(respond)](HttpResponse response) mutable {
      respond(Finish(std::move(response)));
    };
    Run(std::move(call), caller);
  };
  return admission;
}

HttpResponse FrontDoor::AnswerFile(const HttpRequest& head) {
  const PageFile* file = FindPageFile(head.path);
  if (file == nullptr) return ProblemResponse(404, "there is no such path");
  if (head.method != "GET") {
    HttpResponse refusal =
        ProblemResponse(405, "this path has the methods GET, HEAD");
    refusal.headers.push_back({"Allow", "GET, HEAD"});
    return refusal;
  }
  const Caller caller = CallerOf(head);
  const Route route = {Operation::kLoginPage,
                       "GET",
                       head.path,
                       {access::Role::kView},
                       file->open_to_everybody};
  const absl::Status status = CheckCaller(route, head, caller);
  if (status.ok()) return FileResponse(*file);
  // A browser that only has no login yet is shown where to get one.
  if (absl::IsUnauthenticated(status)) {
    HttpResponse response;
    response.status = 303;
    response.headers.push_back({"Location", "/login"});
    return response;
  }
  NoteRefusal(head, caller.who, status);
  return ProblemResponse(status);
}

void FrontDoor::Run(ApiCall call, const Caller& caller) {
  switch (call.route->operation) {
    case Operation::kGetSession:
      return call.respond(Session(caller));
    case Operation::kLoginPage:
      return call.respond(FileResponse(*FindPageFile("/login")));
    case Operation::kLogin:
      return call.respond(LogIn(call.request));
    case Operation::kLogout:
      return call.respond(LogOut(call.request));
    default:
      break;
  }
  // A stream outlives the check of its request. Others have bodies, of which
  // there shall be no second copy.
  if (call.route->operation == Operation::kStreamEvents) {
    call.allowed = [this, head = call.request, route = call.route] {
      return CheckCaller(*route, head, CallerOf(head)).ok();
    };
  }
  api_.Run(std::move(call));
}

HttpResponse FrontDoor::Session(const Caller& caller) const {
  const Principal who = caller.who.value_or(Principal());
  const bool is_open = doors_.authenticator->open();
  OutJson roles = OutJson::array();
  for (std::string& role : RoleNames(who)) roles.push_back(std::move(role));
  OutJson json = {{"authentication", is_open ? "none" : "required"},
                  {"version", kVersion},
                  {"plaintextToOthers", doors_.plaintext_to_others},
                  {"roles", std::move(roles)}};
  if (who.how != IdentifiedBy::kNothing) json["principal"] = who.name;
  if (caller.session.has_value()) {
    json["expires"] = TimeInJson(caller.session->expires);
  }
  return JsonResponse(json);
}

HttpResponse FrontDoor::LogIn(const HttpRequest& request) {
  const absl::StatusOr<Json> json = ParseJson(request.body);
  if (!json.ok()) return ProblemResponse(json.status());
  std::string token = StringOf(*json, "token");
  if (token.empty()) {
    return ProblemResponse(400, "the body is not {\"token\": \"...\"}");
  }
  Caller caller;
  caller.who = doors_.authenticator->Identify(
      {.bearer = token, .uris = {}, .remote = request.peer.address});
  Deed deed;
  if (caller.who.ok()) deed.who = *caller.who;
  deed.who.remote = request.peer.address;
  deed.what = "POST /login";
  deed.outcome = caller.who.status();
  doors_.audit->Note(deed);
  if (!caller.who.ok()) return ProblemResponse(caller.who.status());
  const std::string id = sessions_.Begin(std::move(token));
  caller.session = sessions_.Find(id);
  HttpResponse response = Session(caller);
  response.headers.push_back(
      {"Set-Cookie",
       CookieOf(request.peer, id, absl::ToInt64Seconds(sessions_.lifetime()))});
  return response;
}

HttpResponse FrontDoor::LogOut(const HttpRequest& request) {
  const std::string id = CookieIn(request, CookieName(request.peer));
  if (!id.empty()) sessions_.End(id);
  HttpResponse response;
  response.status = 204;
  response.headers.push_back({"Set-Cookie", CookieOf(request.peer, "", 0)});
  return response;
}

}  // namespace kso::coordinator
