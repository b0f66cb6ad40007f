// SPDX-License-Identifier: Apache-2.0
#include "coordinator/http/event_feed.h"

#include <cstddef>
#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

class Reader final : public EventFeed::Reader {
 public:
  void Offer(EventFeed::Bytes bytes) override { text += *bytes; }

  std::string text;
};

// Counts the objects whose memory has not been given back, which a weak pointer
// to an object of make_shared or allocate_shared keeps.
template <typename T>
struct CountingAllocator {
  using value_type = T;

  explicit CountingAllocator(int* counter) : held(counter) {}
  template <typename Other>
  // NOLINTNEXTLINE(google-explicit-constructor): allocators are converted so.
  CountingAllocator(const CountingAllocator<Other>& other) : held(other.held) {}

  T* allocate(size_t count) {
    ++*held;
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T* memory, size_t count) {
    --*held;
    std::allocator<T>().deallocate(memory, count);
  }
  bool operator==(const CountingAllocator&) const = default;

  int* held;
};

TEST(EventFeedTest, ReadersGetWhatIsPublishedAfterTheirHello) {
  EventFeed feed("run");
  feed.SetHello("{\"version\":\"1\"}");
  feed.Publish("change", "{}");
  const auto reader = std::make_shared<Reader>();
  feed.Subscribe(reader, "");
  feed.Publish("change", "[2]");
  EXPECT_EQ(reader->text,
            "event: hello\nid: run-1\ndata: {\"version\":\"1\"}\n\n"
            "event: change\nid: run-2\ndata: [2]\n\n");
}

TEST(EventFeedTest, AReaderThatComesBackMissesNothing) {
  EventFeed feed("run", /*kept=*/2);
  for (int i = 1; i <= 4; ++i) feed.Publish("change", std::to_string(i));
  const auto text_after = [&feed](const std::string& last_id) {
    const auto reader = std::make_shared<Reader>();
    feed.Subscribe(reader, last_id);
    return reader->text;
  };
  EXPECT_EQ(text_after("run-2"),
            "event: hello\ndata: {}\n\n"
            "event: change\nid: run-3\ndata: 3\n\n"
            "event: change\nid: run-4\ndata: 4\n\n");
  for (const char* unknown : {"run-1", "run-5", "run--1", "other-3", "3"}) {
    EXPECT_EQ(text_after(unknown),
              "event: hello\nid: run-4\ndata: {}\n\n"
              "event: reset\nid: run-4\ndata: {}\n\n")
        << unknown;
  }
}

TEST(EventFeedTest, AReaderThatHasGoneIsOfferedNothingAndCountsNoMore) {
  EventFeed feed("run");
  auto gone = std::make_shared<Reader>();
  const auto there = std::make_shared<Reader>();
  feed.Subscribe(gone, "");
  feed.Subscribe(there, "run-0");
  EXPECT_EQ(feed.reader_count(), 2);
  gone.reset();
  EXPECT_EQ(feed.reader_count(), 1);
  feed.Publish("change", "1");
  EXPECT_EQ(there->text,
            "event: hello\ndata: {}\n\n"
            "event: change\nid: run-1\ndata: 1\n\n");
  // One that is up to date is sent nothing again.
  const auto again = std::make_shared<Reader>();
  feed.Subscribe(again, "run-1");
  EXPECT_EQ(again->text, "event: hello\ndata: {}\n\n");
}

TEST(EventFeedTest, ReadersThatHaveGoneTakeNoMemoryWhileNothingIsPublished) {
  EventFeed feed("run");
  int held = 0;
  for (int i = 0; i < 100; ++i) {
    feed.Subscribe(
        std::allocate_shared<Reader>(CountingAllocator<Reader>(&held)), "");
  }
  EXPECT_EQ(feed.reader_count(), 0);
  EXPECT_LE(held, 1);
}

}  // namespace
}  // namespace kso::coordinator
