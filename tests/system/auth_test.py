"""AUTH with every mechanism, its failures, and the lines it leaves. Answers are computed here, from the RFCs."""
import base64
import hashlib
import hmac
import re
import socket
import unittest

from harness import Scenario, anybody, tls_lines

USER, PASSWORD = "alice", "wonderland"
NAMES = "LOGIN PLAIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-256 EXTERNAL"
DONE = "235 2.0.0 OK Authenticated"
REFUSED = "535 5.7.0 authentication failed"


def b64(data):
    return base64.b64encode(data.encode("latin-1") if isinstance(data, str) else data).decode()


def challenge(answer):
    if not answer.startswith("334 "):
        raise AssertionError(answer)
    return base64.b64decode(answer[4:])


def plain(client, user, password):
    return client.say(f"AUTH PLAIN {b64(chr(0) + user + chr(0) + password)}")


def plain_in_two(client, user, password):
    challenge(client.say("AUTH PLAIN"))
    return client.say(b64(f"\0{user}\0{password}"))


def login(client, user, password):
    assert challenge(client.say("AUTH LOGIN")) == b"Username:"
    assert challenge(client.say(b64(user))) == b"Password:"
    return client.say(b64(password))


def cram_md5(client, user, password):  # RFC 2195
    nonce = challenge(client.say("AUTH CRAM-MD5"))
    return client.say(b64(f"{user} {hmac.new(password.encode(), nonce, 'md5').hexdigest()}"))


def digest_md5(client, user, password):  # RFC 2831
    given = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge(client.say("AUTH DIGEST-MD5")).decode()))
    uri, cnonce = "smtp/mx.test", "0123456789abcdef"
    secret = hashlib.md5(f"{user}:{given['realm']}:{password}".encode()).digest()
    first = hashlib.md5(secret + f":{given['nonce']}:{cnonce}".encode()).hexdigest()
    second = hashlib.md5(f"AUTHENTICATE:{uri}".encode()).hexdigest()
    proof = hashlib.md5(f"{first}:{given['nonce']}:00000001:{cnonce}:auth:{second}".encode()).hexdigest()
    answer = client.say(b64(f'username="{user}",realm="{given["realm"]}",nonce="{given["nonce"]}",cnonce="{cnonce}",nc=00000001,'
                            f'qop=auth,digest-uri="{uri}",response={proof}'))
    if not answer.startswith("334 "):
        return answer
    assert challenge(answer).startswith(b"rspauth=")
    return client.say("")


def scram_sha_256(client, user, password):  # RFC 5802
    bare = f"n={user},r=fyko+d2lbbFgONRv9qkxdawL"
    answer = client.say(f"AUTH SCRAM-SHA-256 {b64('n,,' + bare)}")
    if not answer.startswith("334 "):
        return answer
    first = challenge(answer).decode()
    given = dict(part.split("=", 1) for part in first.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(given["s"]), int(given["i"]))
    final = f"c=biws,r={given['r']}"
    key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(key).digest(), f"{bare},{first},{final}".encode(), "sha256")
    answer = client.say(b64(f"{final},p={b64(bytes(a ^ b for a, b in zip(key, signature)))}"))
    if not answer.startswith("334 "):
        return answer
    assert challenge(answer).startswith(b"v=")
    return client.say("")


WAYS = {"PLAIN": plain, "LOGIN": login, "CRAM-MD5": cram_md5, "DIGEST-MD5": digest_md5, "SCRAM-SHA-256": scram_sha_256}


