#include "signet/milter/filter_session.h"

#include <gtest/gtest.h>

#include "milter/wire.h"

namespace signet::milter {
namespace {

using namespace std::string_literals;
using std::chrono::seconds;

constexpr TimePoint kStart{seconds(1000)};

std::string negotiation(std::uint32_t version, std::uint32_t actions, std::uint32_t protocol,
                        std::string_view more = {}) {
  return wire::frame('O', wire::number(version) + wire::number(actions) + wire::number(protocol) +
                              std::string(more));
}

// A session with a filter that says what the test wants; effects as one text.
class Talk {
 public:
  explicit Talk(std::uint32_t protocol = 0, std::string_view more = {}) : Talk(MacroLists{}) {
    hear(negotiation(6, 0x1ff, protocol, more));
  }
  explicit Talk(MacroLists macros) : session({}, std::move(macros), kStart) { drain(); }

  void hear(const std::string& bytes, std::size_t cut = 1 << 20) {
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
      session.on_bytes(std::string_view(bytes).substr(at, cut), now);
      drain();
    }
  }
  // What was sent, and the answer if there is one.
  std::string ask(const News& news) {
    text.clear();
    session.ask(news, values, now);
    drain();
    session.on_sent(now);
    return text;
  }
  std::string after(const std::string& bytes) {
    text.clear();
    hear(bytes);
    return text;
  }
  std::string at(TimePoint when) {
    text.clear();
    now = when;
    session.on_time(now);
    drain();
    return text;
  }
  void drain() {
    while (auto effect = session.next_effect()) {
      std::visit([this](auto& one) { on(one); }, *effect);
    }
  }
  void on(Send& send) {
    sent = send.bytes;
    // Letters and data, without lengths.
    std::string_view rest = send.bytes;
    const auto length = wire::number(rest);
    EXPECT_EQ(rest.size(), length + 4);
    text += "[" + std::string(rest.substr(4)) + "]";
  }
  void on(Negotiated&) { text += "negotiated "; }
  void on(Answered& got) {
    answer = got.answer;
    constexpr std::string_view kNames[] = {"nothing",   "go_on",   "accept", "skip", "reject",
                                           "temporary", "discard", "reply",  "close"};
    text += std::string(kNames[static_cast<std::size_t>(got.answer.said)]) + " ";
  }
  void on(Changed& got) {
    changes.push_back(got);
    text += got.announced ? "change " : "lied ";
  }
  void on(Failed& got) { text += "failed: " + got.why; }

