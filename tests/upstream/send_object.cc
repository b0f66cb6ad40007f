// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/send_object.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace kso::upstream {
namespace {

constexpr char kLastModified[] = "Tue, 20 Aug 2024 10:00:00 GMT";
constexpr size_t kChunk = 256 * 1024;
constexpr uint64_t kPiecesASecond = 10;

class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  bool ok() const { return descriptor_ >= 0; }
  ssize_t Read(size_t offset, size_t size, char* to) const {
    return pread(descriptor_, to, size, static_cast<off_t>(offset));
  }

 private:
  const int descriptor_;
};

// Sends a body piece by piece; one lives as long as its response.
class Sender {
 public:
  Sender(const Object& object, SendOptions options)
      : file_(object.path), options_(std::move(options)), buffer_(kChunk) {}

  bool ok() const { return file_.ok(); }

  bool Send(size_t offset, size_t length, httplib::DataSink& sink) {
    size_t wanted = std::min(length, buffer_.size());
    // A slow body comes in small pieces, not in rare large ones.
    if (options_.bytes_per_second > 0) {
      wanted = std::min<size_t>(
          wanted,
          std::max<uint64_t>(1, options_.bytes_per_second / kPiecesASecond));
    }
    if (options_.cut_after.has_value()) {
      wanted = std::min<size_t>(wanted, *options_.cut_after - sent_);
      if (wanted == 0) return false;
    }
    const ssize_t got = file_.Read(offset, wanted, buffer_.data());
    if (got <= 0) return false;
    if (options_.corrupt_at.has_value() && *options_.corrupt_at >= offset &&
        *options_.corrupt_at < offset + static_cast<size_t>(got)) {
      buffer_[*options_.corrupt_at - offset] ^= 1;
    }
    // Counted first: a client that has got all of it may ask for the count.
    if (options_.on_sent) options_.on_sent(got);
    if (!sink.write(buffer_.data(), static_cast<size_t>(got))) return false;
    sent_ += got;
    if (options_.bytes_per_second > 0) {
      absl::SleepFor(
          absl::Seconds(static_cast<double>(got) / options_.bytes_per_second));
    }
    return true;
  }

 private:
  const OpenFile file_;
  const SendOptions options_;
  std::vector<char> buffer_;
  uint64_t sent_ = 0;
};

// The library applies the ranges that it parsed to any body, and lets handlers
// look only. What it must not apply has to be taken away from it.
httplib::Ranges& MutableRanges(const httplib::Request& request) {
  return const_cast<httplib::Request&>(request).ranges;
}

// False when the only range asked for lies outside; otherwise leaves at most
// one range, inside the object.
bool SettleRanges(const httplib::Request& request, const std::string& etag,
                  uint64_t size) {
  httplib::Ranges& ranges = MutableRanges(request);
  const std::string condition = request.get_header_value("If-Range");
  const bool changed =
      !condition.empty() && condition != etag && condition != kLastModified;
  if (request.method == "HEAD" || changed || ranges.size() > 1) ranges.clear();
  if (ranges.empty()) return true;

  const ssize_t end = static_cast<ssize_t>(size);
  auto& [first, last] = ranges.front();
  const bool suffix = first < 0;
  if (suffix ? last <= 0 : first >= end) {
    ranges.clear();
    return false;
  }
  if (suffix) first = std::max<ssize_t>(0, end - last);
  if (suffix || last < 0 || last >= end) last = end - 1;
  return true;
}

}  // namespace

void ForgetRanges(const httplib::Request& request) {
  MutableRanges(request).clear();
}

void SendObject(const httplib::Request& request, const Object& object,
                SendOptions options, httplib::Response& response) {
  const std::string etag =
      absl::StrCat("\"", object.sha256.substr(0, 32), "\"");
  response.set_header("ETag", etag);
  response.set_header("Last-Modified", kLastModified);
  response.set_header("Accept-Ranges", "bytes");
  if (request.get_header_value("If-None-Match") == etag) {
    MutableRanges(request).clear();
    response.status = 304;
    return;
  }
  const uint64_t size =
      options.announce.has_value()
          ? *options.announce
          : std::min<uint64_t>(object.size,
                               options.shorten_to.value_or(object.size)) +
                options.lengthen_by;
  if (options.endless) {
    MutableRanges(request).clear();
    response.status = 200;
    const auto bytes = std::make_shared<std::string>(kChunk, 'x');
    response.set_chunked_content_provider(
        options.content_type, [bytes](size_t, httplib::DataSink& sink) {
          return sink.write(bytes->data(), bytes->size());
        });
    return;
  }
  if (!SettleRanges(request, etag, size)) {
    response.status = 416;
    response.set_header("Content-Range", absl::StrCat("bytes */", size));
    return;
  }
  response.status = request.ranges.empty() ? 200 : 206;
  const std::string content_type = options.content_type;
  auto sender = std::make_shared<Sender>(object, std::move(options));
  if (!sender->ok()) {
    MutableRanges(request).clear();
    response.status = 500;
    return;
  }
  response.set_content_provider(
      size, content_type,
      [sender](size_t offset, size_t length, httplib::DataSink& sink) {
        return sender->Send(offset, length, sink);
      });
}

}  // namespace kso::upstream
