#include "signet/mail/encoded_words.h"

#include <random>

#include <gtest/gtest.h>

namespace signet::mail {
namespace {

TEST(EncodedWords, AreDecoded) {
  const struct {
    std::string_view text, want;
  } cases[] = {
      {"plain text", "plain text"},
      {"=?utf-8?B?VmlhZ3Jh?=", "Viagra"},
      {"=?UTF-8?q?Vi=61gra_now?=", "Viagra now"},
      {"=?utf-8?b?VmlhZ3Jh?= =?utf-8?b?IG5vdw==?=", "Viagra now"},
      {"=?utf-8?b?Vmk?=\t =?us-ascii?q?agra?= x", "Viagra x"},
      {"a =?utf-8?q?b?= c", "a b c"},
      {"=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"},
      {"=?utf-8*en?q?a?=", "a"},
      {"=?iso-8859-1?q?caf=E9?=", "caf\xc3\xa9"},
      {"=?koi8-r?b?8NLJ18XU?=", "\xf0\xd2\xc9\xd7\xc5\xd4"},
      {"(=?utf-8?q?in?=)", "(in)"},
      {"=?utf-8?x?a?=", "=?utf-8?x?a?="},
      {"=?utf-8?b?a?=", "=?utf-8?b?a?="},
      {"=?utf-8?b?!!!!?=", "=?utf-8?b?!!!!?="},
      {"=?utf-8?q?a b?=", "=?utf-8?q?a b?="},
      {"=??q?a?=", "=??q?a?="},
      {"=?utf-8?q?a", "=?utf-8?q?a"},
      {"=?utf-8?q?100=?=", "100="},
      {"=?utf-8?q?\?=", ""},
      {"=?", "=?"},
      {"=?a?q", "=?a?q"},
      {" x ", " x "},
      {"", ""},
  };
  for (const auto& one : cases) EXPECT_EQ(decode_words(one.text), one.want) << one.text;
}

TEST(EncodedWords, StayBounded) {
  const std::string endless = "=?utf-8?q?" + std::string(1000, 'a') + "?=";
  EXPECT_EQ(decode_words(endless), endless);
  std::mt19937 random(1);
  constexpr std::string_view kLetters = "=?utf-8bBqQ_ 1A\xe9\t";
  for (int i = 0; i < 2000; ++i) {
    std::string text = "=?iso-8859-1?q?";
    for (int k = 0; k < 60; ++k) text += kLetters[random() % kLetters.size()];
    EXPECT_LE(decode_words(text).size(), 2 * text.size());
  }
}

}  // namespace
}  // namespace signet::mail
