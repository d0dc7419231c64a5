"""TLS as a server: what clients prove, what is asked of them, keys and certificates that change, clients that misbehave."""
import re
import shutil
import socket
import ssl
import subprocess
import unittest
import warnings

from harness import Client, Scenario, anybody, run, tls_lines, wait_until

RULES = """TLS_Clt:127.0.0.30\tVERIFY
TLS_Clt:127.0.0.31\tVERIFY:112
TLS_Clt:127.0.0.32\tENCR:112
TLS_Clt:127.0.0.33\tENCR:512
TLS_Clt:127.0.0.34\tPERM+VERIFY
TLS_Clt:127.0.0.35\tTEMP+VERIFY
TLS_Clt:127.0.0.36\tVERIFY+CN:client.test
TLS_Clt:127.0.0.37\tVERIFY+CN:other.test
TLS_Clt:127.0.0.38\tPERM+VERIFY+CI:/O=Test/CN=Test+20CA ++ CS:/O=Test/CN=client.test
TLS_Clt:127.0.0.39\tPERM+VERIFY+CI:/O=Else/CN=Else
"""
OPEN = "FEATURE(`accept_unresolvable_domains')dnl\n"
TWO_PORTS = ("DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MTA')dnl\n"
             "DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=TLSMTA, M=s')dnl\n")
LEVEL = "define(`confLOG_LEVEL', `12')dnl\n"


