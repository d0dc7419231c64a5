"""TLS and AUTH toward next hops: what verify= says of each kind of server, and what the access map makes of it."""
import base64
import ssl
import unittest

from harness import Scenario, server_context

SITE = """FEATURE(`accept_unresolvable_domains')dnl
define(`confLOG_LEVEL', `14')dnl
define(`confCACERT', `{certs}/CA.pem')dnl
define(`confCACERT_PATH', `{certs}')dnl
define(`confCLIENT_CERT', `{certs}/relay.pem')dnl
define(`confCLIENT_KEY', `{certs}/relay.key')dnl
define(`ESMTP_MAILER_ARGS', `TCP $h {port}')dnl
FEATURE(`access_db', `hash -T<TMPF> {access}')dnl
"""

# Kind of server, rule for it in the access map ("": none), arg1= of the rejection (None: mail goes through),
# the reply in it.
REQUIREMENTS = [
    ("ok", "", None, ""),
    ("ok", "VERIFY", None, ""),
    ("ok", "PERM+VERIFY:256", None, ""),
    ("ok", "ENCR:112", None, ""),
    ("ok", "VERIFY:112+CN:ok.test", None, ""),
    ("ok", "PERM+ENCR:512", "OK", "503 5.7.0 encryption too weak 256 less than 512"),
    ("ok", "TEMP+VERIFY+CN:other", "OK", "403 4.7.0 CN ok.test does not match other"),
    ("ok", "VERIFY+CI:/O+3DNobody", "OK", None),
    ("fail", "", None, ""),
    ("fail", "ENCR:112", None, ""),
    ("fail", "VERIFY", "FAIL", "454 4.7.0 authentication failed"),
    ("fail", "PERM+VERIFY", "FAIL", "503 5.7.0 authentication failed"),
    ("fail", "TEMP+VERIFY", "FAIL", "403 4.7.0 authentication failed"),
    ("purpose", "", None, ""),
    ("purpose", "PERM+VERIFY", "FAIL", "503 5.7.0 authentication failed"),
    ("expired", "", None, ""),
    ("expired", "VERIFY", "FAIL", "454 4.7.0 authentication failed"),
    ("old", "VERIFY:128", None, ""),
    ("none", "", None, ""),
    ("none", "PERM+VERIFY", "NONE", "503 5.7.0 other side does not support STARTTLS"),
    ("none", "ENCR:112", "NONE", "454 4.7.0 encryption too weak 0 less than 112"),
    ("refuses", "", None, ""),
    ("refuses", "TEMP+VERIFY", "NONE", "403 4.7.0 other side does not support STARTTLS"),
    ("later", "", None, ""),
    ("later", "VERIFY", "TEMP", "454 4.7.0 authentication failure "),
    ("later", "PERM+VERIFY", "TEMP", "503 5.7.0 authentication failure "),
    ("later", "PERM+ENCR:1", "TEMP", "503 5.7.0 encryption too weak 0 less than 1"),
    ("anonymous", "", "SOFTWARE", "454 4.7.0 TLS handshake failed."),
    ("garbage", "", "SOFTWARE", "454 4.7.0 TLS handshake failed."),
    ("garbage", "PERM+VERIFY", "SOFTWARE", "503 5.7.0 TLS handshake failed."),
    ("garbage", "TEMP+ENCR:1", "SOFTWARE", "403 4.7.0 TLS handshake failed."),
    ("injects", "", "PROTOCOL", "454 4.7.0 STARTTLS failed."),
    ("injects", "PERM+ENCR:1", "PROTOCOL", "503 5.7.0 STARTTLS failed."),
    ("strange", "", "PROTOCOL", "454 4.7.0 STARTTLS failed."),
]


def garbage(connection, _):
    connection.sendall(b"220 2.0.0 go\r\n")
    connection.recv(4096)
    connection.sendall(b"this is no handshake\r\n")


def strange(connection, _):
    connection.sendall(b"354 what\r\n")


def injects(connection, _):
    connection.sendall(b"220 2.0.0 go\r\n250-injected\r\n250 AUTH PLAIN\r\n")


def anonymous_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return context


