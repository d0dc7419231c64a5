"""`signet explain`: the same verdict as the daemon's, with the entry or option that decided and where it stands."""
import os
import unittest

from harness import BIN, Scenario, Signet, anybody, run, tls_lines

RULES = """# comment
Connect:192.0.2.66\tREJECT
Connect:198.51.100\tRELAY
TLS_Clt:203.0.113.7\tPERM+VERIFY:128
Srv_Features:203.0.113.8\tl
CERTISSUER:/O=Test/CN=Test+20CA\tSUBJECT
CERTSUBJECT:/O=Test/CN=client.test\tRELAY
From:spam.test\tDISCARD
TLS_Srv:relay.far.test\tPERM+VERIFY
Try_TLS:old.far.test\tNO
To:list@us.test\tERROR:5.1.6:550 moved
"""
TABLE = "far.test\tesmtp:relay.far.test:2525\nold.test\tesmtp:[old.far.test]\nbroken.test\terror:5.1.2:550 no such place\n"


class Explain(Scenario):
    def setUp(self):
        super().setUp()
        self.certs = self.pki()
        self.certs.make("us")
        for name, text in (("access", RULES), ("table", TABLE)):
            (self.folder / name).write_text(text)
            run(BIN / "makemap", "hash", self.folder / name, input=text)

    def site(self):
        return (tls_lines(self.certs, "us") +
                f"FEATURE(`access_db', `hash {self.folder}/access')dnl\nFEATURE(`mailertable', `hash {self.folder}/table')dnl\n"
                "FEATURE(`blocklist_recipients')dnl\nFEATURE(`accept_unresolvable_domains')dnl\n"
                "TRUST_AUTH_MECH(`PLAIN')dnl\nLOCAL_DOMAIN(`us.test')dnl\n")

    def file(self):
        return Signet(self.folder / "us", self.site(), users=("alice",)).mc

    def ask(self, *facts, status=0):
        done = run(BIN / "signet", "explain", "-C", self.mc, *facts, ok=(status,))
        return {line.split(":", 1)[0]: line.split(":", 1)[1].strip() for line in done.stdout.splitlines()}

    def test_each_kind_of_end(self):
        self.mc = self.file()
        access, table = self.folder / "access", self.folder / "table"
        said = self.ask("client=192.0.2.66", "to=alice@us.test", status=1)
        self.assertEqual(said["connect"], f"550 5.7.1 Access denied: access:Connect:192.0.2.66 REJECT ({access} line 2)")
        self.assertEqual(said["result"], "refused")

        said = self.ask("client=192.0.2.1", "name=mail.else.test", "from=a@else.test", "to=alice@us.test")
        self.assertEqual(said["connect"], "accepted: default")
        self.assertEqual(said["result"], "to the mailbox of alice: class w")

        said = self.ask("client=192.0.2.1", "from=a@else.test", "to=nobody@us.test", status=1)
        self.assertIn("550 5.1.1 User unknown", said["result"])

        said = self.ask("client=192.0.2.1", "name=mail.else.test", "from=a@else.test", "to=x@far.test", status=1)
        self.assertIn("550 5.7.1 <x@far.test>... Relaying denied. Proper authentication required.: default", said["to"])

        said = self.ask("client=198.51.100.9", "from=a@else.test", "to=x@far.test")
        self.assertEqual(said["to"], f"relaying allowed: access:Connect:198.51.100 RELAY ({access} line 3)")
        self.assertEqual(said["result"], f"goes on by mailer esmtp: mailertable:far.test ({table} line 1)")
        self.assertEqual(said["next hop"], "relay.far.test port 2525, by its MX hosts")
        rule = f"access:TLS_Srv:relay.far.test PERM+VERIFY ({access} line 9)"
        self.assertEqual(said["without TLS"], f"503 5.7.0 other side does not support STARTTLS, mail comes back: {rule}")
        self.assertEqual(said["unverified"], f"503 5.7.0 authentication failed, mail comes back: {rule}")
        self.assertEqual(said["verified"], f"mail is sent: {rule}")

        said = self.ask("client=198.51.100.9", "from=a@else.test", "to=x@old.test")
        self.assertEqual(said["Try_TLS"], f"STARTTLS is not used: access:Try_TLS:old.far.test NO ({access} line 10)")
        self.assertNotIn("verified", said)
        said = self.ask("client=198.51.100.9", "from=a@else.test", "to=x@broken.test", status=1)
        self.assertIn("550 5.1.2 no such place: mailertable:broken.test", said["result"])
        self.assertEqual(self.ask("client=198.51.100.9", "from=a@spam.test", "to=x@far.test")["result"], "discarded")
        said = self.ask("client=192.0.2.1", "from=a@else.test", "to=list@us.test", status=1)
        self.assertIn(f"550 5.1.6 <list@us.test>... moved: access:To:list@us.test ERROR:5.1.6:550 moved ({access} line 11)", said["to"])
        said = self.ask("client=192.0.2.1", "auth=plain:bob", "from=a@else.test", "to=x@far.test")
        self.assertIn("relaying allowed: ", said["to"])

    def test_certificates(self):
        self.mc = self.file()
        access = self.folder / "access"
        pem, _ = self.certs.make("client")
        said = self.ask("client=192.0.2.1", f"cert={pem}", "from=a@else.test", "to=x@far.test")
        self.assertIn("verify=OK, cert-subject=/O=Test/CN=client.test, cert-issuer=/O=Test/CN=Test+20CA", said["certificate"])
        self.assertEqual(said["to"], f"relaying allowed: access:CERTSUBJECT:/o=test/cn=client.test RELAY ({access} line 7)")
        pem, _ = self.certs.make("purpose", usage="serverAuth")
        said = self.ask("client=203.0.113.7", f"cert={pem}", "from=a@else.test", "to=alice@us.test", status=1)
        self.assertIn("verify=FAIL (unsuitable certificate purpose): the certificate /O=Test/CN=purpose.test was not made for clients",
                      said["certificate"])
        self.assertIn("clientAuth", said["remedy"])
        self.assertEqual(said["STARTTLS"], f"503 5.7.0 authentication failed: access:TLS_Clt:203.0.113.7 PERM+VERIFY:128 ({access} line 4)")
        facts = ("verify=OK", "subject=/O=Test/CN=client.test", "issuer=/O=Test/CN=Test+20CA")
        self.assertIn("relaying allowed", self.ask("client=192.0.2.1", *facts, "from=a@b.test", "to=x@far.test")["to"])
        said = self.ask("client=203.0.113.7", "from=a@else.test", "to=alice@us.test", status=1)
        self.assertIn("503 5.7.0 authentication required", said["from"])
        said = self.ask("client=203.0.113.8", "from=a@else.test", "to=alice@us.test", status=1)
        self.assertEqual(said["from"], f"530 5.7.0 Authentication required: access:Srv_Features:203.0.113.8 l ({access} line 5)")

    def test_wrong_words(self):
        self.mc = self.file()
        for facts in ((), ("client=here", "to=x@y.test"), ("client=192.0.2.1",), ("client=192.0.2.1", "to=x@y.test", "colour=red"),
                      ("client=192.0.2.1", "to=x@y.test", "verify=MAYBE"), ("client=192.0.2.1", "to=x@y.test", "cert=/nonexistent"),
                      ("client=192.0.2.1", "to=x@y.test", "daemon=NONE"), ("client=192.0.2.1", "to=x@y.test", "auth=PLAIN")):
            with self.subTest(facts):
                self.ask(*facts, status=64)

    def test_a_map_that_is_older_than_its_text(self):
        self.mc = self.file()
        later = (self.folder / "access.db").stat().st_mtime + 10
        os.utime(self.folder / "access", (later, later))
        self.assertIn(f"note: {self.folder}/access is newer than {self.folder}/access.db: makemap was not run",
                      run(BIN / "signet", "explain", "-C", self.mc, "client=127.0.0.1", "to=alice@us.test").stdout)

    def test_the_daemon_says_the_same(self):
        us = self.signet("us", self.site(), users=("alice",))
        self.mc = us.mc
        certificate = self.certs.make("client")
        with us.client() as client:
            client.ehlo()
            client.starttls(anybody(certificate))
            client.ehlo()
            client.say("MAIL FROM:<a@else.test>")
            for to, status in (("alice@us.test", 0), ("list@us.test", 1), ("x@far.test", 0)):
                reply = client.say(f"RCPT TO:<{to}>")
                said = self.ask("client=127.0.0.1", "name=localhost", f"cert={certificate[0]}", "from=a@else.test", f"to={to}", status=status)
                if status:
                    self.assertTrue(said["to"].startswith(reply), (reply, said["to"]))
                else:
                    self.assertEqual(reply[:3], "250")


if __name__ == "__main__":
    unittest.main()
