#include "policy/value.h"

#include <gtest/gtest.h>

namespace signet::policy {
namespace {

TEST(Value, ReadsEveryKeyword) {
  using Kind = Value::Kind;
  const struct {
    std::string_view text;
    Kind want;
  } cases[] = {
      {"OK", Kind::ok},         {" relay ", Kind::relay},
      {"Reject", Kind::reject}, {"DISCARD", Kind::discard},
      {"RELAYED", Kind::error}, {"QUARANTINE:slow", Kind::quarantine},
      {"HATER", Kind::error},   {"QUARANTINE:", Kind::error},
      {"SKIP", Kind::error},    {"ERROR:550 no", Kind::error},
      {"", Kind::error},
  };
  for (const auto& one : cases) EXPECT_EQ(parse_value(one.text).kind, one.want) << one.text;
  EXPECT_EQ(parse_value("QUARANTINE: bad net").text, "bad net");
}

TEST(Value, ReadsErrorsInEveryForm) {
  const struct {
    std::string_view text;
    std::string_view want;
  } cases[] = {
      {"ERROR:5.2.1:550 Mailbox disabled", "550 5.2.1 Mailbox disabled"},
      {"ERROR:4.3.2:421 later", "421 4.3.2 later"},
      {"ERROR:5.7.1:go away", "553 5.7.1 go away"},
      {"ERROR:4.7.1:later", "451 4.7.1 later"},
      {"ERROR: 550 Mailbox disabled", "550 5.0.0 Mailbox disabled"},
      {"ERROR:450 later", "450 4.0.0 later"},
      {"ERROR:\"550 5.7.1 quoted\"", "550 5.7.1 quoted"},
      {"error:550 5.7.1 small", "550 5.7.1 small"},
      {"550 go away", "550 5.0.0 go away"},
      {"550 5.2.1 no", "550 5.2.1 no"},
      {"\"550 5.7.1 in quotes\"", "550 5.7.1 in quotes"},
      {"\"ERROR:550 5.2.1 Mailbox disabled\"", "553 5.3.0 ERROR:550 5.2.1 Mailbox disabled"},
      {"5.7.1 no code", "553 5.3.0 5.7.1 no code"},
      {"any words", "553 5.3.0 any words"},
      {"550", "550 5.0.0"},
      {"5501 no code", "553 5.3.0 5501 no code"},
      {"550 5.7 short", "550 5.0.0 5.7 short"},
      {"550 5.7.1234 long", "550 5.0.0 5.7.1234 long"},
  };
  for (const auto& one : cases) EXPECT_EQ(parse_value(one.text).reply.line(), one.want) << one.text;
}

// A refusal must never read as success on the wire.
TEST(Value, TakesOnlyRefusingCodes) {
  for (const std::string_view text : {"250 2.0.0 fine", "ERROR:250 fine", "ERROR:2.0.0:220 x",
                                      "354 go", "ERROR:5.1.1:250 fine", "650 x", "050 x"}) {
    const auto reply = parse_value(text).reply;
    EXPECT_GE(reply.code, 400) << text;
    EXPECT_LT(reply.code, 600) << text;
    EXPECT_TRUE(reply.enhanced.starts_with('4') || reply.enhanced.starts_with('5')) << text;
  }
}

TEST(Value, NamesTheRuleAsTheManualDoes) {
  EXPECT_EQ(rule_of("TLS_Clt", {"tls_clt:10.1", "VERIFY"}), "access:TLS_Clt:10.1");
  EXPECT_EQ(rule_of("Connect", {"10.1", "RELAY"}), "access:10.1");
  EXPECT_EQ(rule_of("To", {"to:", "RELAY"}), "access:To:");
  EXPECT_EQ(rule_of("To", {"tom.test", "RELAY"}), "access:tom.test");
}

}  // namespace
}  // namespace signet::policy
