#include "command/findings.h"

#include <gtest/gtest.h>

namespace signet::command {
namespace {

TEST(Findings, TakeFileAndLineApart) {
  struct Sentence {
    const char* text;
    const char* file;
    int line;
    const char* rest;
  };
  const std::vector<Sentence> sentences = {
      {"site.mc:12: unknown FEATURE x", "site.mc", 12, "unknown FEATURE x"},
      {"/etc/mail/sendmail.cf: line 7: bad", "/etc/mail/sendmail.cf", 7, "bad"},
      {"/etc/mail/sendmail.cf: line 0: cannot open: No such file or directory",
       "/etc/mail/sendmail.cf", 0, "cannot open: No such file or directory"},
      {"opening /x: Permission denied", "", 0, "opening /x: Permission denied"},
      {"a:12", "", 0, "a:12"},
      {":12: x", "", 0, ":12: x"},
      {"", "", 0, ""},
  };
  for (const auto& one : sentences) {
    const auto finding = located(Level::error, "code", one.text);
    EXPECT_EQ(finding.file, one.file) << one.text;
    EXPECT_EQ(finding.line, one.line) << one.text;
    EXPECT_EQ(finding.text, one.rest) << one.text;
  }
}

TEST(Findings, SayWhereAndWhatToDo) {
  EXPECT_EQ(to_text({Level::warning, "c", "f", 3, "old", "renew"}),
            "warning: f:3: old; remedy: renew");
  EXPECT_EQ(to_text({Level::note, "c", "f", 0, "here", ""}), "note: f: here");
  EXPECT_EQ(to_text({Level::error, "c", "", 0, "a\nb", ""}), "error: a\\012b");
}

TEST(Findings, AreJsonWhateverBytesTheyHold) {
  Inspection inspection;
  inspection.file = "site.mc";
  inspection.findings.add(Level::error, "x", std::string("f"), "quote \" \xff\n", "");
  const auto text = to_json(inspection);
  EXPECT_NE(text.find(R"("text": "quote \" )"), std::string::npos) << text;
  EXPECT_EQ(text.find('\xff'), std::string::npos);
}

}  // namespace
}  // namespace signet::command
