#include "signet/policy/features.h"

#include <gtest/gtest.h>

#include "unit/policy/fixture.h"

namespace signet::policy {
namespace {

TEST(Features, LettersAreTheFirstOfEachWordAndTheLastOneWins) {
  Features features;
  features.text = "S V l p Pipelining P";
  EXPECT_EQ(features.says('s'), false);
  EXPECT_EQ(features.says('v'), false);
  EXPECT_EQ(features.says('l'), true);
  EXPECT_EQ(features.says('p'), false);
  EXPECT_EQ(features.says('a'), std::nullopt);
  EXPECT_EQ(features.others_than("svl"), "pPP");
}

TEST(Features, OfAServerAreFoundByNameThenAddressThenTheTagAlone) {
  Scene scene;
  EXPECT_EQ(find_server_features(scene.access(), scene.peer).rule, "default");
  scene.map.set("Srv_Features:", "v");
  EXPECT_EQ(find_server_features(scene.access(), scene.peer).text, "v");
  scene.map.set("Srv_Features:198.51.100", "a");
  EXPECT_EQ(find_server_features(scene.access(), scene.peer).text, "a");
  scene.map.set("Srv_Features:partner.test", "S");
  const auto found = find_server_features(scene.access(), scene.peer);
  EXPECT_EQ(found.text, "S");
  EXPECT_EQ(found.rule, "access:Srv_Features:partner.test");
}

TEST(Features, AMapThatFailsSendsTheClientAwayForNow) {
  Scene scene;
  scene.map.fail();
  EXPECT_TRUE(find_server_features(scene.access(), scene.peer).temporary);
}

TEST(Features, OfAClientAreTheTagAlone) {
  Scene scene;
  scene.map.set("Clt_Features:mx.dest.test", "S");
  EXPECT_EQ(find_client_features(scene.access()).text, "");
  scene.map.set("Clt_Features:", "S A");
  EXPECT_EQ(find_client_features(scene.access()).says('s'), false);
}

TlsFeatures features_for(std::string_view entry) {
  Scene scene;
  scene.map.set("TLS_Clt_Features:mx.dest.test", entry);
  return find_tls_client_features(scene.access(), {"mx.dest.test", *IpAddress::parse("192.0.2.1")})
      .value();
}

TEST(TlsFeatures, AreTakenApart) {
  const auto found = features_for(
      " Options=SSL_OP_NO_TLSv1_3 -SSL_OP_NO_TICKET; cipherlist = \"HIGH:!aNULL\" "
      ";;CERTFILE=/a.pem;"
      "KeyFile=/a.key;flags=Rc");
  EXPECT_EQ(found.fault, "");
  EXPECT_EQ(found.rule, "access:TLS_Clt_Features:mx.dest.test");
  EXPECT_EQ(found.settings.options, "SSL_OP_NO_TLSv1_3 -SSL_OP_NO_TICKET");
  EXPECT_EQ(found.settings.cipher_list, "HIGH:!aNULL");
  EXPECT_EQ(found.settings.certificate_file, "/a.pem");
  EXPECT_EQ(found.settings.key_file, "/a.key");
  EXPECT_TRUE(found.settings.crl_required);
  EXPECT_EQ(found.settings.fall_back_to_clear, false);
  EXPECT_EQ(found.parsed.size(), 5U);
  EXPECT_EQ(found.parsed.at(1), "cipherlist=HIGH:!aNULL");
}

TEST(TlsFeatures, SayWhatIsWrongWithThem) {
  const struct {
    std::string_view entry;
    std::string_view fault;
    std::string_view detail;
  } cases[] = {
      {"garbage", "invalid_syntax", "opt=garbage"},
      {"=x", "invalid_syntax", "opt==x"},
      {"Cypher=HIGH", "unknown_option", "opt=Cypher"},
      {"Flags=Rx", "unknown_option", "opt=Flags"},
      {"CertFile=/a.pem", "only_one_of_CertFile/KeyFile_specified", ""},
      {"KeyFile=/a.key; CipherList=HIGH", "only_one_of_CertFile/KeyFile_specified", ""},
  };
  for (const auto& [entry, fault, detail] : cases) {
    const auto found = features_for(entry);
    EXPECT_EQ(found.fault, fault) << entry;
    EXPECT_EQ(found.fault_detail, detail) << entry;
  }
}

TEST(TlsFeatures, AreNotAskedForByTheTagAlone) {
  Scene scene;
  scene.map.set("TLS_Srv_Features:", "CipherList=HIGH");
  EXPECT_EQ(find_tls_server_features(scene.access(), scene.peer)->text, "");
  scene.map.fail();
  EXPECT_FALSE(find_tls_server_features(scene.access(), scene.peer).has_value());
}

}  // namespace
}  // namespace signet::policy
