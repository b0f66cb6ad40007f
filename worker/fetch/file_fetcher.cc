// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/file_fetcher.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/http/byte_range.h"
#include "common/http/url.h"
#include "common/oci/mirrors.h"
#include "worker/disk/disk_room.h"
#include "worker/fetch/fetch_progress_sink.h"
#include "worker/fetch/file_kind.h"
#include "worker/fetch/file_login.h"
#include "worker/fetch/http_answer.h"
#include "worker/fetch/resolve_file.h"
#include "worker/fetch/retry_policy.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

constexpr int kRangeNotSatisfiable = 416;

// The most bytes of a file whose size neither its host nor an earlier release
// has told.
constexpr int64_t kMostBytesOfUnknownSize = int64_t{8} << 30;

// The name under which content is remembered: `url` is the one that is really
// asked. A mirror may answer with the validators of the file that it stands for
// and with other bytes, and must not speak for it in builds without that
// mirror. Empty when the validators do not tell one content from another.
std::string NameOf(const v1::FileSource& source, const std::string& url) {
  if (!IsStrongEtag(source.etag())) return "";
  return Concat(url, "\n", source.etag(), "\n", source.size());
}

// Ends a transfer that brings more bytes than the file may have: a host that
// never stops would fill the disk of one worker after the other.
class BoundedSink : public ByteSink {
 public:
  // `file` must outlive it.
  BoundedSink(PartialFile& file, int64_t most) : file_(file), most_(most) {}

  absl::Status Write(std::string_view bytes) override {
    exceeded_ = static_cast<int64_t>(bytes.size()) > most_ - file_.size();
    if (exceeded_) return absl::DataLossError("too many bytes");
    return file_.Write(bytes);
  }

  bool exceeded() const { return exceeded_; }

 private:
  PartialFile& file_;
  const int64_t most_;
  bool exceeded_ = false;
};

// Returns whether the host may not have been asked about the file: a file with
// a checksum can be planned without.
bool MayBeUnasked(const v1::FileSource& source) {
  return !source.digest().empty() && source.etag().empty() &&
         source.last_modified().empty();
}

std::string FileName(std::string_view url) {
  const size_t slash = url.rfind('/');
  return std::string(slash == url.npos ? url : url.substr(slash + 1));
}

// Tells who watches that the file is fetched from `url`.
void SayFetching(const v1::FileSource& source, const std::string& url,
                 TaskControl& control) {
  control.SetActivity(Concat("fetching ", FileName(source.url())),
                      http::HostOfUrl(url));
}

absl::Status CheckContent(const PartialFile::Digests& digests, int64_t size,
                          std::string_view beginning,
                          const v1::FileSource& source,
                          const std::optional<Digest>& stated,
                          std::string_view url) {
  const std::string disagreement = KindDisagreement(source.url(), beginning);
  if (stated.has_value()) {
    const Digest& got = stated->algorithm() == Digest::Algorithm::kSha512
                            ? *digests.sha512
                            : digests.sha256;
    if (got == *stated) return absl::OkStatus();
    return About(
        absl::DataLossError(Concat(
            "expected ", stated->ToString(), ", got ", got.ToString(), " from ",
            url, disagreement.empty() ? "" : ", which is ", disagreement)),
        "", "",
        "the list or the mirror is wrong: correct the checksum in the "
        "list, or find out who changed the file");
  }
  if (source.size() >= 0 && source.size() != size) {
    return About(
        absl::DataLossError(Concat("expected ", source.size(), " bytes, got ",
                                   size, " from ", url)),
        "", "", "the file changed during the build: submit it again");
  }
  if (!disagreement.empty()) {
    return About(
        absl::DataLossError(Concat(url, " answers ", disagreement)), "", "",
        "look at the URL in a browser: it may have moved, or want a login "
        "(netrc) or an agreement; name a mirror, or state the file's checksum "
        "in the list if this is what it should be");
  }
  return absl::OkStatus();
}

}  // namespace

FileFetcher::FileFetcher(http::Transport* transport, Clock* clock,
                         DiskBlobStore* cache,
                         const std::filesystem::path& directory,
                         const ParallelOptions& parallel)
    : transport_(transport),
      clock_(clock),
      cache_(cache),
      partial_directory_(directory / "partial"),
      parallel_(parallel),
      known_(directory / "known"),
      lock_(clock) {
  known_.ForgetAllBut(*cache);
}

