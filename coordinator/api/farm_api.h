// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_FARM_API_H_
#define KSO_COORDINATOR_API_FARM_API_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "common/blob/stream_limit.h"
#include "common/run/clock.h"
#include "common/run/executor.h"
#include "coordinator/access/access_gate.h"
#include "coordinator/access/principal.h"
#include "coordinator/api/answer_cache.h"
#include "coordinator/api/farm_history.h"
#include "coordinator/api/farm_json.h"
#include "coordinator/api/routes.h"
#include "coordinator/engine/engine.h"
#include "coordinator/http/event_feed.h"
#include "coordinator/http/handler.h"

namespace kso::coordinator {

// A request that was let in.
struct ApiCall {
  const Route* route = nullptr;
  // The values of the path's parameters.
  std::map<std::string, std::string, std::less<>> parameters;
  HttpRequest request;
  Principal who;
  // Returns whether its caller may still read. Empty but for streams.
  std::function<bool()> allowed;
  HttpRespond respond;
};

// Answers the requests about builds and the farm. It never blocks: the engine
// is asked, and a thread of its own makes JSON of what comes back. Thread safe.
class FarmApi {
 public:
  // Makes Prometheus's text of the metrics of the moment, when the farm is as
  // it is given. Thread safe; it may take a while.
  using Metrics = std::function<std::string(const v1::FarmStatus& farm)>;

  // All must outlive it, and `engine` be stopped before it is destroyed.
  // One identity reads `streams_of_one` streams of events at the same time.
  FarmApi(Engine* engine, Clock* clock, const Doors& doors, Metrics metrics,
          int streams_of_one);

  // Begins to follow the farm.
  void Start();

  // Answers, now or later.
  void Run(ApiCall call);

 private:
  using Answer = AnswerCache::Answer;
  using Query = std::map<std::string, std::string, std::less<>>;

  // Answers by what the engine says to `request`, put into JSON by `render`;
  // many callers share one answer.
  template <typename Request, typename Response, typename Render>
  void Show(ApiCall call,
            void (FarmQueries::*method)(Request, EngineDone<Response>),
            Request request, Render render);
  // Answers by what `make` makes, at once and on this thread.
  void ShowNow(ApiCall call, const std::function<OutJson()>& make);
  // Asks the engine for a change, notes the deed, and answers with what
  // `show` shows then.
  template <typename Base, typename Request, typename Response>
  void Act(ApiCall call, std::string on,
           void (Base::*method)(Request, EngineDone<Response>), Request request,
           absl::AnyInvocable<void(ApiCall)> show);

  void ListBuilds(ApiCall call);
  void ShowBuild(ApiCall call, std::string build_id);
  void ListTasks(ApiCall call);
  void ListLogs(ApiCall call);
  void ListWorkers(ApiCall call);
  void ShowWorker(ApiCall call);
  void ListHosts(ApiCall call);
  void ListReleases(ApiCall call);
  void ListAudit(ApiCall call);
  void StreamEvents(ApiCall call);
  void ShowMetrics(ApiCall call);
  void Ready(ApiCall call);
  void SubmitBuild(ApiCall call);
  void SubmitRequest(ApiCall call, v1::SubmitBuildRequest request);
  void ActOnBuild(ApiCall call);
  void SetPriority(ApiCall call);
  void ActOnWorker(ApiCall call);

  // Waits for the next change of the farm.
  void Follow(int64_t known_revision);
  void OnChange(const v1::WatchFarmResponse& change, bool is_first);
  void TakeSample();

  Engine& engine_;
  Clock& clock_;
  const Doors doors_;
  const Metrics metrics_;
  AnswerCache cache_;
  FarmHistory history_;
  EventFeed feed_;
  const int streams_of_one_;
  // Shared with the streams, which end after it where they like.
  const std::shared_ptr<StreamLimit> streams_;
  // Makes JSON of the engine's answers. It is destroyed first, with what it
  // still has to do.
  Executor executor_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_FARM_API_H_
