// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/words.h"

#include <string>

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
}

}  // namespace
}  // namespace kso::coordinator
