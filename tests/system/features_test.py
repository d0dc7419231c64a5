"""What the access map changes for one client or server: Srv_Features, TLS settings by host, pauses and limits."""
import re
import unittest

from harness import LOCAL, Client, Scenario, anybody, server_context, tls_lines, wait_until

RULES = """Srv_Features:127.0.0.40\tS
Srv_Features:127.0.0.41\tV P
Srv_Features:127.0.0.42\tl A
Srv_Features:127.0.0.43\te x H
TLS_Srv_Features:127.0.0.50\tOptions=SSL_OP_NO_TLSv1_3
TLS_Srv_Features:127.0.0.51\tgarbage
TLS_Srv_Features:127.0.0.52\tCertFile={certs}/other.pem; KeyFile={certs}/other.key
TLS_Srv_Features:127.0.0.53\tCertFile={certs}/other.pem; KeyFile={certs}/open.key
GreetPause:127.0.0.60\t300000
GreetPause:127.0.0.61\t1
ClientConn:127.0.0.70\t2
ClientRate:127.0.0.71\t2
"""
SITE = """FEATURE(`access_db', `hash {map}')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`tls_session_features')dnl
FEATURE(`greet_pause', `0')dnl
FEATURE(`ratecontrol')dnl
FEATURE(`conncontrol', , `terminate')dnl
define(`confLOG_LEVEL', `12')dnl
"""


