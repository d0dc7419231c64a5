#include <gtest/gtest.h>

#include "smtp/auth_text.h"
#include "smtp/capabilities.h"
#include "smtp/line_decoder.h"
#include "smtp/reply_decoder.h"

namespace signet::smtp {
namespace {

std::vector<std::string> lines_of(std::string_view in, std::size_t step, std::size_t limit) {
  LineDecoder decoder;
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < in.size();) {
    const auto got = decoder.take(in.substr(at, step), limit);
    at += got.used;
    if (got.state == LineDecoder::State::line) lines.emplace_back(got.text);
    if (got.state == LineDecoder::State::too_long) lines.emplace_back("(too long)");
    if (got.state == LineDecoder::State::skipped) lines.emplace_back("(skipped)");
  }
  return lines;
}

TEST(LineDecoder, CutsAtLineFeeds) {
  using Lines = std::vector<std::string>;
  for (const std::size_t step : {1U, 2U, 3U, 1000U}) {
    EXPECT_EQ(lines_of("a\r\nb\n\r\n\nc\rd\r\nrest", step, 10), (Lines{"a", "b", "", "", "c\rd"}));
    EXPECT_EQ(lines_of("12345\r\n123456\r\n1234567\r\nx\r\n", step, 6),
              (Lines{"12345", "123456", "(too long)", "(skipped)", "x"}));
  }
}

TEST(LineDecoder, KnowsWhatHasComeOfALine) {
  LineDecoder decoder;
  EXPECT_EQ(decoder.take("NO", 10).state, LineDecoder::State::unfinished);
  EXPECT_EQ(decoder.unfinished(), "NO");
  EXPECT_EQ(decoder.take("OP\r\n", 10).text, "NOOP");
  EXPECT_EQ(decoder.unfinished(), "");  // of the next one nothing
  EXPECT_EQ(decoder.take("QU", 10).state, LineDecoder::State::unfinished);
  EXPECT_EQ(decoder.unfinished(), "QU");
}

struct Heard {
  ReplyDecoder::State state;
  mail::Reply reply;
};
std::vector<Heard> replies_of(std::string_view in, std::size_t step, std::size_t limit = 4096) {
  ReplyDecoder decoder(limit);
  std::vector<Heard> heard;
  for (std::size_t at = 0; at < in.size();) {
    const auto piece = in.substr(at, step);
    auto got = decoder.take(piece);
    const bool unfinished = got.state == ReplyDecoder::State::unfinished;
    at += unfinished ? piece.size() : got.used;
    if (!unfinished) heard.push_back({got.state, std::move(got.reply)});
  }
  return heard;
}

TEST(ReplyDecoder, ReadsRepliesOfAllShapes) {
  struct Case {
    std::string_view in;
    mail::Reply reply;
  };
  for (const auto& c : {
           Case{"250 2.0.0 ok\r\n", {250, "2.0.0", "ok"}},
           Case{"250 ok\n", {250, "", "ok"}},
           Case{"250\r\n", {250, "", ""}},
           Case{"250 \r\n", {250, "", ""}},
           Case{"250 2.0.0\r\n", {250, "2.0.0", ""}},
           Case{"250-a\r\n250-\r\n250 b\r\n", {250, "", "a\n\nb"}},
           Case{"550-5.7.1 a\r\n550 5.7.1 b\r\n", {550, "5.7.1", "a\nb"}},
           Case{"550-5.7.1 a\r\n550 b\r\n", {550, "5.7.1", "a\nb"}},
           Case{"550 4.7.1 a\r\n", {550, "", "4.7.1 a"}},
           Case{"550 5.7.1.2 a\r\n", {550, "", "5.7.1.2 a"}},
           Case{"550 5.7.1234 a\r\n", {550, "", "5.7.1234 a"}},
       }) {
    for (const std::size_t step : {1U, 4U, 1000U}) {
      const auto heard = replies_of(c.in, step);
      ASSERT_EQ(heard.size(), 1U) << c.in;
      EXPECT_EQ(heard[0].state, ReplyDecoder::State::reply);
      EXPECT_EQ(heard[0].reply, c.reply) << c.in;
    }
  }
}

TEST(ReplyDecoder, RefusesWhatIsNoReply) {
  for (const auto* in : {"\r\n", "25\r\n", "2500 x\r\n", "abc\r\n", "150 x\r\n", "650 x\r\n",
                         "250\tx\r\n", "250-x\r\n550 y\r\n", "HTTP/1.1 400\r\n"}) {
    const auto heard = replies_of(in, 1000);
    ASSERT_FALSE(heard.empty()) << in;
    EXPECT_EQ(heard[0].state, ReplyDecoder::State::malformed) << in;
    EXPECT_EQ(heard[0].reply.code, 451);
  }
}

TEST(ReplyDecoder, KeepsLittleOfMuch) {
  std::string in;
  for (int i = 0; i < 1000; ++i) in += "250-" + std::string(100, 'x') + "\r\n";
  const auto heard = replies_of(in + "250 end\r\n250 next\r\n", 1000, 500);
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0].reply.text.size(), 500U);
  EXPECT_EQ(heard[1].reply.text, "next");
}

TEST(ReplyDecoder, GivesUpAnEndlessReply) {
  std::string in;
  while (in.size() < (2U << 20)) in += "250-more\r\n";
  const auto heard = replies_of(in, 10000);
  ASSERT_FALSE(heard.empty());
  EXPECT_EQ(heard[0].reply.line(), "451 4.5.0 Reply is too long");
  EXPECT_EQ(replies_of(std::string(2U << 20, '2'), 10000).at(0).reply.code, 451);
}

TEST(Capabilities, AreReadFromTheEhloReply) {
  const Capabilities server(
      {250, "",
       "SIZE is no keyword here\nSIZE 1000\nAuth PLAIN LOGIN\nAUTH=LOGIN X\npipelining\n"});
  EXPECT_EQ(server.size_limit(), 1000U);
  EXPECT_TRUE(server.offers("PIPELINING"));
  EXPECT_FALSE(server.offers("STARTTLS"));
  EXPECT_EQ(server.mechanisms(), (std::vector<std::string>{"PLAIN", "LOGIN", "X"}));
  EXPECT_EQ(Capabilities({250, "", "hi\nSIZE"}).size_limit(), 0U);
  EXPECT_EQ(Capabilities({250, "", "hi\nSIZE 99999999999999999999"}).size_limit(), 0U);
}

TEST(AuthText, KnowsTheEmptyInitialResponse) {
  EXPECT_EQ(encode_initial(""), "=");
  EXPECT_EQ(decode_initial("="), "");
  EXPECT_EQ(decode_initial("Ym9i"), "bob");
  EXPECT_EQ(decode_initial("Ym9"), std::nullopt);
  EXPECT_EQ(decode_initial("=="), std::nullopt);
}

}  // namespace
}  // namespace signet::smtp
