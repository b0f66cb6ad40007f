// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/upstream_server.h"

#include <openssl/rand.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/upstream/send_object.h"

namespace kso::upstream {

absl::StatusOr<std::unique_ptr<UpstreamServer>> UpstreamServer::Start(
    const Options& options, Catalog catalog, std::unique_ptr<Faults> faults) {
  auto server =
      std::unique_ptr<UpstreamServer>(new UpstreamServer(std::move(faults)));
  const auto main = server->main_.Bind(options.host, options.port);
  if (!main.ok()) return main.status();
  const auto cdn = server->cdn_.Bind(options.host, 0);
  if (!cdn.ok()) return cdn.status();
  const auto blobs = server->blobs_.Bind(options.host, 0);
  if (!blobs.ok()) return blobs.status();
  server->main_address_ = absl::StrCat(options.host, ":", *main);
  server->cdn_address_ = absl::StrCat(options.host, ":", *cdn);
  server->blob_address_ = absl::StrCat(options.host, ":", *blobs);

  ServiceContext& context = server->context_;
  context.catalog = std::move(catalog);
  context.key.resize(32);
  RAND_bytes(reinterpret_cast<unsigned char*>(context.key.data()),
             static_cast<int>(context.key.size()));
  context.token_lifetime = options.token_lifetime;
  context.bytes_per_second = options.bytes_per_second;
  context.now = absl::Now;
  context.pull_limit = options.pull_limit;
  context.pull_window = options.pull_window;
  context.cdn_port = *cdn;
  context.blob_port = *blobs;
  context.faults = server->faults_.get();
  context.stats = &server->stats_;
  server->files_ = std::make_unique<FileService>(context);
  server->registry_ = std::make_unique<RegistryService>(context);

  UpstreamServer* const self = server.get();
  server->main_.Start([self](const auto& request, auto& response) {
    self->ServeMain(request, response);
    // The library would cut the range out of a refusal's body too.
    if (response.status / 100 != 2) ForgetRanges(request);
  });
  server->cdn_.Start([self](const auto& request, auto& response) {
    self->files_->ServeCdn(request, response);
  });
  server->blobs_.Start([self](const auto& request, auto& response) {
    if (request.path == "/token") {
      self->registry_->ServeToken(request, response);
    } else {
      self->registry_->ServeBlob(request, response);
    }
  });
  return server;
}

void UpstreamServer::ServeMain(const httplib::Request& request,
                               httplib::Response& response) {
  if (request.path == "/-/stats") {
    response.set_content(stats_.ToJson(), "application/json");
  } else if (request.path == "/token") {
    registry_->ServeToken(request, response);
  } else if (request.path == "/v2" || absl::StartsWith(request.path, "/v2/")) {
    registry_->Serve(request, response);
  } else {
    files_->Serve(request, response);
  }
}

}  // namespace kso::upstream