class Features(Scenario):
    def setUp(self):
        super().setUp()
        self.certs = self.pki()
        self.certs.make("mx")
        self.certs.make("other")
        self.certs.make("open")
        (self.certs.folder / "open.key").chmod(0o644)
        self.rules = self.make_map("access", RULES.format(certs=self.certs.folder))

    def mx(self, more=""):
        return self.signet("mx", tls_lines(self.certs, "mx") + SITE.format(map=self.rules) + more, queue="-q1h")

    def test_srv_features(self):
        folder = self.sasl("mx.test", bob="secret")
        mx = self.mx(f"define(`confSASL_CONF_DIR', `{folder}')dnl\n"
                     "define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl\n")
        with mx.client() as client:
            self.assertRegex(client.ehlo(), r"(?s)PIPELINING.*AUTH.*STARTTLS")
        with mx.client(source="127.0.0.40") as client:
            self.assertNotIn("STARTTLS", client.ehlo())
            self.assertEqual(client.say("STARTTLS"), "503 5.5.0 TLS not available")
        with mx.client(source="127.0.0.41") as client:
            self.assertNotIn("PIPELINING", client.ehlo())
            client.starttls(anybody(self.certs.make("client")))
            client.ehlo()
        mx.wait_for(r"STARTTLS=server, relay=.*\[127\.0\.0\.41\].*, verify=NOT,")
        with mx.client(source="127.0.0.42") as client:
            self.assertNotIn("AUTH", client.ehlo())
            self.assertEqual(client.say("AUTH PLAIN"), "503 5.3.3 AUTH not available")
            self.assertEqual(client.say("MAIL FROM:<a@b.test>"), "530 5.7.0 Authentication required")
        with mx.client(source="127.0.0.43") as client:
            self.assertEqual(client.say("GET / HTTP/1.0"), '500 5.5.1 Command unrecognized: "GET / HTTP/1.0"')
        mx.wait_for(r"srv_features: not available here: e of access:Srv_Features:127\.0\.0\.43")

    def test_tls_settings_of_a_client(self):
        mx = self.mx()
        with mx.client(source="127.0.0.50") as client:
            client.ehlo()
            client.starttls()
            self.assertEqual(client.socket.version(), "TLSv1.2")
        with mx.client(source="127.0.0.51") as client:
            client.ehlo()
            self.assertEqual(client.say("STARTTLS"), "454 4.3.3 TLS currently not available")
            # The session goes on.
            self.assertEqual(client.send_mail("a@b.test", "alice@mx.test")[:3], "250")
        mx.wait_for(r"tls_srv_features=invalid_syntax, opt=garbage, relay=\S+ \[127\.0\.0\.51\]$")
        with mx.client(source="127.0.0.52") as client:
            client.ehlo()
            client.starttls()
            self.assertIn(b"other.test", client.socket.getpeercert(True))
        with mx.client() as client:
            client.ehlo()
            client.starttls()
            self.assertNotIn(b"other.test", client.socket.getpeercert(True))
        with mx.client(source="127.0.0.53") as client:
            client.ehlo()
            self.assertEqual(client.say("STARTTLS"), "454 4.3.3 TLS currently not available")
        mx.wait_for(r"STARTTLS=server, error: file \S+/open\.key unsafe: World readable file")

    def test_who_does_not_wait_for_the_greeting_is_no_mail_server(self):
        mx = self.mx()
        with Client(mx.port(), greet=False, source="127.0.0.61") as patient:
            self.assertEqual(patient.reply()[:3], "220")
        with Client(mx.port(), greet=False, source="127.0.0.60") as waiting:
            with Client(mx.port(), greet=False, source="127.0.0.60") as other:
                other.send("EHLO early.test\r\n")
                mx.wait_for(r"connect from .*\[127\.0\.0\.60\]", 2)
            waiting.socket.settimeout(0.3)
            with self.assertRaises(OSError):
                waiting.socket.recv(1)

    def test_early_talk_within_the_pause(self):
        pause = self.make_map("pause", "GreetPause:127.0.0\t60000\n")
        mx = self.signet("mx", SITE.format(map=pause), queue="-q1h")
        for count in (1, 2):
            with self.subTest(count), Client(mx.port(), greet=False) as client:
                if count == 2:
                    mx.wait_for(r"connect from ", count)  # the pause has begun
                client.send("EHLO early.test\r\n")
                self.assertEqual(client.reply(), "554 mx.test ESMTP not accepting messages")
                client.reply()
                self.assertEqual(client.say("MAIL FROM:<a@b.test>"), "550 5.0.0 Command rejected")

    def test_who_leaves_within_the_pause_takes_no_place(self):
        pause = self.make_map("pause", "GreetPause:127.0.0\t60000\n")
        mx = self.signet("mx", "define(`confMAX_DAEMON_CHILDREN', `1')dnl\n" + SITE.format(map=pause), queue="-q1h")
        def is_taken():
            with Client(mx.port(), greet=False, source="127.0.0.2") as client:
                client.send("QUIT\r\n")
                return client.reply()[:3] == "554"
        with Client(mx.port(), greet=False, source="127.0.0.2"):
            mx.wait_for(r"connect from .*\[127\.0\.0\.2\]")
            self.assertFalse(is_taken())
        wait_until("a place", is_taken)

    def test_too_many_connections(self):
        mx = self.mx()
        with mx.client(source="127.0.0.70"), mx.client(source="127.0.0.70"):
            with mx.client(source="127.0.0.70") as third:
                self.assertEqual(third.greeting, "421 4.3.2 Too many open connections.")
            with mx.client(source="127.0.0.73") as another:
                self.assertEqual(another.greeting[:3], "220")
        # Places are free again.
        def free():
            with mx.client(source="127.0.0.70") as client:
                return client.greeting.startswith("220")
        wait_until("a place", free)
        mx.wait_for(r"ruleset=check_relay, arg1=\S+, arg2=127\.0\.0\.70, relay=.*, reject=421 4\.3\.2 Too many open connections\.")

    def test_too_many_connections_in_a_minute(self):
        mx = self.mx()
        for _ in range(2):
            with mx.client(source="127.0.0.71") as client:
                self.assertEqual(client.send_mail("a@b.test", "alice@mx.test")[:3], "250")
        with mx.client(source="127.0.0.71") as client:
            self.assertEqual(client.greeting[:3], "220")
            client.ehlo()
            self.assertEqual(client.say("MAIL FROM:<a@b.test>"), "452 4.3.2 Connection rate limit exceeded.")

    def test_client_options(self):
        mx = self.signet("mx", tls_lines(self.certs, "mx") + SITE.format(map=self.rules))
        def relay(name, options):
            relay = self.signet(name, tls_lines(self.certs, "other") + "FEATURE(`accept_unresolvable_domains')dnl\n" + options +
                                f"define(`SMART_HOST', `esmtp:[127.0.0.1]')dnl\ndefine(`ESMTP_MAILER_ARGS', `TCP $h {mx.port()}')dnl\n")
            with relay.client() as client:
                client.ehlo()
                client.send_mail(f"{name}@b.test", "alice@mx.test")
        relay("from", "CLIENT_OPTIONS(`Family=inet, Addr=127.0.0.77')dnl\n")
        mx.wait_for(r"STARTTLS=server, relay=\[127\.0\.0\.77\],.*verify=OK")
        mx.wait_for(r"from=<from@b\.test>.*proto=ESMTPS, daemon=MTA, relay=\[127\.0\.0\.77\]")
        relay("clear", "CLIENT_OPTIONS(`Family=inet6, Addr=::1')dnl\nCLIENT_OPTIONS(`Family=inet, M=S')dnl\n")
        mx.wait_for(rf"from=<clear@b\.test>.*proto=ESMTP, daemon=MTA, relay={re.escape(LOCAL)} \[127\.0\.0\.1\]")

    def test_tls_settings_of_a_next_hop(self):
        hop = self.next_hop(tls=server_context(self.certs.make("hop"), self.certs.ca))
        rules = self.make_map("out", f"TLS_Clt_Features:127.0.0.1\tOptions=SSL_OP_NO_TLSv1_3; CertFile={self.certs.folder}/other.pem; "
                                     f"KeyFile={self.certs.folder}/other.key\n")
        relay = self.signet("relay", tls_lines(self.certs, "mx") + SITE.format(map=rules) +
                            f"define(`SMART_HOST', `esmtp:[127.0.0.1]')dnl\ndefine(`ESMTP_MAILER_ARGS', `TCP $h {hop.port}')dnl\n")
        with relay.client() as client:
            client.ehlo()
            client.send_mail("a@b.test", "x@far.test")
        hop.wait()
        relay.wait_for(r"STARTTLS=client, relay=\[127\.0\.0\.1\].*, version=TLSv1\.2,")
        self.assertIn(b"other.test", hop.handshakes[0][1])


if __name__ == "__main__":
    unittest.main()
