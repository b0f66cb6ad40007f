// SPDX-License-Identifier: Apache-2.0
// The coordinator's answers to a worker, in any order and with anything in
// them: the worker goes on calling, with requests that can be sent.

#include <string>
#include <vector>

#include "tests/fuzz/fill_message.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"
#include "worker/conversation.h"
#include "worker/lease_book.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  static const auto& words =
      *new std::vector<std::string>{"lease-1",
                                    "lease-2",
                                    "lease-3",
                                    "task-1",
                                    "task-2",
                                    "b1",
                                    "https://dl.example.com/a"};
  fuzz::Input input(data, size);
  worker::Conversation conversation("session");
  worker::LeaseBook book(2);
  std::vector<std::shared_ptr<worker::LeaseBook::Entry>> at_work;
  int64_t sequence = 0;
  for (int step = 0; step < 30 && !input.empty(); ++step) {
    v1::WorkerInfo info;
    info.set_name("one");
    const v1::SyncRequest request =
        conversation.MakeRequest(info, input.OneIn(8), book);
    fuzz::Require(request.sequence() > sequence, "each request is later");
    sequence = request.sequence();
    std::string bytes;
    fuzz::Require(request.SerializeToString(&bytes) &&
                      v1::SyncRequest().ParseFromString(bytes),
                  "a request can be sent");
    v1::SyncResponse response;
    fuzz::FillMessage(input, words, response);
    conversation.Apply(request, response, book);
    while (book.CanTake()) at_work.push_back(book.Take());
    while (!at_work.empty() && input.OneIn(2)) {
      v1::TaskResult result;
      fuzz::FillMessage(input, words, result);
      const absl::StatusOr<v1::TaskResult> outcomes[] = {
          result, absl::NotFoundError("404"), absl::CancelledError("stopped"),
          absl::InternalError("caf\xe9")};
      book.Finish(*at_work.back(), outcomes[input.Below(4)]);
      at_work.pop_back();
    }
    fuzz::Require(at_work.size() <= worker::LeaseBook::MostAtWork(2),
                  "no more is at work than there is room for");
  }
  book.CancelAll();
  return 0;
}
