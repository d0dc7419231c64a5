"""The main job: authenticated TLS submission in, verified TLS relay out, a mailbox at the end."""
import re
import unittest

from harness import Scenario, anybody

TLS = """define(`CERT_DIR', `{certs}')dnl
define(`confCACERT', `CERT_DIR/CA.pem')dnl
define(`confCACERT_PATH', `CERT_DIR')dnl
define(`confSERVER_CERT', `CERT_DIR/{name}.pem')dnl
define(`confSERVER_KEY', `CERT_DIR/{name}.key')dnl
define(`confCLIENT_CERT', `CERT_DIR/{name}.pem')dnl
define(`confCLIENT_KEY', `CERT_DIR/{name}.key')dnl
"""


class Submission(Scenario):
    def setUp(self):
        super().setUp()
        self.certs = self.pki()
        for name in ("relay", "mx"):
            self.certs.make(name)
        sasl = self.sasl("relay.test", alice="wonderland")
        self.mx = self.signet("mx", TLS.format(certs=self.certs.folder, name="mx")
                              + "LOCAL_DOMAIN(`example.test')dnl\nFEATURE(`accept_unresolvable_domains')dnl\n")
        access = self.make_map("access", "TLS_Srv:127.0.0.1\tPERM+VERIFY:112\n")
        table = self.make_map("mailertable", f"example.test\tesmtp:[127.0.0.1]:{self.mx.port()}\n")
        self.relay = self.signet(
            "relay", TLS.format(certs=self.certs.folder, name="relay") + f"""define(`confAUTH_OPTIONS', `A p y')dnl
define(`confAUTH_MECHANISMS', `LOGIN PLAIN CRAM-MD5 DIGEST-MD5')dnl
TRUST_AUTH_MECH(`LOGIN PLAIN CRAM-MD5 DIGEST-MD5')dnl
define(`confSASL_CONF_DIR', `{sasl}')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`access_db', `hash -T<TMPF> {access}')dnl
FEATURE(`mailertable', `hash {table}')dnl
""", ports="DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MSA, M=Ea')dnl\n")

    def test_message_goes_all_the_way(self):
        with self.relay.client("MSA") as client:
            self.assertRegex(client.greeting, r"^220 relay\.test ESMTP ")
            offered = client.ehlo()
            self.assertIn("STARTTLS", offered)
            self.assertNotIn("PLAIN", offered)
            self.assertEqual(client.say("MAIL FROM:<alice@relay.test>"), "530 5.7.0 Authentication required")
            client.starttls()
            offered = client.ehlo()
            self.assertNotIn("STARTTLS", offered)
            self.assertRegex(offered, r"250-AUTH .*PLAIN")
            self.assertEqual(client.auth_plain("alice@relay.test", "wonderland"), "235 2.0.0 OK Authenticated")
            answer = client.send_mail("alice@relay.test", "bob@example.test")
            self.assertRegex(answer, r"^250 2\.0\.0 \w{8}\d{6} Message accepted for delivery$")
            client.say("QUIT")
        self.relay.wait_for(r"^STARTTLS=server, relay=.*\[127\.0\.0\.1\], version=TLSv1\.3, verify=NO, cipher=")
        self.relay.wait_for(r"^AUTH=server, relay=.*, authid=alice@relay\.test, mech=PLAIN, bits=0$")
        self.relay.wait_for(r"from=<alice@relay\.test>, size=\d+, class=0, nrcpts=1, msgid=<.*>, proto=ESMTPSA, daemon=MSA")
        self.relay.wait_for(r"^STARTTLS=client, relay=.*, version=TLSv1\.3, verify=OK, cipher=")
        self.relay.wait_for(r"to=<bob@example\.test>, .*mailer=esmtp, .*dsn=2\.0\.0, stat=Sent \(")
        self.mx.wait_for(r"^STARTTLS=server, .*verify=OK")
        self.mx.wait_for(r"to=<bob@example\.test>, .*mailer=local, .*stat=Sent$")
        text = self.mx.mailbox("bob")
        self.assertIn("verify=OK)", text)
        self.assertIn("(authenticated bits=0)", text)
        self.assertTrue(text.endswith("hello\n\n"))

    def test_wrong_password_is_refused_and_said(self):
        with self.relay.client("MSA") as client:
            client.ehlo()
            client.starttls().ehlo()
            self.assertEqual(client.auth_plain("alice@relay.test", "nope"), "535 5.7.0 authentication failed")
            self.assertTrue(client.send_mail("alice@relay.test", "bob@example.test").startswith("530"))
        self.relay.wait_for(r"AUTH failure \(PLAIN\): .*, relay=.*\[127\.0\.0\.1\]$")

    def test_next_hop_that_does_not_verify_gets_nothing(self):
        self.certs.make_ca("other", "/O=Other/CN=Other CA")
        self.certs.make("fake", ca="other")
        # Not in the relay's CA folder any more.
        (self.certs.folder / "other.pem").unlink()
        for name in ("mx.pem", "mx.key"):
            (self.certs.folder / name).write_bytes((self.certs.folder / name.replace("mx", "fake")).read_bytes())
        self.mx.reload()
        with self.relay.client("MSA") as client:
            client.ehlo()
            client.starttls().ehlo()
            client.auth_plain("alice@relay.test", "wonderland")
            self.assertTrue(client.send_mail("alice@relay.test", "bob@example.test").startswith("250"))
        self.relay.wait_for(r"^STARTTLS=client, .*verify=FAIL")
        self.relay.wait_for(r"^ruleset=tls_server, arg1=FAIL, relay=.*, reject=503 5\.7\.0 authentication failed$")
        self.relay.wait_for(r"to=<bob@example\.test>.*dsn=5\.7\.0, stat=Service unavailable")
        self.assertEqual(self.mx.mailbox("bob"), "")


if __name__ == "__main__":
    unittest.main()
