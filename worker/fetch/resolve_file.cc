// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/resolve_file.h"

#include <string>
#include <string_view>

#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/sinks.h"
#include "common/http/byte_range.h"
#include "common/http/url.h"
#include "common/oci/mirrors.h"
#include "worker/fetch/file_login.h"
#include "worker/fetch/http_answer.h"
#include "worker/fetch/retry_policy.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

bool RefusesHead(int status) {
  return status == 403 || status == 405 || status == 501;
}

// A GET that ends at the answer's headers: a host that ignores Range would send
// the whole file.
absl::StatusOr<http::Response> GetFirstByte(http::Request request,
                                            http::Transport& transport) {
  request.method = "GET";
  request.headers.emplace_back("Range", "bytes=0-0");
  std::optional<http::Response> seen;
  NullSink sink;
  auto response = transport.Download(
      request, sink, [&seen](const http::Response& head) -> absl::Status {
        seen = head;
        if (head.status == 206) return absl::OkStatus();
        return absl::AbortedError("the headers are enough");
      });
  if (seen.has_value()) return *std::move(seen);
  return response;
}

absl::StatusOr<http::Response> Ask(const std::string& url,
                                   http::Transport& transport,
                                   const TaskControl& control) {
  http::Request request;
  request.method = "HEAD";
  request.url = url;
  request.transfer.stop = control.stop_token();
  request.transfer.without_login = !MayLogIn(control, url);
  auto response = transport.Perform(request);
  if (!response.ok() || !RefusesHead(response->status)) return response;
  return GetFirstByte(request, transport);
}

}  // namespace

absl::StatusOr<v1::ResolvedFile> ResolveFile(
    const v1::ResolveFile& work,
    const google::protobuf::RepeatedPtrField<v1::Mirror>& mirrors,
    http::Transport& transport, Clock& clock, TaskControl& control) {
  const std::string url = oci::MirrorUrl(work.url(), mirrors);
  control.SetActivity(Concat("asking for ", work.url()), http::HostOfUrl(url));
  http::Response response;
  const absl::Status status = RetryWhileItHelps(
      &clock, control, [] { return 0; },
      [&]() -> absl::Status {
        KSO_ASSIGN_OR_RETURN(response, Ask(url, transport, control));
        KSO_RETURN_IF_ERROR(StatusOfAnswer(response, url, clock.Now()));
        if (!work.digest().empty()) return absl::OkStatus();
        return CheckNotEncoded(response, work.url(), url);
      });
  if (!status.ok()) return About(status, work.url(), work.location());

  v1::ResolvedFile file;
  file.set_url(work.url());
  file.set_size(response.status == 206 ? http::ParseContentRange(response).total
                                       : ContentLength(response));
  if (file.size() > kLargestContent) {
    return About(absl::InvalidArgumentError(
                     Concat("its host says that it has ", file.size(),
                            " bytes, over the limit of 1 TiB")),
                 work.url(), work.location(),
                 "correct the URL in the list, or name a mirror");
  }
  const Validators validators = ValidatorsIn(response, file.size());
  file.set_etag(validators.etag);
  file.set_last_modified(validators.last_modified);
  return file;
}

}  // namespace kso::worker