absl::StatusOr<CachedContent> FileFetcher::Fetch(const v1::FileSource& source,
                                                 const Mirrors& mirrors,
                                                 TaskControl& control) {
  const std::string url = oci::MirrorUrl(source.url(), mirrors);
  SayFetching(source, url, control);
  // Pieces that gave wrong bytes together are fetched in one stream the second
  // time.
  bool in_pieces = source.size() >= parallel_.least_bytes &&
                   (IsStrongEtag(source.etag()) || MayBeUnasked(source));
  const absl::StatusOr<CachedContent> content = FetchAgainIfWrong([&] {
    return FetchToCache(source, url, std::exchange(in_pieces, false), control);
  });
  if (content.ok()) return content;
  return About(content.status(), source.url(), source.location());
}

absl::StatusOr<CachedContent> FileFetcher::FetchToCache(
    const v1::FileSource& source, const std::string& url, bool in_pieces,
    TaskControl& control) {
  std::optional<Digest> stated;
  if (!source.digest().empty()) {
    KSO_ASSIGN_OR_RETURN(stated, Digest::Parse(source.digest()));
  }
  KSO_ASSIGN_OR_RETURN(const auto holder, lock_.Acquire(url, control));
  if (const auto cached = FindCached(source, url, stated)) return *cached;

  const bool want_sha512 =
      stated.has_value() && stated->algorithm() == Digest::Algorithm::kSha512;
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<PartialFile> partial,
      PartialFile::Open(partial_directory_ / Sha256Of(url).hex(), cache_,
                        want_sha512));
  KSO_RETURN_IF_ERROR(Download(source, url, in_pieces, *partial, control));

  const std::string beginning = partial->FirstBytes(kFileKindBytes);
  const PartialFile::Digests digests = partial->Finish();
  const absl::Status checked =
      CheckContent(digests, partial->size(), beginning, source, stated, url);
  if (!checked.ok()) {
    partial->Delete();
    return checked;
  }
  auto pin = cache_->Pin(digests.sha256);
  KSO_RETURN_IF_ERROR(partial->MoveIntoCache(digests.sha256));
  if (want_sha512) known_.Remember(stated->ToString(), digests.sha256);
  // The host may have other content by now than when the file was resolved.
  const std::string name = NameOf(source, url);
  if (!name.empty() && partial->validator() == source.etag()) {
    known_.Remember(name, digests.sha256);
  }
  return CachedContent{
      .digest = digests.sha256, .size = partial->size(), .pin = std::move(pin)};
}

std::optional<CachedContent> FileFetcher::FindCached(
    const v1::FileSource& source, const std::string& url,
    const std::optional<Digest>& stated) {
  std::optional<Digest> digest = stated;
  if (!stated.has_value()) {
    if (source.read_again()) return std::nullopt;
    const std::string name = NameOf(source, url);
    if (!name.empty()) digest = known_.Find(name);
  } else if (stated->algorithm() == Digest::Algorithm::kSha512) {
    digest = known_.Find(stated->ToString());
  }
  if (!digest.has_value()) return std::nullopt;
  auto pin = cache_->Pin(*digest);
  const auto size = cache_->Stat(*digest);
  if (!size.ok()) return std::nullopt;
  return CachedContent{
      .digest = *std::move(digest), .size = *size, .pin = std::move(pin)};
}

absl::Status FileFetcher::Download(const v1::FileSource& source,
                                   const std::string& url, bool in_pieces,
                                   PartialFile& partial, TaskControl& control) {
  const int64_t missing = source.size() - partial.present();
  if (missing > 0) {
    KSO_RETURN_IF_ERROR(MakeRoomForClaim(*cache_, partial_directory_, missing));
  }
  if (in_pieces) {
    const absl::Status status =
        MayBeUnasked(source)
            ? AskAndDownloadRanges(source, url, partial, control)
            : DownloadRanges(source, url, partial, control);
    if (!absl::IsFailedPrecondition(status)) return status;
  }
  KSO_RETURN_IF_ERROR(partial.Join());
  return RetryWhileItHelps(
      clock_, control, [&partial] { return partial.size(); },
      [&] { return DownloadOnce(source, url, partial, control); });
}

absl::Status FileFetcher::AskAndDownloadRanges(const v1::FileSource& source,
                                               const std::string& url,
                                               PartialFile& partial,
                                               TaskControl& control) {
  v1::ResolveFile question;
  question.set_url(url);
  KSO_ASSIGN_OR_RETURN(
      const v1::ResolvedFile answer,
      ResolveFile(question, /*mirrors=*/{}, *transport_, *clock_, control));
  if (!IsStrongEtag(answer.etag()) || answer.size() != source.size()) {
    return absl::FailedPreconditionError(
        Concat(url, " cannot be put together from ranges"));
  }
  SayFetching(source, url, control);
  v1::FileSource asked = source;
  asked.set_etag(answer.etag());
  return DownloadRanges(asked, url, partial, control);
}