def version_context(version, certificate=None, ciphers=None):
    context = anybody(certificate)
    context.set_ciphers(ciphers or "ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # versions that are refused are deprecated, too
        context.minimum_version = context.maximum_version = version
    return context


class TlsServer(Scenario):
    def setUp(self):
        super().setUp()
        self.certs = self.pki()
        self.certs.make("mx")

    def pair(self, name):
        return self.certs.folder / f"{name}.pem", self.certs.folder / f"{name}.key"

    def make_clients(self):
        self.certs.make("client")
        self.certs.make("expired", days=-1)
        self.certs.make("purpose", usage="serverAuth")
        for name in ("other", "self"):
            self.certs.make_ca(name, f"/O=Else/CN={name}.test")
        self.certs.make("unknown", ca="other")
        # Certificates shown, not trusted.
        for name in ("other", "self"):
            moved = self.folder / f"{name}.pem"
            shutil.move(self.certs.folder / f"{name}.pem", moved)
            shutil.copy(self.certs.folder / f"{name}.key", self.folder / f"{name}.key")
        run("openssl", "rehash", self.certs.folder)

    def mx(self, mc="", **more):
        return self.signet("mx", tls_lines(self.certs, "mx") + LEVEL + OPEN + mc, queue="-q1h", **more)

    def test_what_a_certificate_proves(self):
        self.make_clients()
        mx = self.mx()
        versions = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
        table = [("none", None, "NO", "ok"), ("trusted", self.pair("client"), "OK", "ok"),
                 ("unknown CA", self.pair("unknown"), "FAIL", "unable to get local issuer certificate"),
                 ("self-signed", (self.folder / "self.pem", self.folder / "self.key"), "FAIL", "self-signed certificate"),
                 ("expired", self.pair("expired"), "FAIL", "certificate has expired"),
                 ("for servers only", self.pair("purpose"), "FAIL", "unsuitable certificate purpose")]
        count = 0
        for what, certificate, verify, message in table:
            for name, version in versions.items():
                with self.subTest(what, version=name), mx.client() as client:
                    client.ehlo()
                    client.starttls(version_context(version, certificate)).ehlo()
                    count += 1
                    line = mx.wait_for(r"^STARTTLS=server, relay=(.*), version=(.*), verify=(.*), cipher=(\S+), bits=(.*)$", count)
                    self.assertEqual(line[2], name)
                    self.assertEqual(line[3], verify)
                    self.assertEqual((line[4], line[5]), (client.socket.cipher()[0], "{0}/{0}".format(client.socket.cipher()[2])))
                    line = mx.wait_for(r"^STARTTLS=server, cert-subject=(.*), cert-issuer=(.*), verifymsg=(.*)$", count)
                    self.assertEqual(line[3], message)
                    # Whatever it proved: mail is taken, and says so.
                    self.assertRegex(client.send_mail("a@sender.test", "alice@mx.test"), "^250 2.0.0")
                    wait_until("mail", lambda n=count: mx.mailbox("alice").count("\nSubject: test") == n)
                    self.assertIn(f"(version={name} cipher={client.socket.cipher()[0]} bits={client.socket.cipher()[2]} "
                                  f"verify={verify})", re.sub(r"\s+", " ", mx.mailbox("alice")))

    def test_fingerprint_of_the_chosen_digest(self):
        self.make_clients()
        form = 'define(`confRECEIVED_HEADER\', `$?{cert_fp}fp=${cert_fp} $.$?{cert_md5}md5=${cert_md5} $.by $j; $b\')dnl\n'
        for host, algorithm, want in ("one", "sha256", "fp"), ("two", "md5", "fp"), ("three", "", "md5"):
            with self.subTest(algorithm):
                wish = f"define(`confCERT_FINGERPRINT_ALGORITHM', `{algorithm}')dnl\n" if algorithm else ""
                mx = self.signet(host, tls_lines(self.certs, "mx") + OPEN + wish + form)
                with mx.client() as client:
                    client.ehlo()
                    client.starttls(anybody(self.pair("client"))).ehlo()
                    client.send_mail("a@sender.test", f"alice@{host}.test")
                wait_until("mail", lambda one=mx: "\nSubject: test" in one.mailbox("alice"))
                digest = algorithm or "md5"
                printed = run("openssl", "x509", "-in", self.pair("client")[0], "-noout", "-fingerprint", f"-{digest}").stdout
                fingerprint = printed.strip().partition("=")[2]
                self.assertRegex(mx.mailbox("alice"), rf"Received: {want}={fingerprint} by {host}\.test;")

    def test_client_certificates_are_not_asked_for(self):
        self.certs.make("client")
        mx = self.mx("define(`confTLS_SRV_OPTIONS', `V')dnl\n")
        with mx.client() as client:
            client.ehlo()
            client.starttls(anybody(self.pair("client"))).ehlo()
        mx.wait_for(r"^STARTTLS=server, .*verify=NOT,")

    def test_old_versions_are_refused(self):
        mx = self.mx(ports=TWO_PORTS)
        for count, version in enumerate((ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1), 1):
            with self.subTest(version), mx.client() as client:
                client.ehlo()
                with self.assertRaises((ssl.SSLError, ConnectionError)):
                    client.starttls(version_context(version))
                mx.wait_for(r"^STARTTLS=server, error: accept failed=-1, reason=.*, SSL_error=1, errno=0, retry=-1, "
                            r"relay=.*\[127\.0\.0\.1\]$", count)

    def test_rules_for_clients(self):
        self.make_clients()
        mx = self.mx(f"FEATURE(`access_db', `hash -T<TMPF> {self.make_map('access', RULES)}')dnl\n")
        good, bad = self.pair("client"), self.pair("unknown")
        clear = "clear"
        table = [
            (30, clear, "454 4.7.0 authentication required"), (30, None, "454 4.7.0 not authenticated"),
            (30, bad, "454 4.7.0 authentication failed"), (30, good, "250"),
            (31, good, "250"), (31, None, "454 4.7.0 not authenticated"),
            (32, clear, "454 4.7.0 encryption too weak 0 less than 112"), (32, None, "250"), (32, bad, "250"),
            (33, good, "454 4.7.0 encryption too weak 256 less than 512"),
            (34, clear, "503 5.7.0 authentication required"), (34, None, "503 5.7.0 not authenticated"), (34, good, "250"),
            (35, bad, "403 4.7.0 authentication failed"), (35, good, "250"),
            (36, good, "250"), (36, bad, "454 4.7.0 authentication failed"),
            (37, good, "454 4.7.0 CN client.test does not match other.test"),
            (38, good, "250"), (39, good, "503 5.7.0 Cert Issuer /O=Test/CN=Test+20CA does not match /O=Else/CN=Else"),
            (2, clear, "250"), (2, bad, "250"),
        ]
        for last, certificate, expected in table:
            with self.subTest(last, certificate=certificate), mx.client(source=f"127.0.0.{last}") as client:
                client.ehlo()
                if certificate != clear:
                    client.starttls(anybody(certificate))
                    offered = client.ehlo()
                    if expected != "250":
                        self.assertRegex(offered, r"^250-mx\.test Hello .*\n250 ENHANCEDSTATUSCODES$")
                        for command in ("AUTH PLAIN", "VRFY alice", "RCPT TO:<alice@mx.test>", "DATA"):
                            self.assertEqual(client.say(command), expected)
                        mx.wait_for(rf"^ruleset=tls_client, arg1=(NO|FAIL|OK), arg2=STARTTLS, relay=.*\[127\.0\.0\.{last}\], "
                                    rf"reject={re.escape(expected)}$")
                self.assertTrue(client.say("MAIL FROM:<a@sender.test>").startswith(expected))
                if certificate == clear and expected != "250":
                    mx.wait_for(rf"ruleset=check_mail, arg1=<a@sender\.test>, relay=.*\[127\.0\.0\.{last}\], "
                                rf"reject={re.escape(expected)}$")
                    client.say("RSET")
                    self.assertEqual(client.say("MAIL FROM:<>"), expected)

    def test_tls_from_the_start(self):
        mx = self.mx(ports=TWO_PORTS)
        with mx.client("TLSMTA", implicit=anybody()) as client:
            self.assertRegex(client.greeting, r"^220 mx\.test ESMTP")
            self.assertNotIn("STARTTLS", client.ehlo())
            self.assertTrue(client.say("STARTTLS").startswith("503"))
            self.assertRegex(client.send_mail("a@sender.test", "alice@mx.test"), "^250 2.0.0")
        mx.wait_for(r"from=<a@sender\.test>.*proto=ESMTPS, daemon=TLSMTA")
        # Somebody who speaks in clear there.
        with Client(mx.port("TLSMTA"), greet=False) as client:
            client.send("EHLO client.test\r\nMAIL FROM:<clear@sender.test>\r\n")
            try:
                self.assertNotIn(b"250", client.file.read())
            except ConnectionError:
                pass
        mx.wait_for(r"^STARTTLS=server, error: accept failed=-1, reason=.*, relay=.*\[127\.0\.0\.1\]$")
        self.assertNotIn("clear@sender.test", "\n".join(mx.lines()))

    def test_without_a_certificate_by_anonymous_diffie_hellman(self):
        mx = self.signet("mx", f"define(`confCACERT', `{self.certs.ca}')dnl\n"
                         "define(`confTLS_SRV_OPTIONS', `C')dnl\n"
                         "define(`confCIPHER_LIST', `ALL:ADH:@STRENGTH:@SECLEVEL=0')dnl\n" + OPEN)
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{mx.port()}", "-starttls", "smtp", "-tls1_2", "-crlf",
                               "-cipher", "ADH-AES256-GCM-SHA384:@SECLEVEL=0", "-ign_eof"], text=True, capture_output=True,
                              input="NOOP\nQUIT\n", timeout=30, check=False)
        self.assertIn("ADH-AES256-GCM-SHA384", done.stdout, done.stderr + "\n".join(mx.lines()))
        self.assertIn("221 2.0.0 mx.test", done.stdout)
        mx.wait_for(r"^STARTTLS=server, .*, version=TLSv1\.2, verify=NO, cipher=ADH-AES256-GCM-SHA384, bits=256/256$")

    def test_key_that_others_may_read(self):
        key = self.certs.folder / "mx.key"
        key.chmod(0o640)
        mx = self.mx()
        with mx.client() as client:
            self.assertNotIn("STARTTLS", client.ehlo())
            self.assertEqual(client.say("STARTTLS"), "503 5.5.0 TLS not available")
        mx.wait_for(rf"^STARTTLS=server: file {re.escape(str(key))} unsafe: Group readable file$")
        mx.wait_for(rf"^STARTTLS=server: TLS is off; remedy: chmod 0600 {re.escape(str(key))}$")
        key.chmod(0o600)
        mx.reload()
        with mx.client() as client:
            self.assertIn("STARTTLS", client.ehlo())
            client.starttls().ehlo()

    def test_certificate_is_replaced(self):
        mx = self.mx()
        def shown():
            with mx.client() as client:
                client.ehlo()
                client.starttls()
                return client.socket.getpeercert(True)
        first = shown()
        with mx.client() as client:
            client.ehlo()
            client.starttls().ehlo()
            self.certs.make("mx", subject="/O=Test/CN=new.test")
            self.assertEqual(shown(), first)    # not before it is told
            mx.reload()
            self.assertNotEqual(shown(), first)
            self.assertRegex(client.send_mail("a@sender.test", "alice@mx.test"), "^250 2.0.0")
            self.assertEqual(client.socket.getpeercert(True), first)
        # One that does not fit its key, or half of one: the pair in use stays, until both are there.
        second = shown()
        certificate, key = self.pair("mx")
        for text in (self.certs.ca.read_text(), certificate.read_text()[:300], ""):
            certificate.write_text(text)
            mx.reload()
            self.assertEqual(shown(), second)
        mx.wait_for(r"STARTTLS=server: certificate and key do not fit each other; those in use stay until they do")
        self.certs.make("mx", subject="/O=Test/CN=newest.test")
        mx.reload()
        self.assertIn(b"newest.test", shown())
        # A key that others may read is another matter.
        key.chmod(0o644)
        mx.reload()
        with mx.client() as client:
            self.assertNotIn("STARTTLS", client.ehlo())

    def test_certificates_by_name(self):
        for name in ("a", "b", "brsa"):
            self.certs.make(name, subject=f"/O=Test/CN={name}.test", kind="rsa" if name == "brsa" else "ec")
        (self.certs.folder / "open.key").write_text("")
        where = self.certs.folder
        names = " ".join(f"{name}={where}/{pair}.pem:{where}/{pair}.key"
                         for name, pair in (("mail.A.test", "a"), ("*.b.test", "b"), ("*.b.test", "brsa"), ("broken.test", "open")))
        mx = self.mx(f"define(`confSERVER_NAMES', `{names}')dnl\n", ports=TWO_PORTS)
        def shown(name, ciphers="ALL"):
            context = anybody()
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(ciphers)
            with mx.client() as client:
                client.ehlo()
                client.starttls(context, name)
                return re.search(rb"(\w+)\.test", client.socket.getpeercert(True).split(b"Test CA")[-1]).group(1).decode()
        self.assertEqual(shown(None), "mx")
        self.assertEqual(shown("mail.a.test"), "a")
        self.assertEqual(shown("MAIL.A.TEST"), "a")
        self.assertEqual(shown("x.b.test", "ECDHE-ECDSA-AES128-GCM-SHA256"), "b")
        self.assertEqual(shown("x.b.test", "ECDHE-RSA-AES128-GCM-SHA256"), "brsa")
        for other in ("b.test", "x.y.b.test", "else.test", "broken.test"):
            self.assertEqual(shown(other), "mx", other)
        mx.wait_for(r"STARTTLS=server: file \S+open\.(pem|key) unsafe: .*\(ServerNames broken\.test\)")
        # What the client proves is judged the same under every name; and by TLS from the start.
        certificate = self.certs.make("client")
        with mx.client() as client:
            client.ehlo()
            client.starttls(anybody(certificate), "mail.a.test")
            client.ehlo()
        mx.wait_for(r"STARTTLS=server, .*, verify=OK,")
        # A renewed one is shown after a reload.
        self.certs.make("a", subject="/O=Test/CN=renewed.test")
        mx.reload()
        self.assertEqual(shown("mail.a.test"), "renewed")

    def test_least_version(self):
        mx = self.mx("define(`confMIN_PROTOCOL', `TLSv1.3')dnl\n")
        with mx.client() as client:
            client.ehlo()
            with self.assertRaises((ssl.SSLError, OSError)):
                client.starttls(version_context(ssl.TLSVersion.TLSv1_2))
        with mx.client() as client:
            client.ehlo()
            client.starttls()
            self.assertEqual(client.socket.version(), "TLSv1.3")

    def test_revocation_lists_in_a_folder(self):
        revoked = self.certs.make("revoked")
        good = self.certs.make("good")
        lists = self.folder / "lists"
        lists.mkdir(mode=0o755)
        (self.folder / "ca.cnf").write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.folder}/index\ncrlnumber={self.folder}/number\n"
                                            "default_md=sha256\ndefault_crl_days=5\n")
        (self.folder / "index").write_text("")
        (self.folder / "number").write_text("01\n")
        ca = ("openssl", "ca", "-config", self.folder / "ca.cnf", "-cert", self.certs.ca, "-keyfile", self.certs.folder / "CA.key")
        run(*ca, "-revoke", revoked[0])
        run(*ca, "-gencrl", "-out", lists / "ca.crl")
        run("openssl", "rehash", lists)
        mx = self.mx(f"define(`confCRL_PATH', `{lists}')dnl\n")
        for pair, verify in ((good, "OK"), (revoked, "FAIL")):
            with mx.client() as client:
                client.ehlo()
                client.starttls(anybody(pair))
                client.ehlo()
            mx.wait_for(rf"STARTTLS=server, .*, verify={verify},")
        mx.wait_for(r"verify=FAIL: the certificate /O=Test/CN=revoked\.test was revoked by /O=Test/CN=Test CA; remedy: the client must use another one")

    def test_clients_that_misbehave(self):
        mx = self.mx("define(`confTO_STARTTLS', `5s')dnl\n")
        with mx.client() as client:
            client.ehlo()
            client.send("STARTTLS\r\nMAIL FROM:<evil@sender.test>\r\nRCPT TO:<alice@mx.test>\r\n")
            self.assertTrue(client.reply().startswith("220"))
            client.wrap()
            self.assertEqual(client.say("RCPT TO:<alice@mx.test>"), "503 5.0.0 Need MAIL before RCPT")
        # Half a handshake, and silence: others are served, and it ends.
        stalled = []
        for hello in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
            client = mx.client()
            client.ehlo()
            self.assertTrue(client.say("STARTTLS").startswith("220"))
            client.send(hello)
            stalled.append(client)
        with mx.client() as client:
            client.ehlo()
            client.starttls().ehlo()
            self.assertRegex(client.send_mail("a@sender.test", "alice@mx.test"), "^250 2.0.0")
        for client in stalled:
            client.socket.settimeout(60)
            self.assertEqual(client.file.read(), b"")
            client.close()
        for garbage in (b"EHLO again\r\n", b"\0" * 5000, b"\x16\x03\x01\xff\xff" + b"x" * 70000, b"\x80\x2e\x01\x00\x02" + b"y" * 50):
            with self.subTest(garbage[:5]), mx.client() as client:
                client.ehlo()
                self.assertTrue(client.say("STARTTLS").startswith("220"))
                try:
                    client.send(garbage)
                    client.socket.shutdown(socket.SHUT_WR)
                    self.assertNotIn(b"250", client.file.read())
                except OSError:
                    pass
        self.assertNotIn("evil", "\n".join(mx.lines()))
        with mx.client() as client:
            self.assertIn("STARTTLS", client.ehlo())

    def test_hashed_folder_alone_is_enough(self):
        self.certs.make("client")
        lines = "".join(line + "\n" for line in tls_lines(self.certs, "mx").splitlines() if "confCACERT'" not in line)
        mx = self.signet("mx", lines + OPEN)
        with mx.client() as client:
            client.ehlo()
            client.starttls(anybody(self.pair("client"))).ehlo()
        mx.wait_for(r"^STARTTLS=server, .*verify=OK,")

    def test_two_kinds_of_key(self):
        self.certs.make("rsa", kind="rsa")
        folder = self.certs.folder
        lines = tls_lines(self.certs, "mx").replace(f"SERVER_CERT', `{folder}/mx.pem", f"SERVER_CERT', `{folder}/mx.pem,{folder}/rsa.pem")
        mx = self.signet("mx", lines.replace(f"SERVER_KEY', `{folder}/mx.key", f"SERVER_KEY', `{folder}/mx.key,{folder}/rsa.key") + OPEN)
        for count, ciphers in enumerate(("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"), 1):
            with self.subTest(ciphers), mx.client() as client:
                client.ehlo()
                client.starttls(version_context(ssl.TLSVersion.TLSv1_2, ciphers=ciphers)).ehlo()
                mx.wait_for(rf"^STARTTLS=server, .*cipher={ciphers},")


if __name__ == "__main__":
    unittest.main()
