// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/introspection.h"

#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"

namespace kso::rpc {

void OfferIntrospection() {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::EnableDefaultHealthCheckService(true);
}

}  // namespace kso::rpc
