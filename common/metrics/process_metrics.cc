// SPDX-License-Identifier: Apache-2.0
#include "common/metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/version.h"
#include "common/files/directory.h"
#include "prometheus/client_metric.h"
#include "prometheus/metric_family.h"
#include "prometheus/metric_type.h"

namespace kso::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Family(const char* name, const char* help, MetricType type,
                    double value) {
  ClientMetric metric;
  if (type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  family.metric.push_back(std::move(metric));
  return family;
}

std::string ReadProcFile(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The fields of /proc/self/stat from the third on, counted as proc(5) does:
// those before may hold blanks.
class StatFields {
 public:
  StatFields() {
    const std::string text = ReadProcFile("/proc/self/stat");
    const size_t end_of_name = text.rfind(')');
    if (end_of_name == std::string::npos) return;
    fields_ = absl::StrSplit(text.substr(end_of_name + 1), ' ',
                             absl::SkipWhitespace());
  }

  // False where the kernel does not tell.
  bool Get(size_t number, double& value) const {
    constexpr size_t kFirst = 3;
    const size_t index = number - kFirst;
    return index < fields_.size() && absl::SimpleAtod(fields_[index], &value);
  }

 private:
  std::vector<std::string> fields_;
};

// The time at which the machine was started, in seconds since 1970.
bool BootTime(double& seconds) {
  for (absl::string_view line :
       absl::StrSplit(ReadProcFile("/proc/stat"), '\n')) {
    if (absl::ConsumePrefix(&line, "btime ")) {
      return absl::SimpleAtod(line, &seconds);
    }
  }
  return false;
}

int64_t OpenFiles() {
  int64_t count = 0;
  (void)ForEachEntry("/proc/self/fd",
                     [&](const std::filesystem::directory_entry&) { ++count; });
  // The descriptor of the walk itself.
  return count - 1;
}

class ProcessMetrics final : public prometheus::Collectable {
 public:
  explicit ProcessMetrics(std::string_view program) : program_(program) {}

  std::vector<MetricFamily> Collect() const override {
    std::vector<MetricFamily> families;
    families.push_back(BuildInfo());
    AddTimes(families);
    AddMemory(families);
    families.push_back(
        Family("process_open_fds", "Number of open file descriptors.",
               MetricType::Gauge, static_cast<double>(OpenFiles())));
    rlimit limit = {};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
      families.push_back(
          Family("process_max_fds", "Maximum number of open file descriptors.",
                 MetricType::Gauge, static_cast<double>(limit.rlim_cur)));
    }
    return families;
  }

 private:
  MetricFamily BuildInfo() const {
    MetricFamily family =
        Family("kso_build_info", "The program and its version; always 1.",
               MetricType::Gauge, 1);
    family.metric[0].label = {{"program", program_},
                              {"version", std::string(kVersion)}};
    return family;
  }

  static void AddTimes(std::vector<MetricFamily>& families) {
    const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const StatFields stat;
    double user = 0;
    double system = 0;
    if (stat.Get(14, user) && stat.Get(15, system)) {
      families.push_back(
          Family("process_cpu_seconds_total",
                 "Total user and system CPU time spent in seconds.",
                 MetricType::Counter, (user + system) / ticks));
    }
    double started = 0;
    double booted = 0;
    if (stat.Get(22, started) && BootTime(booted)) {
      families.push_back(
          Family("process_start_time_seconds",
                 "Start time of the process since unix epoch in seconds.",
                 MetricType::Gauge, booted + started / ticks));
    }
    double threads = 0;
    if (stat.Get(20, threads)) {
      families.push_back(Family("process_threads", "Number of OS threads.",
                                MetricType::Gauge, threads));
    }
  }

  static void AddMemory(std::vector<MetricFamily>& families) {
    const StatFields stat;
    double virtual_bytes = 0;
    double resident_pages = 0;
    if (stat.Get(23, virtual_bytes)) {
      families.push_back(Family("process_virtual_memory_bytes",
                                "Virtual memory size in bytes.",
                                MetricType::Gauge, virtual_bytes));
    }
    if (stat.Get(24, resident_pages)) {
      families.push_back(
          Family("process_resident_memory_bytes",
                 "Resident memory size in bytes.", MetricType::Gauge,
                 resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE))));
    }
  }

  const std::string program_;
};

}  // namespace

std::shared_ptr<prometheus::Collectable> CreateProcessMetrics(
    std::string_view program) {
  return std::make_shared<ProcessMetrics>(program);
}

}  // namespace kso::metrics
