// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/served_files.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <set>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/bytes/hashing_sink.h"
#include "common/bytes/sinks.h"
#include "common/bytes/written_blob.h"
#include "common/closure/closure.h"
#include "common/closure/offline_reader.h"
#include "common/http/byte_range.h"
#include "common/layer/content_time.h"
#include "common/run/run_all.h"
#include "common/site.h"
#include "common/text/percent_coding.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

constexpr size_t kRangeBytes = 1024;

// The ETag of a file as nginx makes it of the time that follows from the file's
// content, and of its size (ngx_http_set_etag).
std::string EtagOf(const v1::MadeMember& file, const Digest& digest) {
  return Concat("\"", absl::Hex(ContentTime(digest)), "-",
                absl::Hex(file.size()), "\"");
}

// Keeps the first bytes of what arrives, and ends it when the task is cancelled
// or more comes than the file has: an image may serve without an end. Where the
// file has a sha512 too, it is computed.
class HeadSink : public ByteSink {
 public:
  HeadSink(const TaskControl& control, const v1::MadeMember& file)
      : control_(control), left_(file.size()) {
    if (!file.sha512().empty()) sha512_.emplace(Digest::Algorithm::kSha512);
  }

  absl::Status Write(std::string_view bytes) override {
    if (control_.cancelled()) return absl::CancelledError("cancelled");
    left_ -= static_cast<int64_t>(bytes.size());
    if (left_ < 0) return absl::DataLossError("it serves more");
    if (sha512_) sha512_->Update(bytes);
    if (head_.size() < kRangeBytes) {
      head_.append(bytes.substr(0, kRangeBytes - head_.size()));
    }
    return absl::OkStatus();
  }

  const std::string& head() const { return head_; }
  bool exceeded() const { return left_ < 0; }
  // Empty where it was not asked for. To be called once.
  std::string TakeSha512() {
    return sha512_ ? sha512_->Finish().ToString() : std::string();
  }

 private:
  const TaskControl& control_;
  int64_t left_;
  std::string head_;
  std::optional<Hasher> sha512_;
};

// Thread safe.
class FilesCheck {
 public:
  FilesCheck(const std::string& origin, http::Transport& transport,
             TaskControl& control)
      : origin_(origin), transport_(transport), control_(control) {}

  absl::Status Health() {
    const auto response =
        transport_.Perform(RequestFor(site::kHealthPath.substr(1)));
    KSO_RETURN_IF_ERROR(response.status());
    if (response->status == 200) return absl::OkStatus();
    return absl::FailedPreconditionError(Concat("GET ", site::kHealthPath,
                                                " answers HTTP ",
                                                response->status, ", not 200"));
  }

  absl::Status Listing(const std::set<std::string>& hosts) {
    const auto response = transport_.Perform(RequestFor(site::kPrefix));
    KSO_RETURN_IF_ERROR(response.status());
    if (response->status != 200) {
      return absl::FailedPreconditionError(
          Concat("GET /", site::kPrefix, " answers HTTP ", response->status,
                 ", not a listing"));
    }
    for (const std::string& host : hosts) {
      if (response->body.find(host) == std::string::npos) {
        return About(absl::FailedPreconditionError(Concat(
                         "the listing of /", site::kPrefix, " lacks ", host)),
                     host, "");
      }
    }
    return absl::OkStatus();
  }

  // Does what Kubespray does: reads the offline.yml that the image serves, and
  // asks for everything where that leads.
  absl::Status OfflineLeadsTo(const v1::ExpectedFiles& expected) {
    if (expected.urls().empty()) return absl::OkStatus();
    const std::string path = Concat(site::kPrefix, site::kOfflineFile);
    const auto response = transport_.Perform(RequestFor(path));
    KSO_RETURN_IF_ERROR(response.status());
    if (response->status != 200) {
      return About(absl::NotFoundError(Concat("GET /", path, " answers HTTP ",
                                              response->status)),
                   path, "");
    }
    const auto offline = closure::Offline::Read(response->body);
    if (!offline.ok()) return About(Failed(offline.status()), path, "");
    std::set<std::string_view> served;
    for (const v1::MadeMember& file : expected.files()) {
      served.insert(file.path());
    }
    for (const v1::AskedFor& url : expected.urls()) {
      absl::Status led = closure::CheckFile(*offline, url.name(), url.served());
      if (led.ok() && !served.contains(url.served())) {
        led = absl::NotFoundError(Concat(url.served(), " is not served"));
      }
      if (!led.ok()) return About(Failed(led), url.name(), "");
    }
    for (const v1::AskedFor& image : expected.images()) {
      const absl::Status led =
          closure::CheckImage(*offline, image.name(), image.served());
      if (!led.ok()) return About(Failed(led), image.name(), "");
    }
    return absl::OkStatus();
  }

