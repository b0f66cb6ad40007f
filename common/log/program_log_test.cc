// SPDX-License-Identifier: Apache-2.0
#include "common/log/program_log.h"

#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "common/text/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/ostream_sink.h"
#include "spdlog/spdlog.h"

namespace kso {
namespace {

using ::testing::EndsWith;
using ::testing::MatchesRegex;

class ProgramLogTest : public ::testing::Test {
 protected:
  void Start(LogFormat format) {
    auto logger = std::make_shared<spdlog::logger>(
        "kso-test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out_));
    logger->set_formatter(CreateLogFormatter(format));
    spdlog::set_default_logger(std::move(logger));
  }

  // The lines that were written since the last call.
  std::string Taken() {
    std::string text = out_.str();
    out_.str("");
    return text;
  }

  Json TakenJson() {
    const std::string line = Taken();
    EXPECT_THAT(line, EndsWith("\n"));
    EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
    const auto json = ParseJson(line);
    EXPECT_TRUE(json.ok()) << line;
    return json.value_or(Json());
  }

  std::ostringstream out_;
};

TEST_F(ProgramLogTest, PeopleReadTextAndThenItsFields) {
  Start(LogFormat::kText);
  LogLine(spdlog::level::warn, "it failed",
          {.build = "b1", .task = "b1/layer/x", .worker = "box-1"});
  EXPECT_THAT(Taken(), EndsWith("[kso-test] [warning] it failed build=b1 "
                                "task=b1/layer/x worker=box-1\n"));
  LogLine(spdlog::level::info, "begun", {.build = "b1"});
  EXPECT_THAT(Taken(), EndsWith("[info] begun build=b1\n"));
  spdlog::info("a line without fields");
  EXPECT_THAT(Taken(), EndsWith("[info] a line without fields\n"));
}

TEST_F(ProgramLogTest, CollectorsReadOneObjectALine) {
  Start(LogFormat::kJson);
  LogLine(spdlog::level::err, "it failed",
          {.build = "b1", .task = "b1/layer/x", .worker = "box-1"});
  Json line = TakenJson();
  EXPECT_THAT(line["time"].get<std::string>(),
              MatchesRegex("20..-..-..T..:..:..\\....Z"));
  line.erase("time");
  EXPECT_EQ(line, (Json{{"level", "error"},
                        {"program", "kso-test"},
                        {"message", "it failed"},
                        {"build", "b1"},
                        {"task", "b1/layer/x"},
                        {"worker", "box-1"}}));
  spdlog::info("a line without fields");
  line = TakenJson();
  EXPECT_EQ(line["message"], "a line without fields");
  EXPECT_FALSE(line.contains("build"));
}

TEST_F(ProgramLogTest, NoTextBreaksALineOfJson) {
  Start(LogFormat::kJson);
  for (const std::string text :
       {"two\nlines\r\n", "\"quoted\" \\ {}", "\x1b[2J\x01\x7f", "caf\xe9",
        "{\"level\":\"info\"}", "%v {}", ""}) {
    LogLine(spdlog::level::info, text, {.build = text, .task = text});
    const Json line = TakenJson();
    EXPECT_EQ(line["level"], "info");
    if (text == "caf\xe9") {
      EXPECT_EQ(line["message"], "caf\xef\xbf\xbd");
    } else {
      EXPECT_EQ(line["message"], text);
    }
  }
}

TEST_F(ProgramLogTest, WordsNameTheForms) {
  EXPECT_EQ(LogFormatOf("json"), LogFormat::kJson);
  EXPECT_EQ(LogFormatOf("text"), LogFormat::kText);
}

}  // namespace
}  // namespace kso
