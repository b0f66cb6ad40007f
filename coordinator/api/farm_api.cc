// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/farm_api.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/proto_time.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/base/version.h"
#include "common/bytes/digest.h"
#include "common/metrics/exposition.h"
#include "common/oci/platform.h"
#include "coordinator/api/json_text.h"
#include "coordinator/api/message_body.h"
#include "coordinator/api/openapi.h"
#include "coordinator/api/problem.h"
#include "coordinator/api/query_parameters.h"
#include "coordinator/api/release_form.h"
#include "coordinator/http/multipart_form.h"

namespace kso::coordinator {
namespace {

// JSON is made of one answer while another is waited for.
constexpr int kThreads = 2;
// The farm is looked at this often even when nothing is different.
constexpr absl::Duration kFollowWait = absl::Seconds(10);
constexpr size_t kMostAudit = 10'000;

constexpr std::string_view kJson = "application/json";

std::string RandomEpoch() {
  absl::BitGen random;
  return absl::StrCat("r", absl::Hex(absl::Uniform<uint64_t>(random)));
}

AnswerCache::Answer MakeAnswer(std::string_view type, std::string body) {
  auto answer = std::make_shared<SharedAnswer>();
  answer->content_type = std::string(type);
  // Half of the digest tells more answers apart than there will ever be.
  answer->etag = absl::StrCat("\"", Sha256Of(body).hex().substr(0, 32), "\"");
  answer->body = std::make_shared<const std::string>(std::move(body));
  return answer;
}

AnswerCache::Answer MakeProblem(const absl::Status& status) {
  const HttpResponse problem = ProblemResponse(status);
  auto answer = std::make_shared<SharedAnswer>();
  answer->status = problem.status;
  answer->content_type = "application/problem+json";
  answer->body = problem.body;
  return answer;
}

// Returns whether an If-None-Match header names the answer (RFC 9110, section
// 13.1.2).
bool IsKnown(std::string_view if_none_match, const std::string& etag) {
  if (if_none_match.empty() || etag.empty()) return false;
  for (absl::string_view each : absl::StrSplit(ToAbsl(if_none_match), ',')) {
    each = absl::StripAsciiWhitespace(each);
    if (absl::StartsWith(each, "W/")) each.remove_prefix(2);
    if (each == "*" || each == etag) return true;
  }
  return false;
}

HttpResponse ResponseOf(const SharedAnswer& answer,
                        const HttpRequest& request) {
  HttpResponse response;
  if (!answer.etag.empty()) response.headers.push_back({"ETag", answer.etag});
  if (IsKnown(request.Header("If-None-Match"), answer.etag)) {
    response.status = 304;
    return response;
  }
  response.status = answer.status;
  response.headers.push_back({"Content-Type", answer.content_type});
  response.body = answer.body;
  return response;
}

// A stream's place among those of its identity, until the stream ends.
struct StreamPlace {
  // It has to live as long as the place does.
  std::shared_ptr<StreamLimit> limit;
  std::shared_ptr<const void> place = nullptr;
};

// Reads the words of a filter.
template <typename Add>
void ReadWords(QueryParameters& query, std::string_view name, Add add) {
  for (const std::string& word : query.List(name)) {
    if (!add(word)) query.Refuse(name, word, "which is no such word");
  }
}

// A list that is short enough to be paged here.
class ListPage {
 public:
  explicit ListPage(QueryParameters& query)
      : limit_(static_cast<size_t>(query.Limit())),
        text_(absl::AsciiStrToLower(query.Text("text"))) {
    // A token that is none has been refused.
    if (!absl::SimpleAtoi(query.PageToken(), &first_)) first_ = 0;
  }

  // Adds an item that has these words.
  void Add(const std::string& words, const std::function<OutJson()>& make) {
    if (!text_.empty() &&
        absl::AsciiStrToLower(words).find(text_) == std::string::npos) {
      return;
    }
    if (total_ >= first_ && items_.size() < limit_) items_.push_back(make());
    ++total_;
  }

