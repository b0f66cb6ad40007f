#ifndef KSO_COMMON_OCI_REGISTRY_OPTIONS_H_
#define KSO_COMMON_OCI_REGISTRY_OPTIONS_H_

#include <functional>
#include <string>
#include <vector>

namespace kso::oci {

struct RegistryOptions {
  // "registry.k8s.io" or "127.0.0.1:5000".
  std::string host;
  // Plain HTTP. Loopback hosts are spoken to over plain HTTP in any case.
  bool insecure = false;
  // Polled during transfers.
  std::function<bool()> cancelled = {};
  // Hosts ("auth.example.com") that may give out tokens for this registry,
  // besides itself and the pairs known for public registries.
  std::vector<std::string> realm_hosts = {};
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_OPTIONS_H_
