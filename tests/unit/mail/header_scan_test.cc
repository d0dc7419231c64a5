#include <gtest/gtest.h>

#include <random>

#include "signet/mail/header.h"

namespace signet::mail {
namespace {

struct Found {
  bool complete = true;
  bool too_large = false;
  bool date = false;
  bool from = false;
  std::string message_id{};
  int hops = 0;
  bool operator==(const Found&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Found& found) {
  return out << "complete=" << found.complete << " too_large=" << found.too_large
             << " date=" << found.date << " from=" << found.from << " id=" << found.message_id
             << " hops=" << found.hops;
}

constexpr std::uint64_t kLimit = 4096;

// `cut` gives the length of the next piece.
template <class Cut>
Found scan(std::string_view content, Cut cut) {
  HeaderScan scan(kLimit);
  while (!content.empty()) {
    const std::size_t length = std::min<std::size_t>(cut(), content.size());
    scan.on_content(content.substr(0, length));
    content.remove_prefix(length);
  }
  scan.on_end();
  return {scan.complete(), scan.too_large(),  scan.has_date(),
          scan.has_from(), scan.message_id(), scan.hops()};
}

struct Parsed {
  const char* name;
  std::string content;
  Found want;
};

std::vector<Parsed> cases() {
  return {
      {"a usual message",
       "Received: from a\r\n\tby b; date\r\nReceived: from c by d; date\r\nDate: now\r\n"
       "From: a@b\r\nMessage-ID: <1@x>\r\nSubject: s\r\n\r\nDate: body\r\n",
       {.date = true, .from = true, .message_id = "<1@x>", .hops = 2}},
      {"case and blanks before the colon do not matter",
       "DATE : now\r\nfrom\t:a\r\nmessage-id:<1@x>\r\n\r\n",
       {.date = true, .from = true, .message_id = "<1@x>"}},
      {"a folded message id",
       "Message-Id:\r\n <1\r\n\t@x>\r\nTo: a\r\n\r\n",
       {.message_id = "<1@x>"}},
      {"only the first message id counts",
       "Message-Id: <1@x>\r\nMessage-Id: <2@x>\r\n \r\n\r\n",
       {.message_id = "<1@x>"}},
      {"names that only begin alike are others",
       "Date-X: 1\r\nX-From: 2\r\nReceived-SPF: 3\r\nFromage: 4\r\n\r\n",
       {}},
      {"what is folded belongs to the field before it",
       "Subject: a\r\n From: b\r\n\tDate: c\r\n\r\n",
       {}},
      {"fields in the body do not count", "Subject: a\r\n\r\nFrom: b\r\nDate: c\r\n", {}},
      {"no field at all", "Hello you\r\nFrom: b\r\n", {}},
      {"a colon behind a blank makes no field", "see http://x\r\n", {}},
      {"an empty line first", "\r\nFrom: b\r\n", {}},
      {"a folded line first", " From: b\r\n", {}},
      {"nothing", "", {}},
      {"header without an end", "From: b", {.from = true}},
      {"a line that is no field ends the header",
       "From: b\r\nHello\r\nDate: c\r\n",
       {.from = true}},
      {"bare line feeds end lines too", "From: b\nDate: c\n\nx", {.date = true, .from = true}},
      {"controls in a message id are masked",
       std::string("Message-Id: <1\0\x1b@x>\r\n\r\n", 23),
       {.message_id = "<1??@x>"}},
      {"a long line is a field",
       "Subject: " + std::string(3000, 'x') + "\r\nFrom: b\r\n\r\n",
       {.from = true}},
      {"a header above the limit",
       "From: b\r\nSubject: " + std::string(5000, 'x') + "\r\nDate: c\r\n\r\n",
       {.complete = false, .too_large = true, .from = true}},
      {"the body may be large", "From: b\r\n\r\n" + std::string(100'000, 'x'), {.from = true}},
  };
}

TEST(HeaderScan, FindsWhatIsThereHoweverTheInputIsCut) {
  std::minstd_rand random(1);
  for (const auto& c : cases()) {
    EXPECT_EQ(scan(c.content, [] { return 1'000'000; }), c.want) << c.name;
    EXPECT_EQ(scan(c.content, [] { return 1; }), c.want) << c.name << ", one byte at a time";
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(scan(c.content, [&] { return 1 + random() % 17; }), c.want) << c.name << ", cut";
    }
  }
}

TEST(HeaderScan, KnowsTheEndBeforeTheContentEnds) {
  HeaderScan scan;
  scan.on_content("From: b\r\n");
  EXPECT_FALSE(scan.complete());
  scan.on_content("\r\n");
  EXPECT_TRUE(scan.complete());
}

TEST(HeaderScan, HeaderOfExactlyTheLimitIsTaken) {
  HeaderScan scan(11);
  scan.on_content("From: b\r\n\r\nbody");
  EXPECT_TRUE(scan.complete());
  HeaderScan tight(10);
  tight.on_content("From: b\r\n\r\nbody");
  EXPECT_TRUE(tight.too_large());
}

TEST(HeaderScan, KnowsWhoseFieldNamesARecipient) {
  for (const auto* field : {"To: a", "cc: a", "BCC:", "Apparently-To: a"}) {
    HeaderScan scan;
    scan.on_content(std::string(field) + "\r\n\r\n");
    EXPECT_TRUE(scan.has_recipients()) << field;
  }
  HeaderScan scan;
  scan.on_content("Resent-To: a\r\nReply-To: b\r\nX-To: c\r\n\r\nTo: d\r\n");
  EXPECT_FALSE(scan.has_recipients());
}

TEST(HeaderScan, LongMessageIdsAreBounded) {
  HeaderScan scan;
  scan.on_content("Message-Id: <" + std::string(900, 'x') + "\r\n");
  for (int i = 0; i < 20; ++i) scan.on_content(" " + std::string(900, 'y') + "\r\n");
  EXPECT_LE(scan.message_id().size(), 500U);
}

}  // namespace
}  // namespace signet::mail
