#include "signet/submit/message.h"

#include <gtest/gtest.h>

namespace signet::submit {
namespace {

using Addresses = std::vector<std::string>;

TEST(Addresses, AreFoundInWhatPeopleWrite) {
  const struct {
    std::string_view text;
    Addresses want;
  } table[] = {
      {"", {}},
      {"joe", {"joe"}},
      {"joe ann", {"joe", "ann"}},
      {" joe, ann@x.test ", {"joe", "ann@x.test"}},
      {"Ann B <ann@x.test>, k (a, b)", {"ann@x.test", "k"}},
      {"\"A, B\" <a@x.test>", {"a@x.test"}},
      {"list: a, b;, c", {"a", "b", "c"}},
      {"undisclosed-recipients:;", {}},
      {"<@r1.test,@r2.test:u@x.test>", {"u@x.test"}},
      {"<>", {""}},
      {"\"a b\"@x.test", {"\"a b\"@x.test"}},
      {"joe @ x . test", {"joe@x.test"}},
      {"a\r\n\tb, c", {"a.b", "c"}},
      {"(only a comment", {}},
      {"<open@x.test", {"open@x.test"}},
      {"a,,b,", {"a", "b"}},
      {"\"no end", {"\"no end\""}},
      {"\\", {}},
      {"\\joe", {"\\joe"}},
  };
  for (const auto& one : table) EXPECT_EQ(addresses_in(one.text), one.want) << one.text;
}

TEST(Addresses, SayNothingButThemselvesInACommand) {
  const struct {
    std::string_view text;
    Addresses want;
  } table[] = {
      {"joe@x.test> SIZE=1", {"joe@x.test", "SIZE=1"}},
      {"<joe@x.test\\> NOTIFY=NEVER>", {"joe@x.test.NOTIFY=NEVER"}},
      {"<a@x.test\r\nDATA>", {"a@x.testDATA"}},
      {"a@x.test\r\nRCPT To:<b@x.test>", {"b@x.test"}},
      {"<<a@x.test>", {"a@x.test"}},
      {"\"a\r\nRCPT To:<b>\"@x.test", {"\"aRCPT To:<b>\"@x.test"}},
      {"<\"a@x.test> X", {"\"a@x.test> X\""}},
      {"<a b @ x.test>", {"a.b@x.test"}},
      {">", {}},
  };
  for (const auto& one : table) EXPECT_EQ(addresses_in(one.text), one.want) << one.text;
}

TEST(Addresses, GetADomainWhenTheyHaveNone) {
  EXPECT_EQ(qualified("joe", "us.test"), "joe@us.test");
  EXPECT_EQ(qualified("joe@x.test", "us.test"), "joe@x.test");
  EXPECT_EQ(qualified("\"a@b\"", "us.test"), "\"a@b\"@us.test");
  EXPECT_EQ(qualified("", "us.test"), "");
}

std::vector<Field> read_fields(std::initializer_list<std::string_view> lines) {
  HeaderReader reader(false);
  for (const auto line : lines) {
    if (reader.on_line(line) != HeaderReader::Took::line) break;
  }
  return reader.fields();
}

TEST(HeaderReader, EndsAtTheEmptyLineOrAtTheBody) {
  HeaderReader reader(false);
  EXPECT_EQ(reader.on_line("From joe Mon Jan  1 00:00:00 2026"), HeaderReader::Took::line);
  EXPECT_EQ(reader.on_line("Subject : a"), HeaderReader::Took::line);
  EXPECT_EQ(reader.on_line("\tb"), HeaderReader::Took::line);
  EXPECT_EQ(reader.on_line("From joe"), HeaderReader::Took::not_ours);
  ASSERT_EQ(reader.fields().size(), 1U);
  EXPECT_EQ(reader.fields()[0].name, "Subject");
  EXPECT_EQ(reader.fields()[0].body, " a\r\n\tb");
  HeaderReader kept(true);
  EXPECT_EQ(kept.on_line("From joe"), HeaderReader::Took::not_ours);
  HeaderReader none(false);
  EXPECT_EQ(none.on_line(""), HeaderReader::Took::last);
  HeaderReader body(false);
  EXPECT_EQ(body.on_line(" indented: text"), HeaderReader::Took::not_ours);
}

TEST(HeaderReader, IsBounded) {
  HeaderReader reader(false);
  const std::string line = "X: " + std::string(1000, 'x');
  std::size_t taken = 0;
  while (reader.on_line(line) == HeaderReader::Took::line) ++taken;
  EXPECT_LT(taken, kMostHeaderBytes / 1000 + 1);
  EXPECT_EQ(reader.on_line(line), HeaderReader::Took::too_large);
}

TEST(Recipients, AreThoseOfTheResentFieldsWhereThereAreAny) {
  EXPECT_EQ(recipients_of(read_fields({"To: a, b", "cc: c", "Bcc: d"})),
            (Addresses{"a", "b", "c", "d"}));
  EXPECT_EQ(recipients_of(read_fields({"To: a", "Resent-To: b", "Resent-Bcc: c"})),
            (Addresses{"b", "c"}));
}

Circumstances circumstances() {
  Circumstances now;
  now.host = "us.test";
  now.version = "1/2";
  now.id = "6AQ0000000000001";
  now.user = "joe";
  now.full_name = "Joe X";
  now.sender = "joe@us.test";
  now.recipient = "<u@us.test>";
  now.now = WallTime(std::chrono::seconds(1795697241));
  return now;
}

TEST(Header, IsMadeComplete) {
  const std::string header = completed_header(
      read_fields({"To: u, A B <c@d.test>", "Bcc: hidden", "Return-Path: <x>", "Subject: s"}),
      circumstances());
  EXPECT_TRUE(
      header.starts_with("Received: (from joe@localhost)\r\n\tby us.test (1/2) id "
                         "6AQ0000000000001\r\n\tfor <u@us.test>; "))
      << header;
  EXPECT_NE(header.find("\r\nDate: "), std::string::npos);
  EXPECT_NE(header.find("\r\nFrom: Joe X <joe@us.test>\r\n"), std::string::npos);
  EXPECT_NE(header.find("\r\nMessage-Id: <202611261247.6AQ0000000000001@us.test>\r\n"),
            std::string::npos)
      << header;
  EXPECT_TRUE(header.ends_with("To: u, A B <c@d.test>\r\nSubject: s\r\n")) << header;
  EXPECT_EQ(header.find("hidden"), std::string::npos);
}

TEST(Header, KeepsWhatIsThere) {
  const std::string header = completed_header(
      read_fields({"from: me@else.test", "DATE: x", "Message-ID: <a@b>"}), circumstances());
  EXPECT_TRUE(header.ends_with("\r\nfrom: me@else.test\r\nDATE: x\r\nMessage-ID: <a@b>\r\n"));
  EXPECT_EQ(header.find("From: Joe"), std::string::npos);
}

TEST(Header, QuotesNamesAndLetsNobodySmuggleAField) {
  auto now = circumstances();
  now.full_name = "J. \"X\"\nBcc: y";
  EXPECT_NE(completed_header({}, now).find("From: \"J. \\\"X\\\" Bcc: y\" <joe@us.test>\r\n"),
            std::string::npos);
  now.sender = "";
  EXPECT_NE(completed_header({}, now).find("From: MAILER-DAEMON@us.test\r\n"), std::string::npos);
}

TEST(Header, OfAGatewayGetsATraceOnly) {
  auto now = circumstances();
  now.as_it_is = true;
  const std::string header = completed_header(read_fields({"To: u"}), now);
  EXPECT_EQ(header.find("From: Joe"), std::string::npos);
  EXPECT_TRUE(header.ends_with("To: u\r\n"));
}

TEST(Header, ShowsAddressesAsTheSiteWants) {
  auto now = circumstances();
  now.change = [](mail::AddressField field,
                  std::string_view address) -> std::optional<std::string> {
    if (address.contains('@')) return std::nullopt;
    return std::string(address) +
           (field == mail::AddressField::sender ? "@example.test" : "@us.test");
  };
  const std::string header =
      completed_header(read_fields({"From: joe", "To: u,", " A B <c@d.test>"}), now);
  EXPECT_TRUE(header.ends_with("From: joe@example.test\r\nTo: u@us.test,\r\n A B <c@d.test>\r\n"))
      << header;
  now.as_it_is = true;
  EXPECT_TRUE(completed_header(read_fields({"From: joe"}), now).ends_with("From: joe\r\n"));
}

}  // namespace
}  // namespace signet::submit
