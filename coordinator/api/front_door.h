// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_FRONT_DOOR_H_
#define KSO_COORDINATOR_API_FRONT_DOOR_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/access/access_gate.h"
#include "coordinator/access/principal.h"
#include "coordinator/api/farm_api.h"
#include "coordinator/api/host_names.h"
#include "coordinator/api/routes.h"
#include "coordinator/api/session_store.h"
#include "coordinator/http/handler.h"

namespace kso::coordinator {

// The check in front of every page, JSON and metrics path: the name that it was
// asked by, the route and its roles, who asks (a bearer token, a session's
// cookie or a client certificate), and that no other site's page is behind a
// change. What it refuses is in the audit log. It also serves the page's files
// and logins. Thread safe.
class FrontDoor final : public HttpHandler {
 public:
  // The pointers must outlive it.
  FrontDoor(FarmApi* api, SessionStore* sessions, const Doors& doors,
            HostNames names)
      : api_(*api),
        sessions_(*sessions),
        doors_(doors),
        names_(std::move(names)) {}

  HttpAdmission Admit(const HttpRequest& head) override;
  HttpResponse Problem(int status, std::string_view detail) override;

 private:
  // The caller, and the session by which it asks.
  struct Caller {
    absl::StatusOr<Principal> who;
    std::optional<SessionStore::Session> session;
  };

  absl::Status CheckHost(const HttpRequest& head) const;
  Caller CallerOf(const HttpRequest& head) const;
  // OK when a caller may use the route.
  absl::Status CheckCaller(const Route& route, const HttpRequest& head,
                           const Caller& caller) const;
  HttpAdmission AdmitRoute(const RouteMatch& match, const HttpRequest& head);
  // The answer to a path that is no route: a file of the page, or none.
  HttpResponse AnswerFile(const HttpRequest& head);
  void Run(ApiCall call, const Caller& caller);
  HttpResponse Session(const Caller& caller) const;
  HttpResponse LogIn(const HttpRequest& request);
  HttpResponse LogOut(const HttpRequest& request);
  void NoteRefusal(const HttpRequest& head,
                   const absl::StatusOr<Principal>& who,
                   const absl::Status& status) const;

  FarmApi& api_;
  SessionStore& sessions_;
  const Doors doors_;
  const HostNames names_;
};

// The value of a cookie in a request; empty where there is none, or where there
// are two of that name.
std::string CookieIn(const HttpRequest& request, std::string_view name);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_FRONT_DOOR_H_
