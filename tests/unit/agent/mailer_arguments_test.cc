#include "signet/agent/mailer_arguments.h"

#include <gtest/gtest.h>

namespace signet::agent {
namespace {

// The arguments with a bar behind each; "refused".
std::string shown(const MailerProgram& mailer, const MailerParts& parts) {
  const auto arguments = mailer_arguments(mailer, parts);
  if (!arguments) return "refused";
  std::string text;
  for (const auto& argument : *arguments) text += argument + "|";
  return text;
}

TEST(MailerArguments, EachWordIsOneArgumentWhateverStandsInIt) {
  const MailerParts parts{.user = "a'$b | c@x.test",
                          .host = "/etc/rules $j",
                          .sender = "s;$(id)@y.test",
                          .own_host = "mx.test",
                          .own_nick = "mx"};
  const struct {
    std::string_view form;
    std::string_view want;
  } cases[] = {
      {"procmail -Y -m $h $f $u", "procmail|-Y|-m|/etc/rules $j|s;$(id)@y.test|a'$b | c@x.test|"},
      {"fax -d $u@$h  from=$g", "fax|-d|a'$b | c@x.test@/etc/rules $j|from=s;$(id)@y.test|"},
      {"p $j $w $x $$u", "p|mx.test|mx||$u|"},
      {"p", "p|"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(shown({.arguments = std::string(one.form), .flags = ""}, parts), one.want)
        << one.form;
  }
}

TEST(MailerArguments, FlagsPutTheSenderInFront) {
  const auto with = [](std::string flags, std::string sender) {
    return shown({.arguments = "news $u", .flags = std::move(flags)},
                 {.user = "u", .host = "h", .sender = std::move(sender)});
  };
  EXPECT_EQ(with("f", "-x@y.test"), "news|-f|-x@y.test|u|");
  EXPECT_EQ(with("r", ""), "news|-r|<>|u|");
  EXPECT_EQ(with("n", "a@b"), "news|u|");
}

TEST(MailerArguments, WhatTheMailSaysIsNoOption) {
  const MailerParts parts{.user = "-u@x.test", .host = "-h", .sender = "-s@x.test"};
  const auto of = [&](std::string form) {
    return shown({.arguments = std::move(form), .flags = ""}, parts);
  };
  EXPECT_EQ(of("p $u"), "refused");
  EXPECT_EQ(of("p -m rules $f"), "refused");
  EXPECT_EQ(of("p -m $h $u"), "refused");
  // Whether an option takes a value nobody here knows.
  EXPECT_EQ(of("p -v $u"), "refused");
  // What stands behind the end of options, or in one word with an option, is none.
  EXPECT_EQ(of("p -m rules -- $f $u"), "p|-m|rules|--|-s@x.test|-u@x.test|");
  EXPECT_EQ(of("p -P$u to=$u"), "p|-P-u@x.test|to=-u@x.test|");
}

TEST(MailerArguments, FlagsSayHowHostAndUserAreWritten) {
  const auto parts = [](std::string flags) {
    const auto made = parts_for({.flags = std::move(flags)}, "/Etc/X", R"("Ann \"B"@X.test)");
    return made.host + " " + made.user;
  };
  EXPECT_EQ(parts("hu"), R"(/Etc/X "Ann \"B"@X.test)");
  EXPECT_EQ(parts(""), R"(/etc/x "ann \"b"@x.test)");
  EXPECT_EQ(parts("us"), R"(/etc/x Ann "B@X.test)");
}

}  // namespace
}  // namespace signet::agent
