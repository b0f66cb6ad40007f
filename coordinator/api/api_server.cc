// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/api_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/api/front_door.h"
#include "coordinator/api/host_names.h"
#include "coordinator/api/session_store.h"
#include "coordinator/api/tls_files_source.h"
#include "coordinator/http/server.h"

namespace kso::coordinator {
namespace {

// The members are destroyed from the last: first the server, whose threads use
// the others.
class ApiServerImpl final : public ApiServer {
 public:
  ApiServerImpl(const ApiServerOptions& options, Engine* engine,
                const Doors& doors, Clock* clock,
                std::unique_ptr<HttpTlsSource> tls, HostNames names)
      : tls_(std::move(tls)),
        sessions_(clock),
        api_(engine, clock, doors, options.metrics, options.streams_of_one),
        door_(&api_, &sessions_, doors, std::move(names)) {}

  absl::Status Start(const ApiServerOptions& options) {
    KSO_ASSIGN_OR_RETURN(server_, StartHttpServer(options.listen, &door_,
                                                  tls_.get(), options.limits));
    api_.Start();
    return absl::OkStatus();
  }

  std::string address() const override { return server_->address(); }
  std::string url() const override {
    return absl::StrCat(tls_ == nullptr ? "http://" : "https://", address(),
                        "/");
  }

 private:
  const std::unique_ptr<HttpTlsSource> tls_;
  SessionStore sessions_;
  FarmApi api_;
  FrontDoor door_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ApiServer>> StartApiServer(
    const ApiServerOptions& options, Engine* engine, const Doors& doors,
    Clock* clock) {
  std::vector<std::string> names = options.host_names;
  names.push_back(options.listen);
  std::unique_ptr<HttpTlsSource> tls;
  if (!options.tls.cert.empty()) {
    KSO_ASSIGN_OR_RETURN(tls, OpenTlsFiles(options.tls, clock));
    for (std::string& name :
         NamesOfCertificate(tls->Current()->certificate_chain)) {
      names.push_back(std::move(name));
    }
  }
  auto server = std::make_unique<ApiServerImpl>(
      options, engine, doors, clock, std::move(tls), HostNames(names));
  KSO_RETURN_IF_ERROR(server->Start(options));
  return server;
}

}  // namespace kso::coordinator
