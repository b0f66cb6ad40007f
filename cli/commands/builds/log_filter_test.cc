// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/builds/log_filter.h"

#include "common/base/proto_time.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

v1::Event EventOf(const std::string& task, const std::string& text,
                  absl::Time time = kNow) {
  v1::Event event;
  event.set_task_id(task);
  event.set_text(text);
  *event.mutable_time() = ToProto(time);
  return event;
}

TEST(LogFilter, ShowsAllOfABuildUnlessToldOtherwise) {
  EXPECT_TRUE(LogFilter().Shows(EventOf("", "phase layers")));
  EXPECT_TRUE(LogFilter().Shows(EventOf("b/layer/files-003", "started")));
}

TEST(LogFilter, ShowsOneTaskByItsIdOrName) {
  const LogFilter by_name{.task = "Kubelet"};
  EXPECT_TRUE(by_name.Shows(
      EventOf("b/layer/files-003", "layer kubespray-files: kubelet: started")));
  EXPECT_FALSE(by_name.Shows(EventOf("b/layer/files-004", "etcd: started")));
  EXPECT_FALSE(by_name.Shows(EventOf("", "kubelet is left out")));
  const LogFilter by_id{.task = "files-003"};
  EXPECT_TRUE(by_id.Shows(EventOf("b/layer/files-003", "started")));
  v1::ActiveTask active;
  active.set_task_id("b/layer/files-003");
  EXPECT_TRUE(by_id.Shows(active));
  EXPECT_FALSE(by_name.Shows(active));
}

TEST(LogFilter, ShowsFromATimeOn) {
  LogFilter filter;
  filter.since = kNow;
  EXPECT_TRUE(filter.Shows(EventOf("", "now")));
  EXPECT_FALSE(filter.Shows(EventOf("", "before", kNow - absl::Seconds(1))));
}

TEST(ParseSince, TakesHowLongAgoOrATime) {
  EXPECT_EQ(*ParseSince("10m", kNow), kNow - absl::Minutes(10));
  EXPECT_EQ(*ParseSince("1h30m", kNow), kNow - absl::Minutes(90));
  EXPECT_EQ(*ParseSince("2023-11-14T22:13:20Z", kNow), kNow);
  for (const char* text : {"", "yesterday", "10", "-5m", "12:00"}) {
    EXPECT_EQ(ParseSince(text, kNow).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

}  // namespace
}  // namespace kso::cli
