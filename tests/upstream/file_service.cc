// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/file_service.h"

#include "absl/strings/str_cat.h"
#include "tests/upstream/fault_answers.h"
#include "tests/upstream/release.h"
#include "tests/upstream/send_object.h"
#include "tests/upstream/signed_url.h"

namespace kso::upstream {
namespace {

bool IsRedirected(const std::string& host) {
  return host == "github.com" || host == "dl.k8s.io";
}

std::string_view ContentTypeOf(std::string_view path) {
  if (path.ends_with("gz")) return "application/gzip";
  if (path.ends_with(".xz")) return "application/x-xz";
  return "application/octet-stream";
}

}  // namespace

void FileService::Serve(const httplib::Request& request,
                        httplib::Response& response) {
  const std::string host = HostOf(request.path.substr(1));
  const std::string url = absl::StrCat("https:/", request.path);
  DelayWithFault(context_, url);
  if (!IsRedirected(host) || context_.catalog.files.count(url) == 0) {
    Send(request, request.path, "file", response);
    return;
  }
  if (!AnswerWithFault(context_, url, "", request, response)) {
    response.set_redirect(
        absl::StrCat(OtherOrigin(request, context_.cdn_port), request.path, "?",
                     SignQuery(context_.key, request.path,
                               context_.now() + absl::Seconds(300))));
  }
  context_.stats->CountRequest("file", request.method, response.status);
}

void FileService::ServeCdn(const httplib::Request& request,
                           httplib::Response& response) {
  if (!IsSigned(context_.key, request.path,
                request.get_param_value("X-Amz-Expires"),
                request.get_param_value("X-Amz-Signature"), context_.now())) {
    response.status = 403;
    response.set_content("<Error><Code>AccessDenied</Code></Error>",
                         "application/xml");
    context_.stats->CountRequest("cdn", request.method, response.status);
    return;
  }
  Send(request, request.path, "cdn", response);
}

void FileService::Send(const httplib::Request& request, const std::string& path,
                       const std::string& kind, httplib::Response& response) {
  const std::string url = absl::StrCat("https:/", path);
  const auto file = context_.catalog.files.find(url);
  // A redirected request has had its failure at the first origin.
  if (kind != "cdn" && AnswerWithFault(context_, url, "", request, response)) {
    // The answer is there already.
  } else if (file == context_.catalog.files.end()) {
    response.status = 404;
    response.set_content("Not Found\n", "text/plain");
  } else {
    SendOptions options;
    options.content_type = std::string(ContentTypeOf(path));
    AddBodyFaults(context_, url, request, options);
    options.on_sent = [stats = context_.stats, kind](uint64_t bytes) {
      stats->CountBytes(kind, bytes);
    };
    SendObject(request, file->second, std::move(options), response);
  }
  SetHeaderFaults(context_, url, response);
  context_.stats->CountRequest(kind, request.method, response.status);
}

}  // namespace kso::upstream
