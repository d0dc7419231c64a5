"""STARTTLS as sites set it up, section by section: a private CA, a CA without a CN, a bought certificate, no certificates
at all, passwords only under TLS, and a key that others may read."""
import re
import unittest

from harness import LOCAL, Scenario, anybody, tls_lines

OPEN = "FEATURE(`accept_unresolvable_domains')dnl\n"
ARTICLE = """define(`confAUTH_OPTIONS', `A p y')dnl
define(`confAUTH_MECHANISMS', `LOGIN PLAIN CRAM-MD5 DIGEST-MD5')dnl
TRUST_AUTH_MECH(`LOGIN PLAIN CRAM-MD5 DIGEST-MD5')dnl
"""


class StarttlsArticle(Scenario):
    def two(self, relay_mc, mx_mc):
        """A relay that hands everything to an MX."""
        mx = self.signet("mx", OPEN + mx_mc, users=("bob",))
        relay = self.signet("relay", OPEN + relay_mc + "define(`SMART_HOST', `esmtp:[127.0.0.1]')dnl\n"
                            f"define(`ESMTP_MAILER_ARGS', `TCP $h {mx.port()}')dnl\n")
        return relay, mx

    @staticmethod
    def send(relay, to="bob@mx.test"):
        with relay.client() as client:
            client.ehlo()
            return client.send_mail("a@else.test", to)

    def test_two_servers_verify_each_other_with_a_private_ca(self):
        certs = self.pki()
        for name in ("relay", "mx"):
            certs.make(name)
        relay, mx = self.two(tls_lines(certs, "relay"), tls_lines(certs, "mx"))
        self.send(relay)
        relay.wait_for(r"STARTTLS=client, relay=\[127\.0\.0\.1\].*, version=TLSv1\.3, verify=OK, cipher=\S+, bits=256/256$")
        mx.wait_for(rf"STARTTLS=server, relay={re.escape(LOCAL)} \[127\.0\.0\.1\], version=TLSv1\.3, verify=OK,")
        mx.wait_for(r"to=<bob@mx\.test>.*stat=Sent")
        self.assertIn("verify=OK)", mx.mailbox("bob"))

    def test_a_ca_whose_name_has_no_cn(self):
        certs = self.pki()
        certs.make_ca("nocn", "/C=DE/O=Nameless Org/OU=CA")
        certs.make("mx")
        client = certs.make("client", ca="nocn")
        mx = self.signet("mx", OPEN + tls_lines(certs, "mx") + "define(`confLOG_LEVEL', `14')dnl\n")
        with mx.client() as session:
            session.ehlo()
            session.starttls(anybody(client))
            session.ehlo()
        mx.wait_for(r"STARTTLS=server, relay=.*, verify=OK,")
        mx.wait_for(r"STARTTLS=server, cert-subject=/O=Test/CN=client\.test, cert-issuer=/C=DE/O=Nameless\+20Org/OU=CA, verifymsg=ok")

    def test_a_bought_certificate_is_for_servers_only(self):
        certs = self.pki()
        certs.make("mx")
        bought = certs.make("bought", usage="serverAuth")
        own = certs.make("own")
        rules = self.make_map("access", "CERTISSUER:/O=Test/CN=Test+20CA\tSUBJECT\nCERTSUBJECT:/O=Test/CN=own.test\tRELAY\n"
                                        "CERTSUBJECT:/O=Test/CN=bought.test\tRELAY\n")
        mx = self.signet("mx", OPEN + tls_lines(certs, "mx") + f"FEATURE(`access_db', `hash {rules}')dnl\n"
                         "define(`confLOG_LEVEL', `14')dnl\ndefine(`SMART_HOST', `[127.0.0.1]')dnl\n", queue="-q1h")
        for pair, verify, reply in ((bought, "FAIL", "550 5.7.1 <x@far.test>... Relaying denied"), (own, "OK", "250 2.1.5 ")):
            with self.subTest(verify), mx.client(source="127.0.0.9") as session:
                session.ehlo()
                session.starttls(anybody(pair))
                session.ehlo()
                session.say("MAIL FROM:<a@else.test>")
                self.assertTrue(session.say("RCPT TO:<x@far.test>").startswith(reply))
                mx.wait_for(rf"STARTTLS=server, relay=.*, verify={verify},")
        mx.wait_for(r"cert-subject=/O=Test/CN=bought\.test, .*verifymsg=unsuitable certificate purpose")
        mx.wait_for(r"verify=FAIL: the certificate /O=Test/CN=bought\.test was not made for clients; remedy: the client must use one whose "
                    r"extendedKeyUsage names clientAuth")

    def test_anonymous_dh_between_two_servers_without_certificates(self):
        ciphers = ("define(`confTLS_SRV_OPTIONS', `VC')dnl\ndefine(`confCIPHER_LIST', `ALL:ADH:@STRENGTH')dnl\n")
        relay, mx = self.two(ciphers, ciphers)
        self.send(relay)
        relay.wait_for(r"STARTTLS=client, relay=\[127\.0\.0\.1\].*, version=TLSv1\.2, verify=NO, cipher=(ADH|AECDH)-\S+, bits=256/256")
        mx.wait_for(r"STARTTLS=server, .*, version=TLSv1\.2, verify=NOT, cipher=(ADH|AECDH)-")
        mx.wait_for(r"to=<bob@mx\.test>.*stat=Sent")

    def test_auth_is_offered_behind_starttls_only(self):
        certs = self.pki()
        certs.make("mx")
        folder = self.sasl("mx.test", bob="secret")
        mx = self.signet("mx", OPEN + tls_lines(certs, "mx") + ARTICLE + f"define(`confSASL_CONF_DIR', `{folder}')dnl\n",
                         ports="DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MSA, M=Ea')dnl\n")
        with mx.client("MSA") as session:
            self.assertNotRegex(session.ehlo(), r"AUTH.*(PLAIN|LOGIN)")
            self.assertEqual(session.auth_plain("bob", "secret")[:3], "504")
            self.assertEqual(session.say("MAIL FROM:<bob@mx.test>"), "530 5.7.0 Authentication required")
            session.starttls()
            self.assertRegex(session.ehlo(), r"AUTH.*PLAIN")
            self.assertEqual(session.auth_plain("bob", "secret"), "235 2.0.0 OK Authenticated")
            self.assertEqual(session.say("MAIL FROM:<bob@mx.test>")[:3], "250")
        mx.wait_for(rf"AUTH=server, relay={re.escape(LOCAL)} \[127\.0\.0\.1\], authid=bob, mech=PLAIN, bits=0")

    def test_a_key_that_others_may_read(self):
        certs = self.pki()
        _, key = certs.make("mx")
        for mode, reason in ((0o640, "Group readable file"), (0o644, "World readable file")):
            with self.subTest(reason):
                key.chmod(mode)
                mx = self.signet(f"mx{mode:o}", OPEN + tls_lines(certs, "mx"))
                with mx.client() as session:
                    self.assertNotIn("STARTTLS", session.ehlo())
                mx.wait_for(rf"STARTTLS=server: file {key} unsafe: {reason}$")
                mx.wait_for(rf"STARTTLS=server: TLS is off; remedy: chmod 0600 {key}$")
                key.chmod(0o600)
                mx.reload()
                with mx.client() as session:
                    self.assertIn("STARTTLS", session.ehlo())
                mx.stop()


if __name__ == "__main__":
    unittest.main()