absl::Status FileFetcher::DownloadRanges(const v1::FileSource& source,
                                         const std::string& url,
                                         PartialFile& partial,
                                         TaskControl& control) {
  if (partial.validator() != source.etag() || partial.size() > source.size()) {
    KSO_RETURN_IF_ERROR(partial.Restart(source.etag()));
  }
  return DownloadInPieces(
      partial, source.size(),
      [&](const http::TransferOptions& wanted, ByteSink& sink) {
        return GetRange(source, url, wanted, control, sink);
      },
      parallel_, clock_, control);
}

absl::Status FileFetcher::GetRange(const v1::FileSource& source,
                                   const std::string& url,
                                   const http::TransferOptions& wanted,
                                   const TaskControl& control, ByteSink& sink) {
  http::Request request;
  request.url = url;
  request.transfer = wanted;
  request.transfer.without_login = !MayLogIn(control, url);
  request.headers = {{"If-Range", source.etag()}};
  const auto changed = [&url] {
    return absl::FailedPreconditionError(
        Concat(url, " is another file than when it was asked for first"));
  };
  const auto on_response = [&](const http::Response& response) -> absl::Status {
    if (source.digest().empty()) {
      KSO_RETURN_IF_ERROR(CheckNotEncoded(response, source.url(), url));
    }
    KSO_RETURN_IF_ERROR(
        http::CheckRangeAnswer(response, *wanted.range, source.size()));
    if (ValidatorIn(response, "ETag") == source.etag()) return absl::OkStatus();
    return changed();
  };
  KSO_ASSIGN_OR_RETURN(const http::Response response,
                       transport_->Download(request, sink, on_response));
  if (response.status == kRangeNotSatisfiable) return changed();
  return StatusOfAnswer(response, url, clock_->Now());
}

absl::Status FileFetcher::DownloadOnce(const v1::FileSource& source,
                                       const std::string& url,
                                       PartialFile& partial,
                                       TaskControl& control) {
  http::Request request;
  request.url = url;
  request.transfer.stop = control.stop_token();
  request.transfer.without_login = !MayLogIn(control, url);
  const bool resume = partial.size() > 0 && !partial.validator().empty();
  if (resume) {
    request.headers.emplace_back("Range",
                                 Concat("bytes=", partial.size(), "-"));
    request.headers.emplace_back("If-Range", partial.validator());
  } else {
    KSO_RETURN_IF_ERROR(partial.Restart(""));
  }

  int64_t total = -1;
  const auto on_response = [&](const http::Response& response) -> absl::Status {
    if (source.digest().empty()) {
      KSO_RETURN_IF_ERROR(CheckNotEncoded(response, source.url(), url));
    }
    if (response.status != 206) {
      total = ContentLength(response);
      return partial.Restart(RangeValidator(response));
    }
    const http::ContentRange range = http::ParseContentRange(response);
    total = range.total;
    // A host may support Range and ignore If-Range (RFC 9110, section 13.1.5),
    // and then sends bytes of a newer file.
    const auto etag = response.Header("ETag");
    const bool changed = etag.has_value() &&
                         IsStrongEtag(partial.validator()) &&
                         *etag != partial.validator();
    if (resume && !changed && range.first == partial.size()) {
      return absl::OkStatus();
    }
    KSO_RETURN_IF_ERROR(partial.Restart(""));
    return absl::UnavailableError(
        Concat(url, " answered with another range than asked for"));
  };
  const int64_t most =
      source.size() >= 0 ? source.size() : kMostBytesOfUnknownSize;
  BoundedSink bounded(partial, most);
  FetchProgressSink sink(bounded, control);
  const auto response = transport_->Download(request, sink, on_response);
  if (bounded.exceeded()) {
    KSO_RETURN_IF_ERROR(partial.Restart(""));
    return About(absl::DataLossError(Concat(
                     "expected ", most, " bytes at most, got more from ", url)),
                 "", "",
                 "the file changed during the build, or its host sends more "
                 "than it says: submit it again, or name a mirror");
  }
  KSO_RETURN_IF_ERROR(partial.write_status());
  KSO_RETURN_IF_ERROR(response.status());
  if (response->status == kRangeNotSatisfiable) {
    // The partial file is longer than the host's: the download begins again.
    KSO_RETURN_IF_ERROR(partial.Restart(""));
    return absl::UnavailableError(
        Concat(url, " has fewer bytes than were fetched before"));
  }
  KSO_RETURN_IF_ERROR(StatusOfAnswer(*response, url, clock_->Now()));
  if (total >= 0 && partial.size() < total) {
    return absl::UnavailableError(Concat("the connection to ", url,
                                         " ended after ", partial.size(),
                                         " of ", total, " bytes"));
  }
  return absl::OkStatus();
}

}  // namespace kso::worker
