#include "signet/mail/address_list.h"

#include <gtest/gtest.h>

namespace signet::mail {
namespace {

// Bare users get a domain, those of "here" another one.
std::optional<std::string> shown(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return std::string(address) + "@shown.test";
  if (address.substr(at) != "@here") return std::nullopt;
  return std::string(address.substr(0, at)) + "@shown.test";
}

TEST(AddressList, ChangesAddressesAndNothingElse) {
  struct Row {
    std::string_view body;
    std::string_view want;  // empty: it stays
  };
  for (const auto& [body, want] : {
           Row{" root", " root@shown.test"},
           Row{" root@here", " root@shown.test"},
           Row{" Cron Daemon <root@here>", " Cron Daemon <root@shown.test>"},
           Row{" Cron Daemon < root@here >", " Cron Daemon <root@shown.test>"},
           Row{" \"a, b\" <x@here>, y@other.test, z",
               " \"a, b\" <x@shown.test>, y@other.test, z@shown.test"},
           Row{" root (the host, here)", " root@shown.test (the host, here)"},
           Row{" \"odd user\"@here", " \"odd user\"@shown.test"},
           Row{" <\"odd>user\"@here>", " <\"odd>user\"@shown.test>"},
           Row{" friends: a, b@here;", " friends: a@shown.test, b@shown.test;"},
           Row{" my good friends: a, b;", " my good friends: a@shown.test, b@shown.test;"},
           Row{" a@[IPv6:::1], b", " a@[IPv6:::1], b@shown.test"},
           Row{"\r\n\troot@here", "\r\n\troot@shown.test"},
           Row{" a@b.test", ""},
           Row{" Just A Name", ""},
           Row{" <>", ""},
           Row{" undisclosed-recipients:;", ""},
           Row{" <@route:a@here>", ""},
           Row{" \"unbalanced <root@here>", ""},
           Row{" <root@here", ""},
           Row{" (unbalanced root@here", ""},
           Row{" a@[", ""},
           Row{"", ""},
       }) {
    EXPECT_EQ(change_addresses(body, shown).value_or(""), want) << body;
  }
}

TEST(AddressList, FoldsWhatBecomesTooWide) {
  const std::string long_one(40, 'x');
  EXPECT_EQ(change_addresses(" " + long_one + ", " + long_one + ", z\r\n", shown, 3),
            " " + long_one + "@shown.test,\r\n\t" + long_one + "@shown.test, z@shown.test\r\n");
  // Where it is folded already it is not folded twice.
  EXPECT_EQ(change_addresses(" " + long_one + ",\r\n " + long_one + "\r\n", shown, 3),
            " " + long_one + "@shown.test,\r\n " + long_one + "@shown.test\r\n");
  EXPECT_EQ(change_addresses(" " + long_one + "@there," + long_one + "@there\r\n", shown, 3),
            std::nullopt);
}

TEST(AddressList, KnowsFieldsOfSendersAndOfRecipients) {
  EXPECT_EQ(address_field("FROM"), AddressField::sender);
  EXPECT_EQ(address_field("Resent-Reply-To"), AddressField::sender);
  EXPECT_EQ(address_field("cc"), AddressField::recipient);
  EXPECT_EQ(address_field("Subject"), AddressField::none);
  EXPECT_EQ(address_field("Return-Receipt-To"), AddressField::none);
}

std::string whole(std::string_view content, AddressField only) {
  const auto header = change_header(content, [only](AddressField field, std::string_view one) {
    return field == only ? shown(one) : std::nullopt;
  });
  if (!header) return "-";
  return header->text + std::string(content.substr(header->replaced));
}

TEST(AddressList, ChangesFieldsOfTheHeaderOnly) {
  const std::string in =
      "Received: from here\r\nFrom : root\r\nTo: root\r\nReply-To:\r\n x@here\r\n"
      "Subject: From: root\r\n\r\nFrom: root\r\n";
  EXPECT_EQ(whole(in, AddressField::sender),
            "Received: from here\r\nFrom : root@shown.test\r\nTo: root\r\nReply-To:\r\n "
            "x@shown.test\r\nSubject: From: root\r\n\r\nFrom: root\r\n");
  EXPECT_EQ(whole(in, AddressField::recipient),
            "Received: from here\r\nFrom : root\r\nTo: root@shown.test\r\nReply-To:\r\n x@here\r\n"
            "Subject: From: root\r\n\r\nFrom: root\r\n");
  EXPECT_EQ(whole("hello there\r\nFrom: root\r\n\r\n", AddressField::sender), "-");
  EXPECT_EQ(whole("", AddressField::sender), "-");
  EXPECT_EQ(whole("From: root", AddressField::sender), "From: root@shown.test");
}

TEST(AddressList, LeavesAHeaderPastTheBoundAlone) {
  const std::string line = "X: " + std::string(995, 'x') + "\r\n";
  std::string in = "From: root\r\n";
  while (in.size() < kMostChangedHeader) in += line;
  EXPECT_EQ(whole(in, AddressField::sender), "-");
}

}  // namespace
}  // namespace signet::mail
