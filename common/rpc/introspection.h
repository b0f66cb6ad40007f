// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RPC_INTROSPECTION_H_
#define KSO_COMMON_RPC_INTROSPECTION_H_

namespace kso::rpc {

// Makes every server that this process starts from here on answer gRPC's own
// services: grpc.health.v1.Health, which says SERVING for the server as a
// whole, and grpc.reflection.v1alpha.ServerReflection, which describes all
// services. They pass the server's gate as other methods do. For main; to be
// called before the first server starts.
void OfferIntrospection();

}  // namespace kso::rpc

#endif  // KSO_COMMON_RPC_INTROSPECTION_H_