  FilterSession session;
  TimePoint now = kStart;
  MacroValues values = [](std::string_view name) -> std::optional<std::string> {
    if (name == "j") return "us.test";
    if (name == "client_addr") return "192.0.2.1";
    return std::nullopt;
  };
  std::string text;
  std::string sent;
  Answer answer;
  std::vector<Changed> changes;
};

TEST(FilterSession, NegotiatesVersionSix) {
  Talk talk(MacroLists{});
  EXPECT_EQ(talk.text, "[O\0\0\0\6\0\0\1\xff\0\x1f\xff\xff]"s);
  EXPECT_EQ(talk.after(negotiation(6, 0x1ff, 0)), "negotiated ");
}

TEST(FilterSession, RefusesANegotiationThatMakesNoSense) {
  for (const auto& [said, want] : std::vector<std::pair<std::string, std::string>>{
           {negotiation(7, 0, 0), "failed: negotiate: version 7 != MTA milter version 6"},
           {negotiation(1, 0, 0), "failed: negotiate: version 1 != MTA milter version 6"},
           {negotiation(6, 0x200, 0),
            "failed: negotiate: the filter wants actions that were not offered"},
           {negotiation(6, 0, 0x10000000),
            "failed: negotiate: the filter wants a protocol that was not offered"},
           {negotiation(6, 0, 0, "\0\0\0\x7j\0"s), "failed: negotiate: did not return valid info"},
           {negotiation(6, 0, 0, "\0\0"s), "failed: negotiate: did not return valid info"},
           {negotiation(6, 0, 0, "\0\0\0\1j"s), "failed: negotiate: did not return valid info"},
           {wire::frame('O', "short"), "failed: negotiate: did not return enough info"},
           {wire::frame('c', ""), "failed: negotiate: returned c instead of O"},
           {wire::number(0), "failed: read size 0 out of range"},
           {"\xff\xff\xff\xff", "failed: read size 4294967295 out of range"},
       }) {
    Talk talk(MacroLists{});
    EXPECT_EQ(talk.after(said), want);
    EXPECT_TRUE(talk.session.failed());
    EXPECT_EQ(talk.ask(helo_news("x")), "nothing ");
  }
}

mail::PeerFacts peer(const char* ip) {
  mail::PeerFacts facts;
  facts.remote = {*IpAddress::parse(ip), 0x0102};
  facts.name = "client.test";
  return facts;
}

TEST(FilterSession, TellsEachEventAsTheProtocolHasIt) {
  Talk talk;
  const auto event = [&](const News& news) {
    auto text = talk.ask(news);
    talk.hear(wire::frame('c', ""));
    return text;
  };
  EXPECT_EQ(event(connect_news(peer("192.0.2.1"))), "[Cclient.test\0004\1\002192.0.2.1\0]"s);
  EXPECT_EQ(event(connect_news(peer("::1"))), "[Cclient.test\0006\1\2IPv6:0:0:0:0:0:0:0:1\0]"s);
  EXPECT_EQ(event(helo_news("c.test")), "[Hc.test\0]"s);
  EXPECT_EQ(event(unknown_news("FOO")), "[UFOO\0]"s);
  EXPECT_EQ(event(mail_news("<a@b>", {"SIZE=1", "BODY=7BIT"})), "[M<a@b>\0SIZE=1\0BODY=7BIT\0]"s);
  EXPECT_EQ(event(rcpt_news("<c@d>", {})), "[R<c@d>\0]"s);
  EXPECT_EQ(event(data_news()), "[T]");
  EXPECT_EQ(event(header_news({.name = "A", .value = " b\n\tc"})), "[LA\0b\n\tc\0]"s);
  EXPECT_EQ(event(header_news({.name = "A", .value = "b\0x"s})), "[LA\0b x\0]"s);
  EXPECT_EQ(event(end_of_header_news()), "[N]");
  EXPECT_EQ(event(body_news("text")), "[Btext]");
  EXPECT_EQ(event(end_of_message_news()), "[E]");
  talk.text.clear();
  talk.session.quit(talk.now);
  talk.drain();
  EXPECT_EQ(talk.text, "[Q]");
}

TEST(FilterSession, ALongFieldIsShownInPart) {
  Talk talk;
  talk.ask(header_news({.name = std::string(70000, 'n'), .value = std::string(70000, 'v')}));
  EXPECT_EQ(talk.sent.size(), kBodyChunk + 5);
  EXPECT_TRUE(talk.sent.ends_with('\0'));
}

TEST(FilterSession, UnderstandsEachAnswer) {
  for (const auto& [said, want] : std::vector<std::pair<std::string, std::string>>{
           {wire::frame('c', ""), "go_on "},
           {wire::frame('a', ""), "accept "},
           {wire::frame('r', ""), "reject "},
           {wire::frame('t', ""), "temporary "},
           {wire::frame('d', ""), "discard "},
           {wire::frame('4', ""), "close "},
           {wire::frame('f', ""), "close "},
           {wire::frame('y', "550 5.7.1 no\0"s), "reply "},
           {wire::frame('y', "250 2.0.0 ok\0"s), "reject "},
           {wire::frame('p', ""), "failed: action=rcpt returned bogus response p"},
           {wire::frame('h', "A\0b\0"s), "failed: action=rcpt returned bogus response h"},
           {wire::frame('Z', ""), "failed: action=rcpt returned bogus response Z"},
           {wire::frame('c', "") + wire::frame('c', ""),
            "go_on failed: said c without being asked"},
           {wire::number(kMostFrame + 1), "failed: read size 1048577 out of range"},
       }) {
    for (const std::size_t cut : {std::size_t{1}, std::size_t{3}, said.size()}) {
      Talk talk;
      talk.ask(rcpt_news("<a@b>", {}));
      talk.text.clear();
      talk.hear(said, cut);
      EXPECT_EQ(talk.text, want) << cut;
    }
  }
}

TEST(FilterSession, AsksNothingThatTheFilterDoesNotWant) {
  Talk talk(0x1 | 0x8000 | 0x10);  // no connect, no body; does not answer RCPT
  EXPECT_EQ(talk.ask(connect_news(peer("192.0.2.1"))), "nothing ");
  EXPECT_FALSE(talk.session.wants(Event::body));
  EXPECT_EQ(talk.ask(rcpt_news("<a@b>", {})), "[R<a@b>\0]nothing "s);
  EXPECT_FALSE(talk.session.asking());
  EXPECT_EQ(talk.ask(body_news("x")), "nothing ");
}

TEST(FilterSession, OldVersionsHearNothingOfWhatCameLater) {
  for (const std::uint32_t version : {2U, 3U, 4U}) {
    Talk talk(MacroLists{});
    talk.hear(negotiation(version, 0x3f, 0));
    EXPECT_EQ(talk.session.wants(Event::unknown), version >= 3);
    EXPECT_EQ(talk.session.wants(Event::data), version >= 4);
  }
}

TEST(FilterSession, RefusedRecipientsAreForWhoAskedForThem) {
  auto refused = rcpt_news("<a@b>", {});
  refused.refused = true;
  Talk plain;
  EXPECT_EQ(plain.ask(refused), "nothing ");
  Talk curious(wire::kRefusedRecipients);
  EXPECT_EQ(curious.ask(refused), "[R<a@b>\0]"s);
}

TEST(FilterSession, ValuesComeWithTheirBlankWhereThatWasAgreed) {
  Talk talk(wire::kLeadingSpace);
  EXPECT_EQ(talk.ask(header_news({.name = "A", .value = " b"})), "[LA\0 b\0]"s);
  talk.hear(wire::frame('c', ""));
  talk.ask(end_of_message_news());
  talk.hear(wire::frame('h', "X\0v\0"s));
  EXPECT_EQ(std::get<AddField>(talk.changes.front().change).value, "v");
}

TEST(FilterSession, TellsTheMacrosOfAStageThatAreDefined) {
  MacroLists lists;
  lists[static_cast<std::size_t>(Stage::helo)] = parse_macro_names("j, {client_addr},{unknown} ,j");
  lists[static_cast<std::size_t>(Stage::data)] = parse_macro_names("{unknown}");
  Talk talk(lists);
  talk.hear(negotiation(6, 0, 0x2));  // no HELO: its macros come all the same
  EXPECT_EQ(talk.ask(helo_news("x")),
            "[DHj\0us.test\0{client_addr}\000192.0.2.1\0j\0us.test\0]nothing "s);
  EXPECT_EQ(talk.ask(data_news()), "[DT][T]");
}

TEST(FilterSession, AFilterMayNameItsMacros) {
  Talk talk(0, "\0\0\0\1{client_addr}\0\0\0\0\6\0"s);
  EXPECT_EQ(talk.ask(helo_news("x")), "[DH{client_addr}\000192.0.2.1\0][Hx\0]"s);
  std::string many;
  for (int i = 0; i < 100; ++i) many += "j ";
  EXPECT_EQ(parse_macro_names(many).size(), kMostMacros);
}

TEST(FilterSession, AcceptEndsTheMessageOrTheClient) {
  Talk message;
  message.ask(mail_news("<a@b>", {}));
  message.hear(wire::frame('a', ""));
  EXPECT_EQ(message.ask(rcpt_news("<a@b>", {})), "nothing ");
  EXPECT_EQ(message.ask(end_of_message_news()), "nothing ");
  EXPECT_FALSE(message.session.finished());
  EXPECT_EQ(message.ask(mail_news("<a@b>", {})), "[M<a@b>\0]"s);
  Talk client;
  client.ask(helo_news("x"));
  client.hear(wire::frame('a', ""));
  EXPECT_TRUE(client.session.finished());
  EXPECT_EQ(client.ask(mail_news("<a@b>", {})), "nothing ");
}

TEST(FilterSession, NobodyWaitsForWhoHasFinished) {
  Talk talk;
  talk.session.ask(connect_news(peer("192.0.2.1")), talk.values, talk.now);
  talk.hear(wire::frame('a', ""));
  talk.session.quit(talk.now);
  talk.drain();
  EXPECT_EQ(talk.session.deadline(), std::nullopt);
  EXPECT_EQ(talk.at(kStart + seconds(100)), "");
  EXPECT_FALSE(talk.session.failed());
}

TEST(FilterSession, AbortsAMessageOnce) {
  Talk talk;
  talk.ask(mail_news("<a@b>", {}));
  talk.hear(wire::frame('c', ""));
  talk.text.clear();
  talk.session.abort(talk.now);
  talk.session.abort(talk.now);
  talk.drain();
  EXPECT_EQ(talk.text, "[A]");
  EXPECT_EQ(talk.ask(rcpt_news("<a@b>", {})), "nothing ");
  // HELO and MAIL end what went on.
  talk.ask(mail_news("<a@b>", {}));
  talk.hear(wire::frame('c', ""));
  EXPECT_EQ(talk.ask(helo_news("x")), "[A][Hx\0]"s);
  talk.hear(wire::frame('c', ""));
  talk.ask(mail_news("<a@b>", {}));
  talk.hear(wire::frame('r', ""));
  EXPECT_EQ(talk.ask(mail_news("<a@b>", {})), "[M<a@b>\0]"s);
}

TEST(FilterSession, SkipIsAboutTheRestOfThatKind) {
  Talk talk;
  talk.ask(body_news("1"));
  EXPECT_EQ(talk.after(wire::frame('s', "")), "skip ");
  EXPECT_FALSE(talk.session.wants(Event::body));
  EXPECT_EQ(talk.ask(body_news("2")), "nothing ");
  EXPECT_EQ(talk.ask(end_of_message_news()), "[E]");
  talk.hear(wire::frame('c', ""));
  talk.ask(mail_news("<a@b>", {}));
  EXPECT_TRUE(talk.session.wants(Event::body));
}

TEST(FilterSession, TakesChangesAtTheEndAndThenTheVerdict) {
  Talk talk;
  talk.ask(end_of_message_news());
  EXPECT_EQ(talk.after(wire::frame('h', "A\0b\0"s) + wire::frame('p', "") +
                       wire::frame('b', "new") + wire::frame('q', "why\0"s)),
            "change change change ");
  EXPECT_EQ(talk.after(wire::frame('c', "")), "accept ");
  EXPECT_EQ(talk.changes.size(), 3U);
  Talk liar(MacroLists{});
  liar.hear(negotiation(6, wire::kAddsFields, 0));
  liar.ask(end_of_message_news());
  EXPECT_EQ(liar.after(wire::frame('b', "new")), "lied ");
  EXPECT_EQ(liar.after(wire::frame('h', "A\0"s)), "failed: action=eom returned bogus response h");
}

TEST(FilterSession, HasPatience) {
  Talk talk;
  talk.ask(mail_news("<a@b>", {}));
  EXPECT_EQ(talk.session.deadline(), kStart + seconds(10));
  EXPECT_EQ(talk.at(kStart + seconds(9)), "");
  EXPECT_EQ(talk.at(kStart + seconds(10)), "failed: timeout before data read, where=mail");
  EXPECT_EQ(talk.session.deadline(), std::nullopt);

  Talk half;
  half.ask(mail_news("<a@b>", {}));
  half.hear("\0"s);
  EXPECT_EQ(half.at(kStart + seconds(10)), "failed: timeout during data read, where=mail");

  Talk deaf;
  deaf.session.ask(mail_news("<a@b>", {}), deaf.values, deaf.now);
  deaf.drain();
  EXPECT_EQ(deaf.at(kStart + seconds(10)), "failed: timeout before data write");

  Talk silent(MacroLists{});
  silent.session.on_sent(kStart);
  EXPECT_EQ(silent.at(kStart + seconds(10)), "failed: timeout before data read, where=negotiate");
}

TEST(FilterSession, ProgressGivesTimeButNotForEver) {
  Talk talk;
  talk.ask(end_of_message_news());
  for (int i = 1; i < 60; ++i) {
    talk.now = kStart + seconds(5 * i);
    talk.hear(wire::frame('p', ""));
    EXPECT_EQ(talk.at(talk.now), "") << i;
  }
  EXPECT_EQ(talk.session.deadline(), kStart + seconds(300));
  EXPECT_EQ(talk.at(kStart + seconds(300)), "failed: EOM ACK/NAK timeout");
}

TEST(FilterSession, NoPatienceIsNoLimit) {
  FilterSession session({.send = seconds(0), .read = seconds(0), .end = seconds(0)}, {}, kStart);
  session.on_sent(kStart);
  EXPECT_EQ(session.deadline(), std::nullopt);
}

TEST(FilterSession, FailsWhenTheConnectionIsGone) {
  Talk talk;
  talk.text.clear();
  talk.session.on_end("read returned 0");
  talk.drain();
  EXPECT_EQ(talk.text, "failed: read returned 0");
  Talk left;
  left.session.quit(left.now);
  left.drain();
  left.text.clear();
  left.session.on_end("read returned 0");
  left.drain();
  EXPECT_EQ(left.text, "");
}

}  // namespace
}  // namespace signet::milter
