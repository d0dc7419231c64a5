"""Programs of others as clients: swaks, openssl s_client, Python's smtplib; and maps made by sendmail's makemap."""
import os
import re
import smtplib
import ssl
import subprocess
import unittest
from email.message import EmailMessage

from harness import BIN, Scenario, run, tls_lines, tool, wait_until

PORTS = ("DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MTA')dnl\n"
         "DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=TLSMTA, M=s')dnl\n")
MECHANISMS = "LOGIN PLAIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-256 EXTERNAL"


def output(*command, **more):
    return subprocess.run([str(word) for word in command], text=True, capture_output=True, timeout=60, check=False, **more)


class ForeignClients(Scenario):
    def setUp(self):
        super().setUp()
        self.certs = self.pki()
        self.certs.make("mx")
        self.certs.make("client")
        sasl = self.sasl("mx.test", alice="wonderland")
        self.mx = self.signet("mx", tls_lines(self.certs, "mx") + f"""define(`confSASL_CONF_DIR', `{sasl}')dnl
define(`confAUTH_MECHANISMS', `{MECHANISMS}')dnl
TRUST_AUTH_MECH(`{MECHANISMS}')dnl
FEATURE(`accept_unresolvable_domains')dnl
""", ports=PORTS, queue="-q1h")

    def arrived(self, subject):
        return wait_until(subject, lambda: next((letter for letter in self.mx.mailbox("alice").split("\nFrom ")
                                                 if f"\nSubject: {subject}\n" in letter), None))

    def test_swaks(self):
        if tool("swaks") is None:
            self.skipTest("swaks is not installed")
        support = output("swaks", "--support").stdout
        table = [("plain", "MTA", [], "with ESMTP id"), ("HELO", "MTA", ["--protocol", "SMTP"], "with SMTP id"),
                 ("pipelined", "MTA", ["--pipeline"], "with ESMTP id")]
        if "TLS supported" in support:
            auth = ["--auth-user", "alice", "--auth-password", "wonderland", "--tls", "--auth"]
            cert = ["--tls", "--tls-cert", self.certs.folder / "client.pem", "--tls-key", self.certs.folder / "client.key"]
            table += [("STARTTLS", "MTA", ["--tls"], "with ESMTPS id"),
                      ("TLS 1.2", "MTA", ["--tls", "--tls-protocol", "tlsv1_2"], "version=TLSv1.2"),
                      ("TLS at once", "TLSMTA", ["--tls-on-connect"], "with ESMTPS id"),
                      ("certificate", "MTA", cert, "verify=OK")]
            # Not DIGEST-MD5: swaks calls it supported also where Perl's Authen::SASL comes without it.
            table += [(f"AUTH {name}", "MTA", [*auth, name], "with ESMTPSA id") for name in ("PLAIN", "LOGIN", "CRAM-MD5")
                      if name != "CRAM-MD5" or "AUTH CRAM-MD5 supported" in support]
        for number, (what, port, options, trace) in enumerate(table):
            with self.subTest(what):
                done = output("swaks", "--server", "127.0.0.1", "--port", self.mx.port(port), "--from", "a@sender.test",
                              "--to", "alice@mx.test", "--h-Subject", f"swaks {number}", *options)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn(trace, re.sub(r"\s+", " ", self.arrived(f"swaks {number}")))
        with self.subTest("wrong password"):
            done = output("swaks", "--server", "127.0.0.1", "--port", self.mx.port(), "--from", "a@sender.test", "--to",
                          "alice@mx.test", "--auth", "CRAM-MD5", "--auth-user", "alice", "--auth-password", "no")
            self.assertEqual(done.returncode, 28, done.stdout)    # swaks: AUTH failed
        print("\nswaks:", ", ".join(row[0] for row in table))

    def test_openssl_s_client(self):
        for options in (("-starttls", "smtp"), ("-starttls", "smtp", "-tls1_2"), ("-starttls", "smtp", "-tls1_3"), ()):
            with self.subTest(options):
                done = output("openssl", "s_client", "-connect", f"127.0.0.1:{self.mx.port('MTA' if options else 'TLSMTA')}",
                              "-crlf", "-ign_eof", "-verify_return_error", "-CAfile", self.certs.ca, "-verify_hostname", "mx.test",
                              *options, input="NOOP\nQUIT\n")
                self.assertIn("Verify return code: 0 (ok)", done.stdout, done.stderr)
                self.assertIn("221 2.0.0 mx.test closing connection", done.stdout)
        # A session taken up again is a session like any other.
        for option in ("-sess_out", "-sess_in"):
            done = output("openssl", "s_client", "-connect", f"127.0.0.1:{self.mx.port()}", "-starttls", "smtp", "-crlf", "-ign_eof",
                          "-tls1_2", option, self.folder / "session", input="QUIT\n")
            self.assertIn("221 2.0.0", done.stdout, done.stderr)

    def test_python_smtplib(self):
        text = EmailMessage()
        text["From"], text["To"], text["Subject"] = "a@sender.test", "alice@mx.test", "smtplib"
        text.set_content("Grüße\n.\n..\n" + "x" * 900 + "\n", cte="8bit")
        context = ssl.create_default_context(cafile=self.certs.ca)
        context.check_hostname = False
        with smtplib.SMTP("127.0.0.1", self.mx.port()) as client:
            client.starttls(context=context)
            client.login("alice", "wonderland")
            self.assertEqual(client.send_message(text, mail_options=["BODY=8BITMIME"]), {})
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                client.sendmail("a@sender.test", "nemo@mx.test", "x")
        letter = self.arrived("smtplib")
        self.assertIn("\n.\n..\n", letter)
        self.assertIn("Grüße", letter)
        for name in ("PLAIN", "LOGIN", "CRAM-MD5"):
            with self.subTest(name), smtplib.SMTP_SSL("127.0.0.1", self.mx.port("TLSMTA"), context=context) as client:
                client.user, client.password = "alice", "wonderland"
                client.ehlo()
                self.assertEqual(client.auth(name, getattr(client, "auth_" + name.lower().replace("-", "_")))[0], 235)


class ForeignMaps(Scenario):
    def test_maps_made_by_sendmail(self):
        program = os.environ.get("SIGNET_SENDMAIL_MAKEMAP") or tool("makemap", peers_only=True)
        if program is None or str(BIN) in program:
            self.skipTest("sendmail's makemap is not there: run tools/peers")
        text = "from:bad@sender.test\tREJECT\nto:friend.test\tRELAY\nconnect:127.0.0.9\tERROR:5.7.1:550 no\n"
        lines = sorted(text.splitlines())
        cf = self.folder / "submit.cf"
        cf.write_text("")
        for kind in ("hash", "btree"):
            with self.subTest(kind):
                run(program, "-C", cf, kind, self.folder / kind, input=text)
                self.assertEqual(sorted(run(BIN / "makemap", "-u", kind, self.folder / kind).stdout.splitlines()), lines)
                mx = self.signet(f"mx-{kind}", "FEATURE(`accept_unresolvable_domains')dnl\n"
                                 f"FEATURE(`access_db', `{kind} -T<TMPF> {self.folder / kind}')dnl\n")
                with mx.client() as client:
                    client.ehlo()
                    self.assertEqual(client.say("MAIL FROM:<bad@sender.test>"), "550 5.7.1 <bad@sender.test>... Access denied")
                run(BIN / "makemap", kind, self.folder / f"our-{kind}", input=text)
                self.assertEqual(sorted(run(program, "-C", cf, "-u", kind, self.folder / f"our-{kind}").stdout.splitlines()), lines)


if __name__ == "__main__":
    unittest.main()