  absl::Status File(const v1::MadeMember& file) {
    const std::string& served = file.path();
    control_.SetActivity(Concat("comparing ", served));
    HeadSink head(control_, file);
    HashingSink sink(&head);
    const auto response = transport_.Download(RequestFor(served), sink);
    if (head.exceeded()) {
      return absl::DataLossError(Concat("GET /", served,
                                        " gives more than the ", file.size(),
                                        " bytes of the file"));
    }
    KSO_RETURN_IF_ERROR(response.status());
    if (response->status != 200) {
      return absl::FailedPreconditionError(
          Concat("GET /", served, " answers HTTP ", response->status));
    }
    const WrittenBlob got = sink.Finish();
    if (got.digest.ToString() != file.digest() || got.size != file.size()) {
      return absl::DataLossError(Concat("GET /", served, " gives ", got.size,
                                        " bytes with ", got.digest.ToString(),
                                        ", not ", file.size(), " bytes with ",
                                        file.digest()));
    }
    if (const std::string sha512 = head.TakeSha512(); sha512 != file.sha512()) {
      return absl::DataLossError(
          Concat("GET /", served, " gives ", sha512, ", not ", file.sha512()));
    }
    KSO_ASSIGN_OR_RETURN(const std::string etag,
                         EtagOfContent(*response, "GET", file));
    if (file.size() < 2 || range_checked_.exchange(true)) {
      return absl::OkStatus();
    }
    KSO_RETURN_IF_ERROR(Range(served, head.head(), etag));
    return NoRangeOfOtherContent(served);
  }

  // Returns whether it is there, without its bytes.
  absl::Status Presence(const v1::MadeMember& file) {
    http::Request request = RequestFor(file.path());
    request.method = "HEAD";
    const auto response = transport_.Perform(request);
    KSO_RETURN_IF_ERROR(response.status());
    const std::string size = response->Header("Content-Length").value_or("");
    if (response->status == 200 && size == std::to_string(file.size())) {
      return EtagOfContent(*response, "HEAD", file).status();
    }
    return absl::DataLossError(Concat("HEAD /", file.path(), " answers HTTP ",
                                      response->status, " with a size of \"",
                                      size, "\", not ", file.size()));
  }

 private:
  http::Request RequestFor(std::string_view path) const {
    http::Request request;
    request.url = Concat(origin_, "/", PercentEncodePath(path));
    request.transfer.stop = control_.stop_token();
    return request;
  }

