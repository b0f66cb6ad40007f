// SPDX-License-Identifier: Apache-2.0
#include "common/metrics/metrics_server.h"

#include <exception>
#include <utility>

#include "common/base/strings.h"
#include "prometheus/exposer.h"

namespace kso::metrics {
namespace {

// One thread answers Prometheus; the other what else may come meanwhile.
constexpr size_t kThreads = 2;

class ExposedMetrics final : public MetricsServer {
 public:
  ExposedMetrics(const std::string& address, Sources sources)
      : sources_(std::move(sources)), exposer_(address, kThreads) {
    for (const auto& source : sources_) exposer_.RegisterCollectable(source);
  }

 private:
  // The exposer keeps weak references only.
  const Sources sources_;
  prometheus::Exposer exposer_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> CreateMetricsServer(
    const std::string& address, Sources sources) {
  // The library's server throws when it cannot listen.
  try {
    return std::make_unique<ExposedMetrics>(address, std::move(sources));
  } catch (const std::exception&) {
    return absl::UnavailableError(
        Concat("cannot serve metrics on ", address,
               ": it is no address of this machine, or its port is in use"));
  }
}

}  // namespace kso::metrics
