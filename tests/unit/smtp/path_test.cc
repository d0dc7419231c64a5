#include "smtp/path.h"

#include <gtest/gtest.h>

#include "smtp/arguments.h"

namespace signet::smtp {
namespace {

ServerOptions limited(std::uint64_t most) {
  ServerOptions options;
  options.max_message_bytes = most;
  return options;
}

TEST(Path, IsReadGenerously) {
  struct Case {
    std::string_view text;
    std::string_view given;
    std::string_view address;
    std::string_view rest;
  };
  for (const auto& c : {
           Case{"<a@b.test>", "<a@b.test>", "a@b.test", ""},
           Case{"<>", "<>", "", ""},
           Case{"a@b.test", "a@b.test", "a@b.test", ""},
           Case{"u SIZE=3", "u", "u", "SIZE=3"},
           Case{"<a@b.test>  SIZE=3 X", "<a@b.test>", "a@b.test", "SIZE=3 X"},
           Case{"<a@b.test>SIZE=3", "<a@b.test>", "a@b.test", "SIZE=3"},
           Case{"<a@b.test.>", "<a@b.test.>", "a@b.test.", ""},
           Case{"<@x.test:a@b.test>", "<@x.test:a@b.test>", "a@b.test", ""},
           Case{"<@x.test,@[1.2.3.4]:a@b.test>", "<@x.test,@[1.2.3.4]:a@b.test>", "a@b.test", ""},
           Case{"<a@[127.0.0.1]>", "<a@[127.0.0.1]>", "a@[127.0.0.1]", ""},
           Case{"<a@[IPv6:::1]>", "<a@[IPv6:::1]>", "a@[IPv6:::1]", ""},
           Case{R"(<"a b"@c.test>)", R"(<"a b"@c.test>)", R"("a b"@c.test)", ""},
           Case{R"(<"a\"> b@"@c.test>)", R"(<"a\"> b@"@c.test>)", R"("a\"> b@"@c.test)", ""},
           Case{R"(<"a"@c.test>)", R"(<"a"@c.test>)", "a@c.test", ""},
           Case{R"(<"a.\b+c"@c.test>)", R"(<"a.\b+c"@c.test>)", "a.b+c@c.test", ""},
           Case{R"(<""@c.test>)", R"(<""@c.test>)", R"(""@c.test)", ""},
           Case{R"("a")", R"("a")", "a", ""},
           Case{"<u%c.test@b.test>", "<u%c.test@b.test>", "u%c.test@b.test", ""},
           Case{"<|/bin/sh@b.test>", "<|/bin/sh@b.test>", "|/bin/sh@b.test", ""},
       }) {
    const auto path = parse_path(c.text);
    ASSERT_TRUE(path) << c.text << ": " << path.error().line();
    EXPECT_EQ(path->as_given, c.given);
    EXPECT_EQ(path->address, c.address);
    EXPECT_EQ(path->rest, c.rest);
  }
}

TEST(Path, IsRefusedWhenTheNextHopCouldNotReadIt) {
  struct Case {
    std::string text;
    std::string_view reply;
  };
  for (const auto& c : {
           Case{"<a@b.test", "553 5.0.0 <a@b.test... Unbalanced '<'"},
           Case{"<a@b.test SIZE=3", "553 5.0.0 <a@b.test... Unbalanced '<'"},
           Case{"a@b.test>", "553 5.0.0 a@b.test>... Unbalanced '>'"},
           Case{"<a@@b.test>", "553 5.1.3 <a@@b.test>... Invalid route address"},
           Case{"<@x.test>", "553 5.1.3 <@x.test>... Invalid route address"},
           Case{"<@x.test:>", "553 5.1.3 <@x.test:>... Invalid address"},
           Case{"<@x test:a@b>", "553 5.1.3 <@x test:a@b>... Invalid route address"},
           Case{"<@b.test:@c.test:a@d>",
                "553 5.1.3 <@b.test:@c.test:a@d>... Invalid route address"},
           Case{"<a b@c.test>", "553 5.1.3 <a b@c.test>... Invalid address"},
           Case{"<;sleep 5;>", "553 5.1.3 <;sleep 5;>... Invalid address"},
           Case{"<a,b@c.test>", "553 5.1.3 <a,b@c.test>... Invalid address"},
           Case{"<a(x)@c.test>", "553 5.1.3 <a(x)@c.test>... Invalid address"},
           Case{R"(<"a"b@c.test>)", R"(553 5.1.3 <"a"b@c.test>... Invalid address)"},
           Case{"<a@>", "553 5.1.3 <a@>... Invalid address"},
           Case{"<a@b..c>", "553 5.1.3 <a@b..c>... Invalid address"},
           Case{"<a@[1.2.3]>", "553 5.1.3 <a@[1.2.3]>... Invalid address"},
           Case{"<a@[]>", "553 5.1.3 <a@[]>... Invalid address"},
           Case{"<a@b_c!d>", "553 5.1.3 <a@b_c!d>... Invalid address"},
           Case{"<\xc3\xa9@b.test>", "553 5.6.7 Address is not ASCII, SMTPUTF8 not supported"},
           Case{"<" + std::string(257, 'a') + ">", "553 5.1.1 Address too long"},
       }) {
    const auto path = parse_path(c.text);
    ASSERT_FALSE(path) << c.text;
    EXPECT_EQ(path.error().line(), c.reply);
  }
}

TEST(Arguments, OfMailFillEveryField) {
  const auto sender =
      parse_mail("from:<a@b.test> SIZE=12 BODY=8bitmime AUTH=x+2By@b.test", limited(100));
  ASSERT_TRUE(sender);
  EXPECT_EQ(sender->address, "a@b.test");
  EXPECT_EQ(sender->declared_size, 12U);
  EXPECT_EQ(sender->body, mail::Body::eight_bit_mime);
  EXPECT_EQ(sender->auth, "x+y@b.test");
}

TEST(Arguments, OfMailAndRcptSayWhatTheSenderWantsToHear) {
  const auto sender = parse_mail("FROM:<a@b.test> RET=HDRS ENVID=x+2By BY=120;RT", limited(0));
  ASSERT_TRUE(sender);
  EXPECT_EQ(sender->return_part, mail::ReturnPart::headers);
  EXPECT_EQ(sender->envelope_id, "x+2By");
  EXPECT_EQ(sender->deliver_by, (mail::DeliverBy{.within = std::chrono::seconds(120),
                                                 .mode = mail::DeliverBy::Mode::give_up,
                                                 .trace = true}));
  const auto late = parse_mail("FROM:<a@b.test> BY=-7;n", limited(0));
  ASSERT_TRUE(late);
  EXPECT_EQ(late->deliver_by, mail::DeliverBy{.within = std::chrono::seconds(-7)});
  const auto recipient =
      parse_rcpt("TO:<a@b.test> NOTIFY=delay,SUCCESS ORCPT=rfc822;x+2By@z", limited(0));
  ASSERT_TRUE(recipient);
  EXPECT_EQ(recipient->notify, (mail::Notify{.success = true, .delay = true}));
  EXPECT_EQ(recipient->original, "rfc822;x+2By@z");
}

TEST(Arguments, OfMailKnowNoOverflow) {
  for (const auto* size : {"101", "2147483648", "4294967296", "9223372036854775807",
                           "18446744073709551616", "99999999999999999999999999"}) {
    const auto sender = parse_mail(std::string("FROM:<a@b> SIZE=") + size, limited(100));
    ASSERT_FALSE(sender);
    EXPECT_EQ(sender.error().line(),
              "552 5.2.3 Message size exceeds fixed maximum message size (100)");
  }
  EXPECT_EQ(parse_mail("FROM:<a@b> SIZE=18446744073709551616", limited(0))->declared_size, ~0ULL);
  EXPECT_EQ(parse_mail("FROM:<a@b> SIZE=-1", limited(100))->declared_size, 0U);
}

TEST(Arguments, OfMailMayBeMany) {
  std::string argument = "FROM:<a@b.test>";
  for (int i = 0; i < 1000; ++i) argument += " X" + std::to_string(i);
  EXPECT_EQ(parse_mail(argument, limited(0)).error().line(), "555 5.5.4 X0 parameter unrecognized");
}

}  // namespace
}  // namespace signet::smtp
