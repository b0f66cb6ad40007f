// SPDX-License-Identifier: Apache-2.0
#include "worker/lease_book.h"

#include <memory>
#include <vector>

#include "common/base/strings.h"
#include "gtest/gtest.h"

namespace kso::worker {
namespace {

class LeaseBookTest : public ::testing::Test {
 protected:
  void StartWork(int count) {
    for (int i = 0; i < count; ++i) {
      v1::Lease lease = NewLease();
      lease.mutable_task()->mutable_make_layer();
      book_.Start(lease);
    }
  }
  void StartQuestions(int count) {
    for (int i = 0; i < count; ++i) {
      v1::Lease lease = NewLease();
      if (i % 2 == 0) {
        lease.mutable_task()->mutable_resolve_file();
      } else {
        lease.mutable_task()->mutable_resolve_image();
      }
      book_.Start(lease);
    }
  }
  // All that there is a slot for.
  void TakeAll() {
    while (book_.CanTake()) at_work_.push_back(book_.Take());
    EXPECT_EQ(book_.Take(), nullptr);
  }
  int FreeSlots() const { return book_.Look().free_slots; }

  LeaseBook book_{2};
  std::vector<std::shared_ptr<LeaseBook::Entry>> at_work_;

 private:
  v1::Lease NewLease() {
    v1::Lease lease;
    lease.set_lease_id(Concat("lease-", ++leases_));
    lease.mutable_task()->set_task_id(Concat("task-", leases_));
    return lease;
  }

  int leases_ = 0;
};

TEST_F(LeaseBookTest, WorkTakesASlot) {
  EXPECT_EQ(FreeSlots(), 2);
  StartWork(1);
  EXPECT_EQ(FreeSlots(), 1);
  StartWork(1);
  EXPECT_EQ(FreeSlots(), 0);
  TakeAll();
  EXPECT_EQ(FreeSlots(), 0);
  book_.Finish(*at_work_[0], v1::TaskResult());
  EXPECT_EQ(FreeSlots(), 1);
}

TEST_F(LeaseBookTest, TellsHowFarATaskIs) {
  StartWork(1);
  TakeAll();
  TaskControl& control = at_work_[0]->control;
  control.SetActivity("packing and pushing kubelet", "registry.example.com");
  control.AddFetched(100);
  control.AddPushed(10);
  control.SetPushing(5);
  v1::HeldLease held = book_.Look().held.at(0);
  EXPECT_EQ(held.activity(), "packing and pushing kubelet");
  EXPECT_EQ(held.host(), "registry.example.com");
  EXPECT_EQ(held.bytes_fetched(), 100);
  EXPECT_EQ(held.bytes_pushed(), 15);
  EXPECT_EQ(held.bytes_done(), 115);
  // The push is over, and counted once.
  control.AddPushed(20);
  control.SetActivity("comparing");
  held = book_.Look().held.at(0);
  EXPECT_EQ(held.bytes_pushed(), 30);
  EXPECT_EQ(held.host(), "");
}

TEST_F(LeaseBookTest, SeveralQuestionsShareASlot) {
  StartQuestions(4);
  EXPECT_EQ(FreeSlots(), 1);
  // The second is not full yet.
  StartQuestions(3);
  EXPECT_EQ(FreeSlots(), 1);
  StartQuestions(1);
  EXPECT_EQ(FreeSlots(), 0);
  TakeAll();
  EXPECT_EQ(at_work_.size(), 8);
  book_.Finish(*at_work_[0], v1::TaskResult());
  EXPECT_EQ(FreeSlots(), 1);
}

TEST_F(LeaseBookTest, QuestionsLeaveRoomForWork) {
  StartQuestions(1);
  EXPECT_EQ(FreeSlots(), 2);
  StartWork(2);
  EXPECT_EQ(FreeSlots(), 0);
  TakeAll();
  EXPECT_EQ(at_work_.size(), 3);
}

// As when leases of a coordinator's former life come on top.
TEST_F(LeaseBookTest, WhatIsTooMuchWaits) {
  StartWork(3);
  StartQuestions(9);
  EXPECT_EQ(FreeSlots(), 0);
  TakeAll();
  // Questions do not wait behind work.
  EXPECT_EQ(at_work_.size(), 10);
  EXPECT_LE(static_cast<int>(at_work_.size()), LeaseBook::MostAtWork(2));
  book_.Finish(*at_work_[0], v1::TaskResult());
  EXPECT_TRUE(book_.CanTake());
  TakeAll();
  EXPECT_EQ(at_work_.size(), 11);
}

}  // namespace
}  // namespace kso::worker
