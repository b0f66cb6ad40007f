// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/words.h"

#include <string>
#include <utility>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "kso/v1/types.pb.h"

namespace kso::coordinator {
namespace {

v1::Failure Trouble(const std::string& item) {
  v1::Failure failure;
  failure.set_item(item);
  failure.set_reason("503");
  failure.set_advice("wait");
  return failure;
}

TEST(TroubleInWordsTest, NamesAnItemOnce) {
  EXPECT_EQ(TroubleInWords("resolve https://h.example/a",
                           Trouble("https://h.example/a")),
            "503; wait");
  EXPECT_EQ(TroubleInWords("layer kubespray-images: etcd (linux/amd64)",
                           Trouble("layer etcd (linux/amd64) to r.example/t")),
            "503; wait");
  // A layer of files that fails for one of them.
  EXPECT_EQ(TroubleInWords("layer kubespray-files: kubelet (amd64)",
                           Trouble("https://h.example/kubelet")),
            "https://h.example/kubelet: 503; wait");
  EXPECT_EQ(TroubleInWords("layer kubespray-files: kubelet", Trouble("")),
            "503; wait");
  EXPECT_EQ(TroubleInWords("a task", Trouble("layer ")), "layer : 503; wait");
  // A part of the name is not the name.
  EXPECT_EQ(
      TroubleInWords("layer kubespray-images: tcd", Trouble("layer etcd to r")),
      "layer etcd to r: 503; wait");
}

TEST(FailureInWordsTest, HasThePartsThatThereAre) {
  v1::Failure failure;
  EXPECT_EQ(FailureInWords(failure), "");
  failure.set_item("kubelet");
  EXPECT_EQ(FailureInWords(failure), "kubelet");
  failure.set_reason("it is gone");
  EXPECT_EQ(FailureInWords(failure), "kubelet: it is gone");
  failure.set_location("files.list:3");
  EXPECT_EQ(FailureInWords(failure), "kubelet: it is gone (files.list:3)");
  failure.set_advice("ask for another");
  EXPECT_EQ(FailureInWords(failure),
            "kubelet: it is gone; ask for another (files.list:3)");
  failure.clear_item();
  failure.clear_location();
  EXPECT_EQ(FailureInWords(failure), "it is gone; ask for another");
}

TEST(DurationInWordsTest, IsAsExactAsAReaderNeeds) {
  const std::pair<double, const char*> cases[] = {
      {0, "0.0 s"},          {0.04, "0.0 s"},     {0.06, "0.1 s"},
      {9.5, "9.5 s"},        {10, "10 s"},        {10.6, "11 s"},
      {59, "59 s"},          {59.4, "59 s"},      {59.6, "1 min 0 s"},
      {60, "1 min 0 s"},     {119, "1 min 59 s"}, {120, "2 min 0 s"},
      {3599, "59 min 59 s"}, {3600, "1 h 0 min"}, {3720, "1 h 2 min"},
      {7199, "1 h 59 min"},  {7200, "2 h 0 min"}, {90'000, "25 h 0 min"}};
  for (const auto& [seconds, words] : cases) {
    EXPECT_EQ(DurationInWords(absl::Seconds(seconds)), words) << seconds;
  }
}

TEST(PlatformInWordsTest, HasTheVariantWhereThereIsOne) {
  v1::Platform platform;
  EXPECT_EQ(PlatformInWords(platform), "");
  platform.set_os("linux");
  EXPECT_EQ(PlatformInWords(platform), "linux/");
  platform.set_architecture("arm");
  EXPECT_EQ(PlatformInWords(platform), "linux/arm");
  platform.set_variant("v7");
  EXPECT_EQ(PlatformInWords(platform), "linux/arm/v7");
}

TEST(PhaseInWordsTest, ABuildWithoutAPhaseIsSubmitted) {
  EXPECT_EQ(PhaseInWords(v1::PHASE_UNSPECIFIED), "submitted");
  EXPECT_EQ(PhaseInWords(v1::RESOLVE), "resolve");
}

}  // namespace
}  // namespace kso::coordinator