  // Clients resume a download when its validator has stayed the same, so that
  // has to follow from the content.
  static absl::StatusOr<std::string> EtagOfContent(
      const http::Response& response, std::string_view method,
      const v1::MadeMember& file) {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(file.digest()));
    const std::string wanted = EtagOf(file, digest);
    const std::string got = response.Header("ETag").value_or("");
    if (got != wanted) {
      return absl::DataLossError(
          Concat(method, " /", file.path(), " answers with the ETag ",
                 got.empty() ? "\"\"" : got, ", not ", wanted,
                 ", which follows from the file's content"));
    }
    if (const auto date = response.Header("Last-Modified"); date.has_value()) {
      return absl::DataLossError(Concat(
          method, " /", file.path(), " answers with the Last-Modified ", *date,
          ", which does not tell one content of a file from another"));
    }
    return wanted;
  }

  // Trouble with the image's content does not mend itself.
  static absl::Status Failed(const absl::Status& status) {
    return absl::FailedPreconditionError(status.message());
  }

  // A range is only for who has the same content already.
  absl::Status NoRangeOfOtherContent(std::string_view served) {
    http::Request request = RequestFor(served);
    request.headers.emplace_back("Range", "bytes=1-");
    request.headers.emplace_back("If-Range", "\"another\"");
    int status = 0;
    NullSink sink;
    const auto response = transport_.Download(
        request, sink, [&status](const http::Response& begun) {
          status = begun.status;
          return absl::CancelledError("the status is all that is asked for");
        });
    if (control_.cancelled()) return absl::CancelledError("cancelled");
    if (status == 200) return absl::OkStatus();
    if (status == 0) {
      KSO_RETURN_IF_ERROR(response.status());
      status = response->status;
    }
    return absl::FailedPreconditionError(Concat(
        "GET /", served, " for a byte range of other content answers HTTP ",
        status, ", not 200 with the whole file"));
  }

  absl::Status Range(std::string_view served, std::string_view head,
                     const std::string& etag) {
    http::Request request = RequestFor(served);
    request.headers.emplace_back("Range", Concat("bytes=1-", head.size() - 1));
    request.headers.emplace_back("If-Range", etag);
    const auto response = transport_.Perform(request);
    KSO_RETURN_IF_ERROR(response.status());
    if (response->status == 206 &&
        http::ParseContentRange(*response).first == 1 &&
        response->body == head.substr(1)) {
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(
        Concat("GET /", served, " for a byte range answers HTTP ",
               response->status, " with ", response->body.size(),
               " bytes, not 206 with the bytes asked for"));
  }

  const std::string& origin_;
  http::Transport& transport_;
  TaskControl& control_;
  std::atomic<bool> range_checked_ = false;
};

// Returns whether a file is one of upstream's, below its host; what tells of
// the release is beside the hosts.
bool IsFromHost(const v1::MadeMember& file) {
  return std::count(file.path().begin(), file.path().end(), '/') > 1;
}

// The smallest of upstream's files; null when there are none.
const v1::MadeMember* Smallest(const v1::ExpectedFiles& expected) {
  const v1::MadeMember* smallest = nullptr;
  for (const v1::MadeMember& file : expected.files()) {
    if (!IsFromHost(file)) continue;
    if (smallest == nullptr || file.size() < smallest->size()) smallest = &file;
  }
  return smallest;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckServedFiles(
    const v1::ExpectedFiles& expected, const std::string& origin,
    const ComparedContent& compared, http::Transport& transport, int at_once,
    TaskControl& control) {
  FilesCheck check(origin, transport, control);
  KSO_RETURN_IF_ERROR(check.Health());

  const v1::MadeMember* const sample = Smallest(expected);
  int compared_here = 0;
  int files_of_hosts = 0;
  std::set<std::string> hosts;
  std::vector<std::function<absl::Status()>> jobs;
  for (const v1::MadeMember& file : expected.files()) {
    const absl::string_view path = file.path();
    if (!absl::StartsWith(path, ToAbsl(site::kPrefix))) {
      return absl::InvalidArgumentError(
          Concat(file.path(), " is not under ", site::kPrefix));
    }
    // The files that tell of the release are small.
    const bool from_host = IsFromHost(file);
    const bool whole =
        !from_host || &file == sample || !compared.Has(file.digest());
    files_of_hosts += from_host ? 1 : 0;
    compared_here += whole && from_host ? 1 : 0;
    jobs.emplace_back([&check, &file, whole] {
      return About(whole ? check.File(file) : check.Presence(file), file.path(),
                   "");
    });
    if (!from_host) continue;
    const absl::string_view in_host = path.substr(site::kPrefix.size());
    hosts.emplace(in_host.substr(0, in_host.find('/')));
  }
  KSO_RETURN_IF_ERROR(RunAll(at_once, jobs));
  KSO_RETURN_IF_ERROR(check.Listing(hosts));
  KSO_RETURN_IF_ERROR(check.OfflineLeadsTo(expected));
  std::vector<std::string> checks = {
      Concat("GET ", site::kHealthPath),
      Concat("listing of ", hosts.size(), " hosts"),
      Concat(compared_here, " files compared",
             compared_here == files_of_hosts
                 ? ""
                 : Concat(", ", files_of_hosts - compared_here,
                          " there as compared ", compared.where())),
      "validators of content",
      "a byte range",
  };
  if (expected.urls_size() > 0) {
    checks.push_back(Concat(site::kOfflineFile, " leads to ",
                            expected.urls_size(), " files and ",
                            expected.images_size(), " images"));
  }
  return checks;
}

}  // namespace kso::worker
