#include "smtp/data_decoder.h"

#include <gtest/gtest.h>

#include <random>

#include "smtp/dot_stuffer.h"

namespace signet::smtp {
namespace {

using State = DataDecoder::State;

struct Outcome {
  State state = State::more;
  std::string content;
  std::size_t used = 0;
  bool operator==(const Outcome&) const = default;
};

// In pieces of `step` octets; the first one may be shorter.
Outcome decode(LineEnds ends, std::string_view in, std::size_t step, std::size_t first) {
  DataDecoder decoder(ends);
  Outcome outcome;
  while (outcome.used < in.size() && outcome.state == State::more) {
    const auto size = outcome.used == 0 ? first : step;
    const auto got = decoder.decode(in.substr(outcome.used, size), outcome.content);
    outcome.used += got.used;
    outcome.state = got.state;
  }
  return outcome;
}

// All single cuts and all octet by octet agree with the whole.
Outcome decode_every_way(LineEnds ends, std::string_view in) {
  const auto whole = decode(ends, in, in.size(), in.size());
  EXPECT_EQ(decode(ends, in, 1, 1), whole);
  for (std::size_t cut = 1; cut < in.size(); ++cut) {
    EXPECT_EQ(decode(ends, in, in.size(), cut), whole) << "cut at " << cut;
  }
  return whole;
}

TEST(DataDecoder, FindsTheFinalDotAndRemovesStuffing) {
  struct Case {
    std::string in;
    std::string content;
  };
  for (const auto& c : {
           Case{".\r\n", ""},
           Case{"a\r\n.\r\n", "a\r\n"},
           Case{"..\r\n.\r\n", ".\r\n"},
           Case{".a\r\n...\r\n.\r\n", "a\r\n..\r\n"},
           Case{"\r\n\r\n.\r\n", "\r\n\r\n"},
           Case{"a.\r\nb\r\n.\r\n", "a.\r\nb\r\n"},
           Case{std::string(3000, 'x') + "\r\n.\r\n", std::string(3000, 'x') + "\r\n"},
       }) {
    const auto outcome = decode_every_way(LineEnds::strict, c.in + "QUIT\r\n");
    EXPECT_EQ(outcome.state, State::end) << c.in;
    EXPECT_EQ(outcome.content, c.content);
    EXPECT_EQ(outcome.used, c.in.size());
  }
}

// Each of these has ended a message on some mail server.
TEST(DataDecoder, IsNotFooledBySmuggledEnds) {
  using namespace std::string_literals;
  for (const auto& before : {"\r"s, "\n"s, "\r\n"s, ""s, "\0"s}) {
    for (const auto& after : {"\r"s, "\n"s, "\r\n"s, "\0\r\n"s, "\r\r\n"s, "\n\r\n"s}) {
      if (before == "\r\n" && after == "\r\n") continue;
      const auto in = "a" + before + "." + after + "MAIL FROM:<evil@x>\r\n";
      for (const auto ends : {LineEnds::strict, LineEnds::mended}) {
        EXPECT_NE(decode_every_way(ends, in).state, State::end) << testing::PrintToString(in);
      }
    }
  }
}

TEST(DataDecoder, RefusesLoneLineEnds) {
  struct Case {
    std::string_view in;
    State state;
  };
  for (const auto& c :
       {Case{"a\nb", State::bare_lf}, Case{"\n", State::bare_lf}, Case{".\n", State::bare_lf},
        Case{"a\rb", State::bare_cr}, Case{"a\r\r\n", State::bare_cr}, Case{".\r.", State::bare_cr},
        Case{"\r\n\rx", State::bare_cr}}) {
    EXPECT_EQ(decode_every_way(LineEnds::strict, c.in).state, c.state) << c.in;
  }
}

TEST(DataDecoder, MendsLoneLineEndsWhereTold) {
  const auto outcome = decode_every_way(LineEnds::mended, "a\n.\nb\rc\r\r\n.\n..\r\n.\r\n");
  EXPECT_EQ(outcome.state, State::end);
  EXPECT_EQ(outcome.content, "a\r\n.\r\nb c \r\n\r\n..\r\n");
}

TEST(DataDecoder, SeesNul) {
  DataDecoder decoder(LineEnds::strict);
  std::string content;
  decoder.decode("abc", content);
  EXPECT_FALSE(decoder.saw_nul());
  decoder.decode(std::string_view("\0", 1), content);
  EXPECT_TRUE(decoder.saw_nul());
}

// A chunk of nothing but CR must not cost quadratic time.
TEST(DataDecoder, StaysLinearOnHostileInput) {
  DataDecoder decoder(LineEnds::mended);
  std::string content;
  decoder.decode(std::string(1 << 20, '\r'), content);
  EXPECT_EQ(content.size(), (1U << 20) - 1);
  DotStuffer stuffer;
  std::string out;
  stuffer.stuff(std::string(1 << 20, '\r'), out);
  EXPECT_EQ(out.size(), (1U << 20) - 1);
}

std::string stuffed(std::string_view in, std::size_t step) {
  DotStuffer stuffer;
  std::string out;
  for (std::size_t at = 0; at < in.size(); at += step) stuffer.stuff(in.substr(at, step), out);
  stuffer.finish(out);
  return out;
}

TEST(DotStuffer, StuffsAndEndsTheMessage) {
  struct Case {
    std::string_view in;
    std::string_view want;
  };
  for (const auto& c : {
           Case{"", ".\r\n"},
           Case{"a", "a\r\n.\r\n"},
           Case{"a\r\n", "a\r\n.\r\n"},
           Case{".\r\n", "..\r\n.\r\n"},
           Case{".\r\n..\r\nx.\r\n", "..\r\n...\r\nx.\r\n.\r\n"},
           Case{"a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"},
           Case{"a\r.\r\n", "a .\r\n.\r\n"},
           Case{"a\r", "a\r\n.\r\n"},
       }) {
    for (const std::size_t step : {1U, 2U, 3U, 100U}) EXPECT_EQ(stuffed(c.in, step), c.want);
  }
}

// What leaves one host arrives as it was, however it is cut, and is one message.
TEST(DotStuffer, IsUndoneByTheDecoder) {
  std::minstd_rand random(7);
  constexpr std::string_view kAlphabet = "\r\n.ax";
  for (int round = 0; round < 20000; ++round) {
    std::string in;
    for (auto left = random() % 12; left > 0; --left) in += kAlphabet[random() % 5];
    const auto wire = stuffed(in, 1 + random() % 5);
    std::string plain;  // the same, mended
    for (std::size_t i = 0; i < in.size(); ++i) {
      const bool pair = in[i] == '\r' && i + 1 < in.size() && in[i + 1] == '\n';
      if (in[i] == '\n') {
        plain += "\r\n";
      } else if (in[i] == '\r') {
        plain += pair ? "" : i + 1 < in.size() ? " " : "\r\n";
      } else {
        plain += in[i];
      }
    }
    if (!plain.empty() && !plain.ends_with("\r\n")) plain += "\r\n";
    const auto outcome = decode(LineEnds::strict, wire, 1 + random() % 5, 1);
    ASSERT_EQ(outcome.state, State::end) << testing::PrintToString(in);
    ASSERT_EQ(outcome.used, wire.size());
    ASSERT_EQ(outcome.content, plain) << testing::PrintToString(in);
  }
}

}  // namespace
}  // namespace signet::smtp
