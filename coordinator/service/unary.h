// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_SERVICE_UNARY_H_
#define KSO_COORDINATOR_SERVICE_UNARY_H_

#include <string>
#include <utility>

#include "common/rpc/channel.h"
#include "coordinator/access/access_gate.h"
#include "coordinator/engine/engine.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

namespace kso::coordinator {

// A callback that gives the engine's answer to gRPC.
template <typename Response>
Engine::Done<Response> AnswerTo(grpc::ServerUnaryReactor* reactor,
                                Response* response) {
  return [reactor, response](absl::StatusOr<Response> answer) {
    const absl::Status status = answer.status();
    if (status.ok()) *response = *std::move(answer);
    reactor->Finish(rpc::ToGrpc(status));
  };
}

// The same for a deed, which goes to the audit log with how it ended.
template <typename Response>
Engine::Done<Response> AnswerDeed(grpc::ServerUnaryReactor* reactor,
                                  Response* response, AuditLog* audit,
                                  Deed deed) {
  return [done = AnswerTo(reactor, response), audit,
          deed = std::move(deed)](absl::StatusOr<Response> answer) mutable {
    deed.outcome = answer.status();
    audit->Note(deed);
    done(std::move(answer));
  };
}

// Hands a call to a method of the engine, and the engine's answer to gRPC. No
// thread waits meanwhile. A client that goes away changes nothing: the engine
// answers every call in bounded time, and gRPC keeps the call's objects until
// then.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* HandOver(
    grpc::CallbackServerContext* context, Engine* engine,
    void (Engine::*method)(Request, Engine::Done<Response>),
    const Request* request, Response* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  (engine->*method)(*request, AnswerTo(reactor, response));
  return reactor;
}

// The same for a call that changes the farm. `what` is the method's name, and
// `on` what it concerns, "build ID". `Interface` is Engine or a base of it.
template <typename Interface, typename Request, typename Response>
grpc::ServerUnaryReactor* HandOverDeed(
    grpc::CallbackServerContext* context, Engine* engine, const Doors& doors,
    void (Interface::*method)(Request, Engine::Done<Response>),
    std::string what, std::string on, const Request* request,
    Response* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  Deed deed;
  deed.who = CallerOf(*doors.authenticator, *context);
  deed.what = std::move(what);
  deed.on = std::move(on);
  (engine->*method)(
      *request, AnswerDeed(reactor, response, doors.audit, std::move(deed)));
  return reactor;
}

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_SERVICE_UNARY_H_
