// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_LOG_PROGRAM_LOG_H_
#define KSO_COMMON_LOG_PROGRAM_LOG_H_

#include <memory>
#include <string>
#include <string_view>

#include "spdlog/common.h"
#include "spdlog/formatter.h"

namespace kso {

// The form of a line of a program's log.
enum class LogFormat {
  // For people: the time, the program, the level, the text, and its fields as
  // name=value.
  kText,
  // For collectors: one JSON object a line, with the members time (RFC 3339, in
  // UTC), level, program, message, and those of LogFields that are there.
  kJson,
};

// The words of --log-format.
inline constexpr std::string_view kTextLog = "text";
inline constexpr std::string_view kJsonLog = "json";
// Any other word than "json" is kText: flags are checked where they are parsed.
LogFormat LogFormatOf(std::string_view word);

// The subject of a line. Empty fields are left out.
struct LogFields {
  std::string_view build = {};
  std::string_view task = {};
  std::string_view worker = {};
};

// Makes spdlog's default logger write to stderr in that form. To be called
// once, before there are other threads.
void StartProgramLog(const std::string& program, LogFormat format);

// Writes a line with its fields to the default logger. Thread safe.
void LogLine(spdlog::level::level_enum level, std::string_view text,
             const LogFields& fields);

// The formatter behind StartProgramLog, for tests.
std::unique_ptr<spdlog::formatter> CreateLogFormatter(LogFormat format);

}  // namespace kso

#endif  // KSO_COMMON_LOG_PROGRAM_LOG_H_