  OutJson InJson() const {
    OutJson json = {{"items", items_}, {"total", total_}};
    if (first_ + items_.size() < total_) {
      json["nextPageToken"] = absl::StrCat(first_ + items_.size());
    }
    return json;
  }

 private:
  const size_t limit_;
  const std::string text_;
  size_t first_ = 0;
  size_t total_ = 0;
  OutJson items_ = OutJson::array();
};

}  // namespace

FarmApi::FarmApi(Engine* engine, Clock* clock, const Doors& doors,
                 Metrics metrics, int streams_of_one)
    : engine_(*engine),
      clock_(*clock),
      doors_(doors),
      metrics_(std::move(metrics)),
      cache_(clock),
      feed_(RandomEpoch()),
      streams_of_one_(streams_of_one),
      streams_(std::make_shared<StreamLimit>(streams_of_one,
                                             std::numeric_limits<int>::max())),
      executor_(kThreads) {
  feed_.SetHello(JsonText({{"version", kVersion}}));
}

void FarmApi::Start() { Follow(0); }

void FarmApi::Run(ApiCall call) {
  switch (call.route->operation) {
    case Operation::kListBuilds:
      return ListBuilds(std::move(call));
    case Operation::kSubmitBuild:
      return SubmitBuild(std::move(call));
    case Operation::kGetBuild: {
      std::string id = call.parameters["build"];
      return ShowBuild(std::move(call), std::move(id));
    }
    case Operation::kListTasks:
      return ListTasks(std::move(call));
    case Operation::kListLogs:
      return ListLogs(std::move(call));
    case Operation::kCancelBuild:
    case Operation::kRetryBuild:
      return ActOnBuild(std::move(call));
    case Operation::kSetPriority:
      return SetPriority(std::move(call));
    case Operation::kListWorkers:
      return ListWorkers(std::move(call));
    case Operation::kGetWorker:
      return ShowWorker(std::move(call));
    case Operation::kDrainWorker:
    case Operation::kUndrainWorker:
      return ActOnWorker(std::move(call));
    case Operation::kListHosts:
      return ListHosts(std::move(call));
    case Operation::kListReleases:
      return ListReleases(std::move(call));
    case Operation::kGetFarm:
      return Show(std::move(call), &FarmQueries::GetFarm, v1::GetFarmRequest(),
                  [](const v1::FarmStatus& farm) -> absl::StatusOr<OutJson> {
                    return ToJson(farm, kVersion);
                  });
    case Operation::kGetFarmHistory:
      return ShowNow(std::move(call), [this] { return history_.InJson(); });
    case Operation::kStreamEvents:
      return StreamEvents(std::move(call));
    case Operation::kListAudit:
      return ListAudit(std::move(call));
    case Operation::kGetOpenApi: {
      static const auto* const kDocument =
          new Answer(MakeAnswer(kJson, std::string(kOpenApiDocument)));
      return call.respond(ResponseOf(**kDocument, call.request));
    }
    case Operation::kHealth:
      return call.respond(MakeResponse(200, "text/plain", "ok\n"));
    case Operation::kReady:
      return Ready(std::move(call));
    case Operation::kMetrics:
      return ShowMetrics(std::move(call));
    case Operation::kGetSession:
    case Operation::kLoginPage:
    case Operation::kLogin:
    case Operation::kLogout:
      break;
  }
  call.respond(ProblemResponse(404, "there is no such path"));
}

template <typename Request, typename Response, typename Render>
void FarmApi::Show(ApiCall call,
                   void (FarmQueries::*method)(Request, EngineDone<Response>),
                   Request request, Render render) {
  auto make = [this, method, request = std::move(request),
               render = std::move(render)](AnswerCache::Take take) mutable {
    (engine_.*method)(
        std::move(request),
        [this, render = std::move(render),
         take = std::move(take)](absl::StatusOr<Response> response) mutable {
          executor_.Schedule([render = std::move(render),
                              take = std::move(take),
                              response = std::move(response)]() mutable {
            if (!response.ok()) return take(MakeProblem(response.status()));
            const absl::StatusOr<OutJson> json = render(*response);
            take(json.ok() ? MakeAnswer(kJson, JsonText(*json))
                           : MakeProblem(json.status()));
          });
        });
  };
  const std::string key = call.request.target;
  cache_.Get(
      key, std::move(make),
      [request = std::move(call.request), respond = std::move(call.respond)](
          Answer answer) mutable { respond(ResponseOf(*answer, request)); });
}

void FarmApi::ShowNow(ApiCall call, const std::function<OutJson()>& make) {
  QueryParameters query(call.request);
  if (const absl::Status status = query.End(); !status.ok()) {
    return call.respond(ProblemResponse(status));
  }
  call.respond(ResponseOf(*MakeAnswer(kJson, JsonText(make())), call.request));
}

void FarmApi::ListBuilds(ApiCall call) {
  QueryParameters query(call.request);
  v1::ListBuildSummariesRequest request;
  request.set_page_size(query.Limit());
  request.set_page_token(query.PageToken());
  request.set_release(query.Text("release"));
  request.set_text(query.Text("text"));
  ReadWords(query, "state", [&](std::string_view word) {
    const auto state = ParseBuildState(word);
    if (state.has_value()) request.add_states(*state);
    return state.has_value();
  });
  if (const absl::Status status = query.End(); !status.ok()) {
    return call.respond(ProblemResponse(status));
  }
  Show(std::move(call), &FarmQueries::ListBuildSummaries, std::move(request),
       [](const v1::ListBuildSummariesResponse& page)
           -> absl::StatusOr<OutJson> { return ToJson(page); });
}

void FarmApi::ShowBuild(ApiCall call, std::string build_id) {
  QueryParameters query(call.request);
  if (const absl::Status status = query.End(); !status.ok()) {
    return call.respond(ProblemResponse(status));
  }
  v1::GetBuildDetailsRequest request;
  request.set_build_id(std::move(build_id));
  Show(std::move(call), &FarmQueries::GetBuildDetails, std::move(request),
       [this](const v1::BuildDetails& details) -> absl::StatusOr<OutJson> {
         return ToJson(details, clock_.Now());
       });
}

void FarmApi::ListTasks(ApiCall call) {
  QueryParameters query(call.request);
  v1::ListTasksRequest request;
  request.set_build_id(call.parameters["build"]);
  request.set_page_size(query.Limit());
  request.set_page_token(query.PageToken());
  request.set_worker(query.Text("worker"));
  request.set_text(query.Text("text"));
  ReadWords(query, "state", [&](std::string_view word) {
    const auto state = ParseTaskState(word);
    if (state.has_value()) request.add_states(*state);
    return state.has_value();
  });
  ReadWords(query, "phase", [&](std::string_view word) {
    const auto phase = ParsePhase(word);
    if (phase.has_value()) request.add_phases(*phase);
    return phase.has_value();
  });
  if (const absl::Status status = query.End(); !status.ok()) {
    return call.respond(ProblemResponse(status));
  }
  Show(std::move(call), &FarmQueries::ListTasks, std::move(request),
       [](const v1::ListTasksResponse& page) -> absl::StatusOr<OutJson> {
         return ToJson(page);
       });
}

void FarmApi::ListLogs(ApiCall call) {
  QueryParameters query(call.request);
  v1::ListEventsRequest request;
  request.set_build_id(call.parameters["build"]);
  request.set_page_size(query.Limit());
  request.set_after_sequence(
      query.Number("after", 0, std::numeric_limits<int64_t>::max(), 0));
  request.set_task_id(query.Text("task"));
  request.set_text(query.Text("text"));
  ReadWords(query, "level", [&](std::string_view word) {
    const auto level = ParseLevel(word);
    if (level.has_value()) request.add_levels(*level);
    return level.has_value();
  });
  if (const absl::Status status = query.End(); !status.ok()) {
    return call.respond(ProblemResponse(status));
  }
  Show(std::move(call), &FarmQueries::ListEvents, std::move(request),
       [](const v1::ListEventsResponse& page) -> absl::StatusOr<OutJson> {
         return ToJson(page);
       });
}

void FarmApi::ListWorkers(ApiCall call) {
  QueryParameters query(call.request);
  ListPage page(query);
  const std::vector<std::string> states = query.List("state");
  const std::string platform = query.Text("platform");
  for (const std::string& state : states) {
    if (state != "ready" && state != "draining" && state != "lost" &&
        state != "unhealthy") {
      query.Refuse("state", state, "which is no such word");
    }
  }
  if (const absl::Status status = query.End(); !status.ok()) {
    return call.respond(ProblemResponse(status));
  }
  Show(
      std::move(call), &FarmQueries::ListWorkerDetails,
      v1::ListWorkerDetailsRequest(),
      [page, states, platform](const v1::ListWorkerDetailsResponse& all) mutable
          -> absl::StatusOr<OutJson> {
        for (const v1::WorkerDetails& worker : all.workers()) {
          const v1::WorkerInfo& info = worker.status().info();
          const std::string state(WorkerStateInJson(worker.status().state()));
          const bool has_platform = std::any_of(
              info.platforms().begin(), info.platforms().end(),
              [&](const v1::PlatformSupport& support) {
                return oci::FormatPlatform(support.platform()) == platform;
              });
          if ((!platform.empty() && !has_platform) ||
              (!states.empty() && std::find(states.begin(), states.end(),
                                            state) == states.end())) {
            continue;
          }
          page.Add(info.name(), [&] { return ToJson(worker); });
        }
        return page.InJson();
      });
}

void FarmApi::ShowWorker(ApiCall call) {
  v1::ListWorkerDetailsRequest request;
  request.set_name(call.parameters["worker"]);
  Show(std::move(call), &FarmQueries::ListWorkerDetails, std::move(request),
       [](const v1::ListWorkerDetailsResponse& found)
           -> absl::StatusOr<OutJson> { return ToJson(found.workers(0)); });
}

void FarmApi::ListHosts(ApiCall call) {
  QueryParameters query(call.request);
  ListPage page(query);
  if (const absl::Status status = query.End(); !status.ok()) {
    return call.respond(ProblemResponse(status));
  }
  Show(std::move(call), &FarmQueries::ListHosts, v1::ListHostsRequest(),
       [this, page](const v1::ListHostsResponse& all) mutable
           -> absl::StatusOr<OutJson> {
         const absl::Time now = clock_.Now();
         for (const v1::HostLimit& host : all.hosts()) {
           page.Add(host.host(), [&] { return ToJson(host, now); });
         }
         return page.InJson();
       });
}

void FarmApi::ListReleases(ApiCall call) {
  QueryParameters query(call.request);
  ListPage page(query);
  if (const absl::Status status = query.End(); !status.ok()) {
    return call.respond(ProblemResponse(status));
  }
  Show(std::move(call), &FarmQueries::ListReleases, v1::ListReleasesRequest(),
       [page](const v1::ListReleasesResponse& all) mutable
           -> absl::StatusOr<OutJson> {
         for (const v1::ReleaseStatus& release : all.releases()) {
           page.Add(Concat(release.name(), " ", release.destination()),
                    [&] { return ToJson(release); });
         }
         return page.InJson();
       });
}

void FarmApi::ListAudit(ApiCall call) {
  QueryParameters query(call.request);
  ListPage page(query);
  if (const absl::Status status = query.End(); !status.ok()) {
    return call.respond(ProblemResponse(status));
  }
  // The log is on disk.
  executor_.Schedule([this, page, call = std::move(call)]() mutable {
    const auto records = doors_.audit->Read(absl::InfinitePast(), kMostAudit);
    if (!records.ok()) return call.respond(ProblemResponse(records.status()));
    for (auto record = records->rbegin(); record != records->rend(); ++record) {
      page.Add(Concat(record->who(), " ", record->what(), " ", record->on(),
                      " ", record->outcome()),
               [&] { return ToJson(*record); });
    }
    call.respond(
        ResponseOf(*MakeAnswer(kJson, JsonText(page.InJson())), call.request));
  });
}

void FarmApi::StreamEvents(ApiCall call) {
  StreamPlace place = {.limit = streams_};
  // On a farm without identities everybody is the same one.
  if (call.who.how != IdentifiedBy::kOpenFarm) {
    absl::StatusOr<std::shared_ptr<const void>> taken = streams_->Take(Concat(
        IdentifiedByName(call.who.how), " ", call.who.id, " ", call.who.name));
    if (!taken.ok()) {
      return call.respond(ProblemResponse(
          429, Concat(call.who.name, " reads ", streams_of_one_,
                      " streams of events, as many as one may; end some")));
    }
    place.place = *std::move(taken);
  }
  HttpResponse response;
  response.headers.push_back({"Content-Type", "text/event-stream"});
  // A proxy that collects the events would hold them back.
  response.headers.push_back({"X-Accel-Buffering", "no"});
  response.stream = HttpEventStream{
      .feed = &feed_,
      .last_id = std::string(call.request.Header("Last-Event-ID")),
      .allowed = [allowed = std::move(call.allowed), place = std::move(place)] {
        return !allowed || allowed();
      }};
  call.respond(std::move(response));
}

void FarmApi::ShowMetrics(ApiCall call) {
  if (!metrics_) {
    return call.respond(ProblemResponse(404, "this program has no metrics"));
  }
  engine_.GetFarm({}, [this, respond = std::move(call.respond)](
                          absl::StatusOr<v1::FarmStatus> farm) mutable {
    executor_.Schedule([this, respond = std::move(respond),
                        farm = std::move(farm)]() mutable {
      respond(farm.ok()
                  ? MakeResponse(200, std::string(metrics::kMetricsContentType),
                                 metrics_(*farm))
                  : ProblemResponse(farm.status()));
    });
  });
}

// Everybody may ask for it, so that the engine is asked once for many.
void FarmApi::Ready(ApiCall call) {
  auto ask = [this](AnswerCache::Take take) {
    engine_.GetFarm({},
                    [take = std::move(take)](
                        const absl::StatusOr<v1::FarmStatus>& farm) mutable {
                      take(farm.ok() ? MakeAnswer("text/plain", "ok\n")
                                     : MakeProblem(farm.status()));
                    });
  };
  cache_.Get(
      "/readyz", std::move(ask),
      [request = std::move(call.request), respond = std::move(call.respond)](
          Answer answer) mutable { respond(ResponseOf(*answer, request)); });
}

template <typename Base, typename Request, typename Response>
void FarmApi::Act(ApiCall call, std::string on,
                  void (Base::*method)(Request, EngineDone<Response>),
                  Request request, absl::AnyInvocable<void(ApiCall)> show) {
  (engine_.*method)(
      std::move(request),
      [this, on = std::move(on), call = std::move(call),
       show = std::move(show)](absl::StatusOr<Response> response) mutable {
        Deed deed;
        deed.who = call.who;
        deed.what = Concat(call.request.method, " ", call.request.path);
        deed.on = std::move(on);
        deed.outcome = response.status();
        doors_.audit->Note(deed);
        if (!response.ok()) {
          return call.respond(ProblemResponse(response.status()));
        }
        cache_.Invalidate();
        show(std::move(call));
      });
}

void FarmApi::SubmitBuild(ApiCall call) {
  // Reading 16 MiB takes long enough to hold up the server's threads.
  executor_.Schedule([this, call = std::move(call)]() mutable {
    const std::string body = std::move(call.request.body);
    const std::string_view type = call.request.Header("Content-Type");
    absl::StatusOr<v1::SubmitBuildRequest> request =
        IsMultipartForm(type) ? ReadReleaseForm(type, body)
                              : ReadMessageBody<v1::SubmitBuildRequest>(body);
    if (!request.ok()) return call.respond(ProblemResponse(request.status()));
    SubmitRequest(std::move(call), *std::move(request));
  });
}

void FarmApi::SubmitRequest(ApiCall call, v1::SubmitBuildRequest request) {
  // The submitter is the identity that was proved, whatever the body says.
  request.set_submitted_by(call.who.name);
  request.clear_submitter_roles();
  for (std::string& role : RoleNames(call.who)) {
    request.add_submitter_roles(std::move(role));
  }
  std::string on = absl::StrCat("build ", request.build_id());
  engine_.SubmitBuild(
      std::move(request), [this, on = std::move(on), call = std::move(call)](
                              absl::StatusOr<v1::Build> build) mutable {
        Deed deed;
        deed.who = call.who;
        deed.what = "POST /api/v1/builds";
        deed.on = std::move(on);
        deed.outcome = build.status();
        doors_.audit->Note(deed);
        if (!build.ok()) return call.respond(ProblemResponse(build.status()));
        cache_.Invalidate();
        // An equal build that runs is the answer, under its own id.
        std::string id = build->build_id();
        HttpRespond respond = std::move(call.respond);
        call.respond =
            [id, respond = std::move(respond)](HttpResponse response) mutable {
              if (response.status == 200) response.status = 201;
              response.headers.push_back(
                  {"Location", Concat("/api/v1/builds/", id)});
              respond(std::move(response));
            };
        call.request.target = Concat("/api/v1/builds/", id);
        ShowBuild(std::move(call), id);
      });
}

void FarmApi::ActOnBuild(ApiCall call) {
  const std::string id = call.parameters["build"];
  const auto show = [this, id](ApiCall done) {
    done.request.target = Concat("/api/v1/builds/", id);
    ShowBuild(std::move(done), id);
  };
  if (call.route->operation == Operation::kCancelBuild) {
    v1::CancelBuildRequest request;
    request.set_build_id(id);
    return Act(std::move(call), Concat("build ", id), &Engine::CancelBuild,
               std::move(request), show);
  }
  v1::RetryBuildRequest request;
  request.set_build_id(id);
  request.set_retried_by(call.who.name);
  Act(std::move(call), Concat("build ", id), &Engine::RetryBuild,
      std::move(request), show);
}

void FarmApi::SetPriority(ApiCall call) {
  absl::StatusOr<v1::SetPriorityRequest> request =
      ReadMessageBody<v1::SetPriorityRequest>(call.request.body);
  if (!request.ok()) return call.respond(ProblemResponse(request.status()));
  const std::string id = call.parameters["build"];
  request->set_build_id(id);
  Act(std::move(call), Concat("build ", id), &FarmQueries::SetPriority,
      *std::move(request), [this, id](ApiCall done) {
        done.request.target = Concat("/api/v1/builds/", id);
        ShowBuild(std::move(done), id);
      });
}

void FarmApi::ActOnWorker(ApiCall call) {
  const std::string name = call.parameters["worker"];
  const auto show = [this](ApiCall done) {
    done.request.target = Concat("worker ", done.parameters["worker"]);
    ShowWorker(std::move(done));
  };
  if (call.route->operation == Operation::kDrainWorker) {
    v1::DrainWorkerRequest request;
    request.set_name(name);
    return Act(std::move(call), Concat("worker ", name), &Engine::DrainWorker,
               std::move(request), show);
  }
  v1::UndrainWorkerRequest request;
  request.set_name(name);
  Act(std::move(call), Concat("worker ", name), &FarmQueries::UndrainWorker,
      std::move(request), show);
}

void FarmApi::Follow(int64_t known_revision) {
  v1::WatchFarmRequest request;
  request.set_known_revision(known_revision);
  *request.mutable_wait() = ToProto(kFollowWait);
  engine_.WatchFarm(
      std::move(request),
      [this, known_revision](absl::StatusOr<v1::WatchFarmResponse> change) {
        // The engine has stopped.
        if (!change.ok()) return;
        executor_.Schedule([this, known_revision, change = *std::move(change)] {
          if (change.revision() != known_revision) {
            OnChange(change, known_revision == 0);
          }
          if (history_.WantsSample(clock_.Now())) TakeSample();
          Follow(change.revision());
        });
      });
}

void FarmApi::OnChange(const v1::WatchFarmResponse& change, bool is_first) {
  cache_.Invalidate();
  // Nobody has missed what was there before the first look.
  if (!is_first) feed_.Publish("change", JsonText(ToJson(change)));
}

void FarmApi::TakeSample() {
  engine_.GetFarm({}, [this](const absl::StatusOr<v1::FarmStatus>& farm) {
    if (farm.ok()) history_.Add(*farm);
  });
}

}  // namespace kso::coordinator
