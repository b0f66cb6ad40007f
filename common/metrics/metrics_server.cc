// SPDX-License-Identifier: Apache-2.0
#include "common/metrics/metrics_server.h"

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "prometheus/exposer.h"

namespace kso::metrics {
namespace {

// CivetWeb gives each connection a thread until it is answered, so slow clients
// take some of them, and each for this long. Connections are not kept.
std::vector<std::string> OptionsFor(const std::string& address) {
  return {"listening_ports",    address, "num_threads",       "8",
          "request_timeout_ms", "3000",  "enable_keep_alive", "no"};
}

class ExposedMetrics final : public MetricsServer {
 public:
  ExposedMetrics(const std::string& address, Sources sources,
                 const std::string& token)
      : sources_(std::move(sources)), exposer_(OptionsFor(address)) {
    if (!token.empty()) {
      // The time that it takes to compare hashes tells nothing of the token.
      exposer_.RegisterAuth(
          [hash = Sha256Of(token)](const std::string& /*user*/,
                                   const std::string& password) {
            return Sha256Of(password) == hash;
          },
          "kso");
    }
    for (const auto& source : sources_) exposer_.RegisterCollectable(source);
  }

 private:
  // The exposer keeps weak references only.
  const Sources sources_;
  prometheus::Exposer exposer_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> CreateMetricsServer(
    const std::string& address, Sources sources, const std::string& token) {
  // The library's server throws when it cannot listen.
  try {
    return std::make_unique<ExposedMetrics>(address, std::move(sources), token);
  } catch (const std::exception&) {
    return absl::UnavailableError(
        Concat("cannot serve metrics on ", address,
               ": it is no address of this machine, or its port is in use"));
  }
}

}  // namespace kso::metrics