class ClientTls(Scenario):
    def setUp(self):
        super().setUp()
        self.certs = self.pki()
        self.certs.make_ca("other", "/O=Other/CN=Other CA")
        self.certs.make("relay")
        self.contexts = {
            "ok": server_context(self.certs.make("ok", subject="/O=Test/CN=ok.test"), self.certs.ca),
            "fail": server_context(self.certs.make("fail", ca="other")),
            "purpose": server_context(self.certs.make("purpose", usage="clientAuth")),
            "expired": server_context(self.certs.make("expired", days=-1)),
            "old": server_context(self.certs.make("old")),
            "anonymous": anonymous_context(),
        }
        self.contexts["old"].maximum_version = ssl.TLSVersion.TLSv1_2
        (self.certs.folder / "other.pem").unlink()
        offered = ("PIPELINING", "8BITMIME", "SIZE", "STARTTLS")
        self.options = {
            **{kind: {"tls": context} for kind, context in self.contexts.items()},
            "none": {},
            "refuses": {"keywords": offered, "replies": {"STARTTLS": "554 5.3.3 not here"}},
            "later": {"keywords": offered, "replies": {"STARTTLS": "454 4.3.3 not now"}},
            "strange": {"keywords": offered, "replies": {"STARTTLS": strange}},
            "garbage": {"keywords": offered, "replies": {"STARTTLS": garbage}},
            "injects": {"keywords": offered, "replies": {"STARTTLS": injects}},
        }
        self.zone, self.hops, self.rules = {}, {}, []

    def hop(self, kind, **more):
        """The server of this kind, at an address of its own; all have one port."""
        if kind not in self.hops:
            first = next(iter(self.hops.values()), None)
            self.hops[kind] = self.next_hop(address=f"127.0.4.{len(self.hops) + 1}", port=first.port if first else 0,
                                            **(self.options[kind] | more))
        return self.hops[kind]

    def host(self, name, kind, *rules, **more):
        """A name for the server of this kind, so that it can have rules of its own."""
        self.hop(kind, **more)
        self.zone[name] = f"A 127.0.4.{list(self.hops).index(kind) + 1}"
        self.rules += rules

    def start(self, more=""):
        names = self.name_server(self.zone)
        access = self.make_map("access", "".join(rule + "\n" for rule in self.rules))
        port = next(iter(self.hops.values())).port
        self.relay = self.signet("relay", names.mc() + more + SITE.format(certs=self.certs.folder, port=port, access=access),
                                 queue="-q30m")
        self.client = self.relay.client()
        self.addCleanup(self.client.close)
        self.client.ehlo()

    def send(self, recipient):
        answer = self.client.send_mail("alice@relay.test", recipient)
        self.assertTrue(answer.startswith("250"), answer)

    def outcome(self, recipient):
        return self.relay.wait_for(rf"to=<{recipient}>,.* mailer=esmtp, .*dsn=([\d.]+),(?: reply=.*,)? stat=(.*)$").groups()

    def test_requirements_of_the_access_map(self):
        named = [(f"h{i}.test", *line) for i, line in enumerate(REQUIREMENTS)]
        for name, kind, rule, _, _ in named:
            self.host(name, kind, *([f"TLS_Srv:{name}\t{rule}"] if rule else []))
        self.start()
        for name, *_ in named:
            self.send(f"u@{name}")
        for name, kind, rule, refused, reply in named:
            with self.subTest(kind=kind, rule=rule):
                dsn, stat = self.outcome(f"u@{name}")
                lines = [line for line in self.relay.lines() if f" relay={name}, reject=" in line]
                if refused is None:
                    self.assertEqual(lines, [])
                    self.assertEqual(dsn, "2.0.0")
                    continue
                self.assertEqual(len(lines), 1, lines)
                self.assertTrue(lines[0].startswith(f"ruleset=tls_server, arg1={refused}, relay={name}, reject="), lines)
                if reply is not None:
                    self.assertEqual(lines[0].split("reject=")[1].rstrip(), reply.rstrip())
                    self.assertEqual(dsn, reply.split()[1])
                    self.assertEqual(stat.rstrip(), "Service unavailable" if reply[0] == "5" else f"Deferred: {reply}".rstrip())
                self.assertNotIn(f"u@{name}", str(self.hops[kind].messages))
        first = named[0][0]
        self.relay.wait_for(rf"^STARTTLS=client, relay={first}\., version=TLSv1\.3, verify=OK, "
                            r"cipher=TLS_AES_256_GCM_SHA384, bits=256/256$")
        self.relay.wait_for(r"^STARTTLS=client, cert-subject=/O=Test/CN=ok\.test, cert-issuer=/O=Test/CN=Test\+20CA, verifymsg=ok$")
        self.relay.wait_for(r"^STARTTLS=client, relay=h8\.test\., version=TLSv1\.3, verify=FAIL, cipher=\S+, bits=256/256$")
        for words in ("unsuitable certificate purpose", "certificate has expired", "unable to get local issuer certificate"):
            self.relay.wait_for(rf"^STARTTLS=client, cert-subject=.*, cert-issuer=.*, verifymsg={words}$")
        self.relay.wait_for(r"^STARTTLS=client, relay=\S+, version=TLSv1\.2, verify=OK, cipher=ECDHE-ECDSA-AES256-GCM-SHA384, bits=256/256$")
        self.relay.wait_for(r"^STARTTLS=client, error: connect failed=-1, reason=wrong version number, SSL_error=1, errno=0, retry=-1$")
        certificates = [shown for _, shown in self.hops["ok"].handshakes]
        self.assertTrue(certificates and all(certificates), "the client showed its certificate")
        # Nothing of what was injected behind the 220 was believed, and nothing was said to whom had put it there.
        said = [line.split()[0] for line in self.hops["injects"].commands]
        self.assertEqual({word for word in said if word in ("AUTH", "MAIL", "RCPT", "DATA")}, set())

    def test_try_tls_no_means_clear_text(self):
        self.host("plain.test", "ok", "Try_TLS:plain.test\tNO")
        self.host("both.test", "ok", "Try_TLS:both.test\tNO", "TLS_Srv:both.test\tPERM+VERIFY")
        self.start()
        self.send("u@plain.test")
        self.send("u@both.test")
        self.assertEqual(self.outcome("u@plain.test")[0], "2.0.0")
        self.relay.wait_for(r"^ruleset=try_tls, arg1=plain\.test, relay=plain\.test, reject=550 5\.7\.1 ")
        self.assertEqual(self.outcome("u@both.test"), ("5.7.0", "Service unavailable"))
        self.relay.wait_for(r"^ruleset=tls_server, arg1=NONE, relay=both\.test, reject=503 5\.7\.0 other side does not support STARTTLS$")
        self.assertNotIn("STARTTLS", self.hops["ok"].commands)

    def test_recipients_may_demand_tls(self):
        self.host("rcpt.test", "fail", "TLS_Rcpt:strict@rcpt.test\tVERIFY", "TLS_Rcpt:never@rcpt.test\tPERM+VERIFY")
        self.start()
        self.send([f"{user}@rcpt.test" for user in ("easy", "strict", "never")])
        self.assertEqual(self.outcome("easy@rcpt.test")[0], "2.0.0")
        self.assertEqual(self.outcome("strict@rcpt.test"), ("4.2.0", "Deferred"))
        self.assertEqual(self.outcome("never@rcpt.test"), ("5.5.2", "Data format error"))
        self.relay.wait_for(r"ruleset=tls_rcpt, arg1=<?strict@rcpt\.test>?, relay=rcpt\.test\.?, reject=454 4\.7\.0 authentication failed$")
        self.assertEqual([recipients for _, recipients, _ in self.hops["fail"].messages], [["easy@rcpt.test"]])

    def test_server_without_certificate(self):
        self.host("easy.test", "anonymous", "TLS_Srv:easy.test\tENCR:112")
        self.host("strict.test", "anonymous", "TLS_Srv:strict.test\tPERM+VERIFY")
        self.start("define(`confCIPHER_LIST', `ALL:aNULL')dnl\n")
        self.send("u@easy.test")
        self.send("u@strict.test")
        self.assertEqual(self.outcome("u@easy.test")[0], "2.0.0")
        self.relay.wait_for(r"^STARTTLS=client, relay=easy\.test\., version=TLSv1\.2, verify=NO, cipher=AECDH-AES256-SHA, bits=256/256$")
        self.assertEqual(self.outcome("u@strict.test"), ("5.7.0", "Service unavailable"))
        self.relay.wait_for(r"^ruleset=tls_server, arg1=NO, relay=strict\.test, reject=503 5\.7\.0 not authenticated$")

    def test_server_that_refuses_our_certificate(self):
        # With TLS 1.3 it says so when for us the handshake is over already.
        self.certs.make_ca("picky-ca", "/O=Picky/CN=Picky CA")
        context = server_context(self.certs.make("picky"), self.certs.folder / "picky-ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self.options["picky"] = {"tls": context}
        self.host("picky.test", "picky")
        self.start()
        self.send("u@picky.test")
        self.assertEqual(self.outcome("u@picky.test"), ("4.4.2", "Deferred: Connection reset by picky.test."))
        self.relay.wait_for(r"^STARTTLS: read error=generic SSL error \(-1\), errno=0, get_error=TLS: tlsv1 alert unknown ca, ")

    def test_fallback_to_clear(self):
        self.host("easy.test", "garbage")
        self.host("strict.test", "garbage", "TLS_Srv:strict.test\tPERM+VERIFY")
        self.start("define(`confTLS_FALLBACK_TO_CLEAR', `true')dnl\n")
        self.send("u@easy.test")
        self.send("u@strict.test")
        self.assertEqual(self.outcome("u@easy.test")[0], "2.0.0")
        self.assertEqual(self.outcome("u@strict.test"), ("5.7.0", "Service unavailable"))
        self.relay.wait_for(r"^ruleset=tls_server, arg1=CLEAR, relay=strict\.test, reject=503 5\.7\.0 STARTTLS disabled locally$")
        self.assertEqual([recipients for _, recipients, _ in self.hops["garbage"].messages], [["u@easy.test"]])

    def test_sessions_are_resumed(self):
        def closes(connection, _):
            connection.sendall(b"250 2.0.0 ok\r\n421 4.3.2 enough\r\n")
        self.host("again.test", "ok", replies={".": closes})
        self.start()
        for i in range(3):
            self.send(f"u{i}@again.test")
            self.assertEqual(self.outcome(f"u{i}@again.test")[0], "2.0.0")
        self.relay.wait_for(r"^STARTTLS=client, relay=again\.test\., version=TLSv1\.3, verify=OK, ", count=3)
        self.assertEqual([reused for reused, _ in self.hops["ok"].handshakes], [False, True, True])

    def test_authentication(self):
        def judge(connection, line):
            words = line.split()
            right = base64.b64encode(b"bob\0bob\0secret").decode(), base64.b64encode(b"\0bob\0secret").decode()
            return "235 2.7.0 welcome" if words[-1] in right else "535 5.7.8 wrong"
        secrets = "AuthInfo:{}\t\"U:bob\" \"I:bob\" \"P:{}\" \"M:{}\""
        self.host("right.test", "ok", secrets.format("right.test", "secret", "PLAIN"), replies={"AUTH": judge},
                  under_tls=("AUTH PLAIN LOGIN",))
        self.host("wrong.test", "ok", secrets.format("wrong.test", "guess", "PLAIN"))
        self.host("unknown.test", "ok")
        self.host("clear.test", "none", secrets.format("clear.test", "secret", "PLAIN LOGIN"), replies={"AUTH": judge},
                  keywords=("AUTH PLAIN LOGIN",))
        self.start()
        for name in ("right", "wrong", "unknown", "clear"):
            self.send(f"u@{name}.test")
        self.assertEqual(self.outcome("u@right.test")[0], "2.0.0")
        self.relay.wait_for(r"^AUTH=client, relay=right\.test\., mech=PLAIN, bits=0$")
        self.assertEqual(self.outcome("u@unknown.test")[0], "2.0.0")
        self.relay.wait_for(r"^AUTH=client, relay=unknown\.test\., mech=, bits=0$")
        dsn, stat = self.outcome("u@wrong.test")
        self.assertEqual(dsn, "4.7.0")
        self.assertTrue(stat.startswith("Deferred: "), stat)
        dsn, stat = self.outcome("u@clear.test")
        self.assertEqual(dsn[0], "4")
        self.assertEqual([line for line in self.hops["none"].commands if line.startswith("AUTH")], [])
        self.assertNotIn("secret", "\n".join(self.relay.lines()))
        self.assertNotIn("guess", "\n".join(self.relay.lines()))


if __name__ == "__main__":
    unittest.main()
