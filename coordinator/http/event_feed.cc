// SPDX-License-Identifier: Apache-2.0
#include "coordinator/http/event_feed.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "common/base/strings.h"

namespace kso::coordinator {

EventFeed::EventFeed(std::string epoch, size_t kept)
    : epoch_(std::move(epoch)), kept_(kept) {}

EventFeed::Bytes EventFeed::Format(std::string_view name,
                                   std::string_view data) const {
  return std::make_shared<const std::string>(
      Concat("event: ", name, "\nid: ", epoch_, "-", last_number_,
             "\ndata: ", data, "\n\n"));
}

int64_t EventFeed::NumberOf(std::string_view id) const {
  int64_t number = -1;
  if (!id.starts_with(epoch_)) return -1;
  id.remove_prefix(epoch_.size());
  if (!id.starts_with("-") ||
      !absl::SimpleAtoi(ToAbsl(id.substr(1)), &number)) {
    return -1;
  }
  return number;
}

void EventFeed::Publish(std::string_view name, std::string_view data) {
  absl::MutexLock lock(&mutex_);
  ++last_number_;
  const Event& event =
      events_.emplace_back(Event{last_number_, Format(name, data)});
  std::erase_if(readers_, [&event](const std::weak_ptr<Reader>& weak) {
    const std::shared_ptr<Reader> reader = weak.lock();
    if (reader != nullptr) reader->Offer(event.bytes);
    return reader == nullptr;
  });
  if (events_.size() > kept_) events_.pop_front();
}

void EventFeed::Subscribe(const std::shared_ptr<Reader>& reader,
                          std::string_view last_id) {
  absl::MutexLock lock(&mutex_);
  // Nothing may be published for days, while readers come and go.
  std::erase_if(readers_, [](const std::weak_ptr<Reader>& weak) {
    return weak.expired();
  });
  readers_.push_back(reader);
  const int64_t seen = NumberOf(last_id);
  const bool known =
      seen >= 0 && seen <= last_number_ &&
      seen + static_cast<int64_t>(events_.size()) >= last_number_;
  // The id of `hello` is that of the last event, so that what follows it is not
  // sent again; a reader that has missed some gets that id with the last of
  // these.
  if (!known) {
    reader->Offer(Format("hello", hello_));
    if (!last_id.empty()) reader->Offer(Format("reset", "{}"));
    return;
  }
  reader->Offer(std::make_shared<const std::string>(
      Concat("event: hello\ndata: ", hello_, "\n\n")));
  for (const Event& event : events_) {
    if (event.number > seen) reader->Offer(event.bytes);
  }
}

void EventFeed::SetHello(std::string data) {
  absl::MutexLock lock(&mutex_);
  hello_ = std::move(data);
}

size_t EventFeed::reader_count() const {
  absl::MutexLock lock(&mutex_);
  size_t count = 0;
  for (const std::weak_ptr<Reader>& reader : readers_) {
    if (!reader.expired()) ++count;
  }
  return count;
}

}  // namespace kso::coordinator
