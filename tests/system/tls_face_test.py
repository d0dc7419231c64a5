"""`signet tls HOST:PORT`: what is said of servers of all kinds, in plain words and with what to do. And the same words
in the log under sm-tls, and in the report that a sender gets."""
import unittest

from harness import BIN, Scenario, run, server_context, tls_lines

SITE = """OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `us.test')dnl
define(`confRUN_AS_USER', `')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`access_db', `hash {map}')dnl
FEATURE(`tls_session_features')dnl
{tls}MAILER(`local')dnl
MAILER(`smtp')dnl
"""


def garbage(connection, _):
    connection.sendall(b"220 2.0.0 go\r\n")
    connection.recv(4096)
    connection.sendall(b"this is no handshake\r\n")


class TlsFace(Scenario):
    def setUp(self):
        super().setUp()
        self.certs = self.pki()
        self.certs.make("us")
        self.rules = ""

    def stranger(self, name):
        """A certificate of a CA that nobody here knows."""
        self.certs.make_ca("other", "/O=Else/CN=Else CA")
        pair = self.certs.make(name, ca="other")
        (self.certs.folder / "other.pem").unlink()
        for link in self.certs.folder.glob("*.0"):
            link.unlink()
        run("openssl", "rehash", self.certs.folder)
        return pair

    def ask(self, port, status, host="127.0.0.1"):
        rules = self.make_map("access", self.rules)
        site = self.folder / "site.mc"
        site.write_text(SITE.format(map=rules, tls=tls_lines(self.certs, "us")))
        done = run(BIN / "signet", "tls", "-C", site, f"{host}:{port}", ok=(status,))
        return done.stdout

    def hop(self, pair, **more):
        return self.next_hop(tls=server_context(pair), **more)

    def test_a_good_server(self):
        hop = self.hop(self.certs.make("hop"), under_tls=["AUTH PLAIN LOGIN"])
        self.rules = "TLS_Srv:127.0.0.1\tVERIFY:112\n"
        said = self.ask(hop.port, 0)
        for line in ("STARTTLS: offered", "version:  TLSv1.3", "verify:   OK (ok)", "chain:    0 /O=Test/CN=hop.test",
                     "issued by /O=Test/CN=Test CA", "names:    hop.test", "AUTH:     PLAIN LOGIN",
                     "policy:   access:TLS_Srv:127.0.0.1 VERIFY:112: mail would be sent"):
            self.assertIn(line, said)
        self.assertNotIn("remedy", said)
        self.assertEqual(hop.commands[-1], "QUIT")

    def test_what_is_wrong_with_a_certificate(self):
        hash_of = lambda name: run("openssl", "x509", "-in", self.certs.folder / name, "-noout", "-issuer_hash").stdout.strip()
        table = {
            "stranger": (self.stranger("stranger"), "cause:    the server sent no intermediate, and /O=Else/CN=Else CA is no CA known here",
                         f"to confCACERT_PATH as {hash_of('stranger.pem')}.0"),
            "expired": (self.certs.make("expired", days=-1), "cause:    the certificate /O=Test/CN=expired.test expired on ",
                        "remedy:   the server must renew it"),
            "purpose": (self.certs.make("purpose", usage="clientAuth"), "cause:    the certificate /O=Test/CN=purpose.test was not made for servers",
                        "extendedKeyUsage names serverAuth"),
        }
        self.rules = "TLS_Srv:\tVERIFY\n"
        for name, (pair, cause, remedy) in table.items():
            with self.subTest(name):
                said = self.ask(self.hop(pair).port, 1)
                self.assertIn("verify:   FAIL", said)
                self.assertIn(cause, said)
                self.assertIn(remedy, said)
                self.assertIn("policy:   access:TLS_Srv: VERIFY: 454 4.7.0 authentication failed: mail would wait", said)

    def test_servers_without_tls(self):
        said = self.ask(self.next_hop().port, 0)
        self.assertIn("STARTTLS: not offered\npolicy:   no TLS_Srv: entry: mail would be sent", said)
        self.rules = "TLS_Srv:\tPERM+ENCR:128\n"
        said = self.ask(self.next_hop().port, 1)
        self.assertIn("503 5.7.0 encryption too weak 0 less than 128: mail would come back", said)
        self.rules = "Try_TLS:127.0.0.1\tNO\n"
        said = self.ask(self.hop(self.certs.make("hop")).port, 0)
        self.assertIn("STARTTLS: offered, but not used: access:Try_TLS:127.0.0.1 NO", said)

    def test_handshakes_that_fail(self):
        hop = self.next_hop(tls=server_context(self.certs.make("hop")), replies={"STARTTLS": garbage})
        said = self.ask(hop.port, 1)
        self.assertIn("handshake failed: wrong version number", said)
        self.assertIn("cause:    the other side does not speak TLS here\nremedy:   TLS from the start is for port 465", said)
        self.assertIn("policy:   default: 454 4.7.0 TLS handshake failed.: mail would wait", said)

    def test_settings_of_the_access_map(self):
        self.rules = "TLS_Clt_Features:127.0.0.1\tOptions=SSL_OP_NO_TLSv1_3; Flags=R\n"
        said = self.ask(self.hop(self.certs.make("hop")).port, 0)
        for line in ("features: access:TLS_Clt_Features:127.0.0.1 Options=SSL_OP_NO_TLSv1_3; Flags=R\n", "version:  TLSv1.2",
                     "verify:   FAIL (unable to get certificate CRL)"):
            self.assertIn(line, said)
        self.rules = "TLS_Clt_Features:127.0.0.1\tOptions=SSL_OP_NO_SUCH\n"
        said = self.ask(self.hop(self.certs.make("hop")).port, 1)
        self.assertIn("Options=SSL_OP_NO_SUCH: SSL_OP not found: SSL_OP_NO_SUCH\n", said)
        self.assertIn("policy:   default: 454 4.7.0 STARTTLS temporarily not possible.: mail would wait", said)
        self.rules = "Clt_Features:\tS\n"
        said = self.ask(self.hop(self.certs.make("hop")).port, 0)
        self.assertIn("STARTTLS: offered, but not used: access:Clt_Features: S\n", said)
        self.rules = "TLS_Clt_Features:127.0.0.1\tFlags=C\n"
        hop = self.next_hop(tls=server_context(self.certs.make("hop")), replies={"STARTTLS": garbage})
        self.assertIn("then:     once more in clear (TLSFallbacktoClear)\npolicy:   no TLS_Srv: entry: mail would be sent", self.ask(hop.port, 0))

    def test_nobody_there(self):
        port = self.deaf_port().port
        self.assertIn(f"[127.0.0.1] port {port}: ", self.ask(port, 75))
        self.ask("0", 64)
        self.ask(port, 68, "no-such-host.invalid")

    def test_the_same_words_in_the_log_and_in_the_report(self):
        hop = self.hop(self.stranger("stranger"))
        rules = self.make_map("access", "TLS_Srv:127.0.0.1\tPERM+VERIFY\n")
        relay = self.signet("relay", tls_lines(self.certs, "us") +
                            f"FEATURE(`access_db', `hash {rules}')dnl\nFEATURE(`accept_unresolvable_domains')dnl\n"
                            f"define(`SMART_HOST', `esmtp:[127.0.0.1]')dnl\ndefine(`ESMTP_MAILER_ARGS', `TCP $h {hop.port}')dnl\n")
        with relay.client() as client:
            client.ehlo()
            client.send_mail("alice@relay.test", "x@far.test")
        relay.wait_for(r"^STARTTLS=client, relay=\[127\.0\.0\.1\].*, verify=FAIL: the server sent no intermediate, and /O=Else/CN=Else CA "
                       r"is no CA known here; remedy: the server must send")
        relay.wait_for(r"to=<alice@relay\.test>.*stat=Sent")
        self.assertIn(" sm-tls[", relay.log.read_text())
        report = relay.mailbox("alice")
        self.assertIn("----- What may help -----\nthe server sent no intermediate, and /O=Else/CN=Else CA is no CA known here\n"
                      "the server must send the certificate", report.replace("\r\n", "\n"))


if __name__ == "__main__":
    unittest.main()
