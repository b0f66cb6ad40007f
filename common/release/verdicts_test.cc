// SPDX-License-Identifier: Apache-2.0
#include "common/release/verdicts.h"

#include "gtest/gtest.h"

namespace kso::release {
namespace {

v1::ItemVerdict Item(v1::ItemVerdict::Verdict verdict) {
  v1::ItemVerdict item;
  item.set_name("https://dl.k8s.io/kubelet");
  item.set_verdict(verdict);
  item.set_digest("sha256:aa");
  return item;
}

TEST(RemarkOnTest, SaysNothingOfItemsThatAreInOrder) {
  EXPECT_EQ(RemarkOn(Item(v1::ItemVerdict::MATCHED)), "");
  EXPECT_EQ(RemarkOn(Item(v1::ItemVerdict::UNSTATED)), "");
}

TEST(RemarkOnTest, NamesWantedAndGotOfAWaivedFile) {
  v1::ItemVerdict item = Item(v1::ItemVerdict::WAIVED);
  item.set_stated("sha256:bb");
  item.set_waived_because("rebuilt upstream");
  EXPECT_EQ(RemarkOn(item),
            "https://dl.k8s.io/kubelet: has a waiver (rebuilt upstream): its "
            "list states sha256:bb, and it is sha256:aa");
  item.clear_stated();
  item.clear_waived_because();
  EXPECT_EQ(RemarkOn(item),
            "https://dl.k8s.io/kubelet: has a waiver: no checksum is stated, "
            "and it is sha256:aa");
}

TEST(RemarkOnTest, TellsOfArchitecturesAndOfWhatWasNotLookedAt) {
  v1::ItemVerdict item = Item(v1::ItemVerdict::MATCHED);
  item.set_architecture_problem("is for amd64");
  item.set_not_looked_at("damaged");
  EXPECT_EQ(RemarkOn(item),
            "https://dl.k8s.io/kubelet: is for amd64; not all of it was looked "
            "at: damaged");
}

TEST(CountVerdictsTest, CountsEachKind) {
  google::protobuf::RepeatedPtrField<v1::ItemVerdict> verdicts;
  *verdicts.Add() = Item(v1::ItemVerdict::MATCHED);
  *verdicts.Add() = Item(v1::ItemVerdict::UNSTATED);
  EXPECT_EQ(CountVerdicts(verdicts), "2 items: 1 matched, 1 unstated");
  *verdicts.Add() = Item(v1::ItemVerdict::WAIVED);
  EXPECT_EQ(CountVerdicts(verdicts),
            "3 items: 1 matched, 1 unstated, 1 waived");
}

}  // namespace
}  // namespace kso::release
