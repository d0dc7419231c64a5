#include <gtest/gtest.h>

#include "signet/policy/tls.h"

namespace signet::policy {
namespace {

// "code demand bits extension extension", or "nothing".
std::string shown(const ParsedRequirement& parsed) {
  using Code = TlsRequirement::Code;
  using Demand = TlsRequirement::Demand;
  const auto& want = parsed.requirement;
  if (want.demand == Demand::none) return "nothing";
  std::string text = want.code == Code::permanent   ? "perm "
                     : want.code == Code::temporary ? "temp "
                                                    : "";
  text += want.demand == Demand::verify ? "verify " : "encr ";
  text += std::to_string(want.bits);
  for (const auto& extension : want.extensions) text += " " + extension;
  return text;
}

TEST(TlsRequirement, ReadsTheGrammar) {
  const struct {
    std::string_view text;
    std::string_view want;
  } cases[] = {
      {"VERIFY", "verify 0"},
      {"verify:256", "verify 256"},
      {"ENCR:112", "encr 112"},
      {"PERM+VERIFY", "perm verify 0"},
      {"TEMP+ENCR:128", "temp encr 128"},
      {"PERM + VERIFY : 128", "perm verify 128"},
      {" VERIFY + CN ", "verify 0 CN"},
      {"VERIFY:128+CN:mx.test", "verify 128 CN:mx.test"},
      {"VERIFY+CN++CI:/C=US/O=Spec+20Org++CITag:My", "verify 0 CN CI:/C=US/O=Spec+20Org CITag:My"},
      {"VERIFY+CS:/O=a+2B+20b", "verify 0 CS:/O=a+2B+20b"},
      {"ENCR:128x", "encr 128"},
      {"ENCR:abc", "encr 0"},
      {"ENCR:-5", "encr 0"},
      {"ENCR:99999999999999999999", "encr 2147483647"},
  };
  for (const auto& one : cases) {
    const auto parsed = parse_tls_requirement(one.text);
    EXPECT_EQ(shown(parsed), one.want) << one.text;
    EXPECT_TRUE(parsed.understood) << one.text;
  }
}

TEST(TlsRequirement, DemandsNothingWhenItIsNotUnderstood) {
  for (const std::string_view text :
       {"", "ENCR", "ENCR:", "VERIFY:", "VERIFY:128:CN", "VERIFY 128", "PERM", "PERM+", "PERM+FOO",
        "PERM VERIFY", "FOO", "NO", "REJECT", "OK", "VERIFYING", "ENCR:128 256", "VERIFY+",
        "+VERIFY", "TEMP+PERM+VERIFY"}) {
    const auto parsed = parse_tls_requirement(text);
    EXPECT_EQ(shown(parsed), "nothing") << text;
    EXPECT_FALSE(parsed.understood) << text;
  }
}

TEST(TlsRequirement, KeepsWhatStandsBeforeAnUnknownExtension) {
  const struct {
    std::string_view text;
    std::string_view want;
  } cases[] = {
      {"VERIFY+XX", "verify 0"},
      {"VERIFY+CN:", "verify 0"},
      {"VERIFY:128+CN++XX++CS:/O=x", "verify 128 CN"},
  };
  for (const auto& one : cases) {
    const auto parsed = parse_tls_requirement(one.text);
    EXPECT_EQ(shown(parsed), one.want) << one.text;
    EXPECT_FALSE(parsed.understood) << one.text;
  }
}

TEST(TlsRequirement, BoundsTheNumberOfExtensions) {
  std::string text = "VERIFY+CN";
  for (int i = 0; i < 1000; ++i) text += "++CN:a";
  EXPECT_LE(parse_tls_requirement(text).requirement.extensions.size(), 32U);
}

}  // namespace
}  // namespace signet::policy
