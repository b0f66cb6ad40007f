// SPDX-License-Identifier: Apache-2.0
#include "common/log/program_log.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/strings.h"
#include "spdlog/pattern_formatter.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace kso {
namespace {

// The fields of the line that this thread writes: spdlog's messages have none.
// The logger formats a line on the thread that writes it.
thread_local const LogFields* current_fields = nullptr;

using NamedField = std::pair<std::string_view, std::string_view>;

// The fields that are there.
std::vector<NamedField> CurrentFields() {
  if (current_fields == nullptr) return {};
  std::vector<NamedField> named = {{"build", current_fields->build},
                                   {"task", current_fields->task},
                                   {"worker", current_fields->worker}};
  std::erase_if(named,
                [](const NamedField& each) { return each.second.empty(); });
  return named;
}

std::string_view ViewOf(const spdlog::string_view_t& text) {
  return {text.data(), text.size()};
}

void Append(std::string_view text, spdlog::memory_buf_t& line) {
  line.append(text.data(), text.data() + text.size());
}

class TextFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message,
              spdlog::memory_buf_t& line) override {
    std::string text(ViewOf(message.payload));
    for (const auto& [name, value] : CurrentFields()) {
      text += Concat(" ", name, "=", value);
    }
    spdlog::details::log_msg with_fields(message);
    with_fields.payload = text;
    pattern_.format(with_fields, line);
    // The sink colours the level, whose place the copy was told.
    message.color_range_start = with_fields.color_range_start;
    message.color_range_end = with_fields.color_range_end;
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<TextFormatter>();
  }

 private:
  spdlog::pattern_formatter pattern_;
};

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message,
              spdlog::memory_buf_t& line) override {
    nlohmann::ordered_json object = {
        {"time",
         absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ",
                          absl::FromChrono(message.time), absl::UTCTimeZone())},
        {"level", ViewOf(spdlog::level::to_string_view(message.level))},
        {"program", ViewOf(message.logger_name)},
        {"message", ViewOf(message.payload)}};
    for (const auto& [name, value] : CurrentFields()) {
      object[std::string(name)] = value;
    }
    // Bytes that are no UTF-8 become U+FFFD; control characters are escaped.
    Append(object.dump(-1, ' ', /*ensure_ascii=*/false,
                       nlohmann::ordered_json::error_handler_t::replace),
           line);
    Append("\n", line);
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

}  // namespace

LogFormat LogFormatOf(std::string_view word) {
  return word == kJsonLog ? LogFormat::kJson : LogFormat::kText;
}

std::unique_ptr<spdlog::formatter> CreateLogFormatter(LogFormat format) {
  if (format == LogFormat::kJson) return std::make_unique<JsonFormatter>();
  return std::make_unique<TextFormatter>();
}

void StartProgramLog(const std::string& program, LogFormat format) {
  const auto logger = spdlog::stderr_color_mt(program);
  logger->set_formatter(CreateLogFormatter(format));
  spdlog::set_default_logger(logger);
}

void LogLine(spdlog::level::level_enum level, std::string_view text,
             const LogFields& fields) {
  current_fields = &fields;
  spdlog::log(level, "{}", text);
  current_fields = nullptr;
}

}  // namespace kso