class Auth(Scenario):
    def setUp(self):
        super().setUp()
        self.certs = self.pki()
        self.certs.make("mx")
        self.certs.make("client")
        self.folder_of_sasl = self.sasl("mx.test", **{USER: PASSWORD})

    def mx(self, options="A p y", ports=None, mechanisms=NAMES):
        return self.signet("mx", tls_lines(self.certs, "mx") + f"""define(`confSASL_CONF_DIR', `{self.folder_of_sasl}')dnl
define(`confAUTH_MECHANISMS', `{mechanisms}')dnl
TRUST_AUTH_MECH(`{mechanisms}')dnl
define(`confAUTH_OPTIONS', `{options}')dnl
define(`confDELIVERY_MODE', `queue')dnl
FEATURE(`accept_unresolvable_domains')dnl
""", ports=ports, queue="-q1h")

    def stranger(self, daemon, tls=True, certificate=None):
        """Somebody who may relay only by AUTH."""
        client = daemon.client(source="127.0.0.2")
        self.addCleanup(client.close)
        client.ehlo()
        if tls:
            client.starttls(anybody(certificate))
            client.offered = client.ehlo()
        return client

    def test_every_mechanism(self):
        mx = self.mx()
        for tls in (True, False):
            for name, way in WAYS.items():
                with self.subTest(name, tls=tls):
                    client = self.stranger(mx, tls)
                    if not tls and name in ("PLAIN", "LOGIN"):  # option p
                        self.assertRegex(client.say(f"AUTH {name}"), rf"^504 5\.3\.3 AUTH mechanism {name} not available$")
                        continue
                    self.assertEqual(way(client, USER, PASSWORD), DONE)
                    before = len(mx.lines())
                    self.assertRegex(client.send_mail("a@sender.test", "x@far.test"), "^250 2.0.0")
                    protocol = "ESMTPSA" if tls else "ESMTPA"
                    mx.wait_for(rf"from=<a@sender\.test>, .*proto={protocol}, daemon=MTA")
                    mx.wait_for(rf"^AUTH=server, relay=.*\[127\.0\.0\.2\], authid=alice(@mx\.test)?, mech={name}, bits=0$")
                    self.assertGreaterEqual(len(mx.lines()), before)
        self.assertEqual(plain_in_two(self.stranger(mx), USER, PASSWORD), DONE)

    def test_what_is_offered(self):
        def offered(client, answer):
            return set(re.search(r"^250-AUTH (.*)$", answer, re.M)[1].split()) if "AUTH" in answer else set()
        mx = self.mx()
        with mx.client() as client:
            self.assertEqual(offered(client, client.ehlo()), {"CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-256"})
            client.starttls()
            self.assertEqual(offered(client, client.ehlo()), {*WAYS})
        with mx.client() as client:
            client.ehlo()
            client.starttls(anybody((self.certs.folder / "client.pem", self.certs.folder / "client.key")))
            self.assertEqual(offered(client, client.ehlo()), {*WAYS, "EXTERNAL"})
        mx.stop()
        mx = self.mx(ports="DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=NOAUTH, M=A')dnl\n"
                     "DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MSA, M=a')dnl\n", options="A y")
        with mx.client("NOAUTH") as client:
            self.assertEqual(offered(client, client.ehlo()), set())
            self.assertEqual(client.say("AUTH PLAIN"), "503 5.3.3 AUTH not available")
        with mx.client("MSA") as client:
            self.assertEqual(offered(client, client.ehlo()), {*WAYS})
            for command in ("MAIL FROM:<a@sender.test>", "MAIL FROM:<>"):
                self.assertEqual(client.say(command), "530 5.7.0 Authentication required")
            self.assertEqual(plain(client, USER, PASSWORD), DONE)
            self.assertRegex(client.send_mail("a@sender.test", "x@far.test"), "^250 2.0.0")

    def test_external(self):
        mx = self.mx()
        client = self.stranger(mx, certificate=(self.certs.folder / "client.pem", self.certs.folder / "client.key"))
        self.assertIn("EXTERNAL", client.offered)
        self.assertEqual(client.say("AUTH EXTERNAL ="), DONE)
        mx.wait_for(r"^AUTH=server, relay=.*, authid=/O\+3DTest/CN\+3Dclient\.test(@mx\.test)?, mech=EXTERNAL, bits=0$")
        self.assertRegex(client.send_mail("a@sender.test", "x@far.test"), "^250 2.0.0")
        # Without a certificate there is none.
        client = self.stranger(mx)
        self.assertNotIn("EXTERNAL", client.offered)
        self.assertEqual(client.say("AUTH EXTERNAL ="), "504 5.3.3 AUTH mechanism EXTERNAL not available")

    def test_refusals(self):
        mx = self.mx()
        for name, way in WAYS.items():
            for user, password in ((USER, "wrong"), ("nobody", PASSWORD), (USER, "")):
                with self.subTest(name, user=user, password=password):
                    client = self.stranger(mx)
                    self.assertEqual(way(client, user, password), REFUSED)
                    mx.wait_for(rf"^\w{{8}}\d{{6}}: AUTH failure \({name}\): .* \(-\d+\) .*, relay=.*\[127\.0\.0\.2\]$")
                    self.assertRegex(client.send_mail("a@sender.test", "x@far.test"), r"^550 5\.7\.1 ")
                    # One more try is free, and may be the right one.
                    client.say("RSET")
                    self.assertEqual(plain(client, USER, PASSWORD), DONE)
        log = "\n".join(mx.lines())
        self.assertNotIn(PASSWORD, log)
        self.assertNotIn(b64(PASSWORD), log)

    def test_exchanges_that_go_astray(self):
        mx = self.mx()
        with self.subTest("cancelled"):
            client = self.stranger(mx)
            challenge(client.say("AUTH LOGIN"))
            self.assertEqual(client.say("*"), "501 5.0.0 AUTH aborted")
            self.assertEqual(client.say("NOOP"), "250 2.0.0 OK")
        with self.subTest("twice"):
            client = self.stranger(mx)
            self.assertEqual(plain(client, USER, PASSWORD), DONE)
            self.assertEqual(client.say("AUTH PLAIN"), "503 5.5.0 Already Authenticated")
        with self.subTest("in a transaction"):
            client = self.stranger(mx)
            client.say("MAIL FROM:<a@sender.test>")
            self.assertEqual(client.say("AUTH PLAIN"), "503 5.5.0 AUTH not permitted during a mail transaction")
        with self.subTest("no base64"):
            client = self.stranger(mx)
            self.assertEqual(client.say("AUTH PLAIN !!!"), "501 5.5.4 cannot decode AUTH parameter !!!")
            challenge(client.say("AUTH LOGIN"))
            self.assertRegex(client.say("%%%"), r"^501 5\.\d\.\d ")
            self.assertEqual(client.say("NOOP"), "250 2.0.0 OK")
        with self.subTest("no mechanism"):
            client = self.stranger(mx)
            self.assertEqual(client.say("AUTH"), "501 5.5.2 AUTH mechanism must be specified")
            self.assertEqual(client.say("AUTH GSSAPI-9 x"), "504 5.3.3 AUTH mechanism GSSAPI-9 not available")
            self.assertEqual(client.say("AUTH ANONYMOUS x"), "504 5.3.3 AUTH mechanism ANONYMOUS not available")
        with self.subTest("too long"):
            client = self.stranger(mx)
            challenge(client.say("AUTH PLAIN"))
            self.assertEqual(client.say("A" * 12300), "500 5.5.6 Authentication exchange line is too long")
            self.assertEqual(client.say("NOOP"), "250 2.0.0 OK")
        with self.subTest("long names"):
            for user, password in (("u" * 2000, "p"), (USER, "p" * 5000), ("a\0b", "c"), ("\xff\xfe", "\xff"), ("", "")):
                client = self.stranger(mx)
                self.assertRegex(plain(client, user, password), "^(535|501) 5")
                self.assertEqual(client.say("NOOP"), "250 2.0.0 OK")
        with self.subTest("gone in the middle"):
            client = self.stranger(mx)
            challenge(client.say("AUTH DIGEST-MD5"))
            client.close()
        with self.subTest("commands behind it wait"):
            client = self.stranger(mx)
            client.send(f"AUTH PLAIN {b64(chr(0) + USER + chr(0) + PASSWORD)}\r\nMAIL FROM:<a@sender.test>\r\nRCPT TO:<x@far.test>\r\n")
            self.assertEqual(client.reply(), DONE)
            self.assertRegex(client.reply(), "^250 2.1.0")
            self.assertRegex(client.reply(), "^250 2.1.5")

    def test_a_check_that_hangs_does_not_keep_the_daemon_from_ending(self):
        folder = self.folder / "silent"
        folder.mkdir(mode=0o755)
        silent = socket.socket(socket.AF_UNIX)
        self.addCleanup(silent.close)
        silent.bind(str(folder / "mux"))
        (folder / "mux").chmod(0o777)
        silent.listen()
        (folder / "Sendmail.conf").write_text(f"pwcheck_method: saslauthd\nsaslauthd_path: {folder}/mux\nmech_list: PLAIN LOGIN\n")
        mx = self.signet("mx", f"define(`confSASL_CONF_DIR', `{folder}')dnl\ndefine(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl\n")
        with mx.client() as client:
            client.ehlo()
            client.send("AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n")
            asked, _ = silent.accept()
        self.addCleanup(asked.close)  # held open, never answered
        mx.stop()
        self.assertTrue(any("stopping daemon" in line for line in mx.lines()))

    def test_another_identity_is_not_taken(self):
        mx = self.mx()
        client = self.stranger(mx)
        self.assertEqual(client.say(f"AUTH PLAIN {b64(chr(0).join(('bob', USER, PASSWORD)))}"), REFUSED)
        client = self.stranger(mx)
        self.assertEqual(client.say(f"AUTH PLAIN {b64(chr(0).join((USER, USER, PASSWORD)))}"), DONE)


if __name__ == "__main__":
    unittest.main()
