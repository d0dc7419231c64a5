// sendmail's words for what a handshake proved: ${verify} and the escaped names.
#include "signet/net/tls_facts.h"

#include <string>

#include <gtest/gtest.h>

namespace signet::net {
namespace {

using mail::Verify;
using tls::Role;

struct VerifyCase {
  const char* name;
  Role role;
  bool requested;
  bool presented;
  bool verified;
  Verify want;
};

TEST(TlsFacts, SayVerifyAsSendmail) {
  for (const VerifyCase& one : {
           VerifyCase{"client without certificate", Role::server, true, false, false, Verify::no},
           VerifyCase{"client was not asked", Role::server, false, false, false, Verify::not_},
           VerifyCase{"client verified", Role::server, true, true, true, Verify::ok},
           VerifyCase{"client not verified", Role::server, true, true, false, Verify::fail},
           VerifyCase{"server verified", Role::client, true, true, true, Verify::ok},
           VerifyCase{"server not verified", Role::client, true, true, false, Verify::fail},
           VerifyCase{"anonymous suite", Role::client, true, false, false, Verify::no},
       }) {
    SCOPED_TRACE(one.name);
    tls::Peer peer;
    peer.certificate_requested = one.requested;
    peer.certificate_presented = one.presented;
    peer.verified = one.verified;
    EXPECT_EQ(to_facts(peer, one.role).verify, one.want);
  }
}

struct NameCase {
  const char* name;
  const char* oneline;
  const char* want;
};

TEST(TlsFacts, EscapeNamesAsSendmail) {
  for (const NameCase& one : {
           NameCase{"blank", "/O=Spec Org", "/O=Spec+20Org"},
           NameCase{"specials", R"(/O=Client (Org) \+ <x> "q" = 100%)",
                    "/O=Client+20+28Org+29+20+5C+2B+20+3Cx+3E+20+22q+22+20=+20100%"},
           NameCase{"UTF-8", R"(/O=M\xC3\xBCller AG)", "/O=M+5CxC3+5CxBCller+20AG"},
           NameCase{"slashes", R"(/O=A\/B\/CN=evil)", "/O=A+5C/B+5C/CN=evil"},
           NameCase{"two in one", "/O=Spec Org/serialNumber=42+CN=multi.test",
                    "/O=Spec+20Org/serialNumber=42+2BCN=multi.test"},
           NameCase{"mail address", "/emailAddress=pm@good.test", "/emailAddress=pm@good.test"},
           NameCase{"plain punctuation", "/O=a,b;c'd%e", "/O=a,b;c'd%e"},
           NameCase{"line break", "/O=a\r\nb", "/O=a+0D+0Ab"},
           NameCase{"delete and eighth bit", "/O=\x7f\xff", "/O=+7F+FF"},
       }) {
    SCOPED_TRACE(one.name);
    tls::Peer peer;
    peer.certificate_presented = true;
    peer.subject = one.oneline;
    peer.issuer = one.oneline;
    const auto facts = to_facts(peer, Role::server);
    EXPECT_EQ(facts.cert_subject, one.want);
    EXPECT_EQ(facts.cert_issuer, one.want);
  }
}

TEST(TlsFacts, EscapeCommonNamesFromTheirRawBytes) {
  tls::Peer peer;
  peer.certificate_presented = true;
  peer.subject_cn = "gr\xC3\xBCn.test";
  peer.issuer_cn = "Weird CA+1";
  const auto facts = to_facts(peer, Role::server);
  EXPECT_EQ(facts.cn_subject, "gr+C3+BCn.test");
  EXPECT_EQ(facts.cn_issuer, "Weird+20CA+2B1");
  peer.subject_cn = "BadCertificateContainsNUL";
  EXPECT_EQ(to_facts(peer, Role::server).cn_subject, "BadCertificateContainsNUL");
}

TEST(TlsFacts, AreEmptyAndFineWithoutACertificate) {
  tls::Peer peer;
  peer.version = "TLSv1.3";
  const auto facts = to_facts(peer, Role::server);
  EXPECT_EQ(facts.cert_subject, "");
  EXPECT_EQ(facts.cert_issuer, "");
  EXPECT_EQ(facts.cn_subject, "");
  EXPECT_EQ(facts.fingerprint, "");
  EXPECT_EQ(facts.verify_message, "ok");
  EXPECT_TRUE(facts.active());
}

TEST(TlsFacts, CarryTheRestUnchanged) {
  tls::Peer peer;
  peer.version = "TLSv1.2";
  peer.cipher = "DES-CBC3-SHA";
  peer.cipher_bits = 112;
  peer.algorithm_bits = 168;
  peer.certificate_presented = true;
  peer.verify_message = "certificate has expired";
  peer.fingerprint = "E7:B5";
  peer.fingerprint_by_wish = true;
  peer.dns_names = {"a.test", "b.test"};
  peer.resumed = true;
  const auto facts = to_facts(peer, Role::client);
  EXPECT_EQ(facts.version, "TLSv1.2");
  EXPECT_EQ(facts.cipher, "DES-CBC3-SHA");
  EXPECT_EQ(facts.cipher_bits, 112);
  EXPECT_EQ(facts.algorithm_bits, 168);
  EXPECT_EQ(facts.verify_message, "certificate has expired");
  EXPECT_EQ(facts.fingerprint, "E7:B5");
  EXPECT_TRUE(facts.fingerprint_by_wish);
  EXPECT_EQ(facts.alt_names, peer.dns_names);
  EXPECT_TRUE(facts.resumed);
}

}  // namespace
}  // namespace signet::net
