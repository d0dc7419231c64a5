"""Kinds of maps behind features, on the real daemon: regular expressions, text, several in a row; networks in the access map, made by
our makemap and by sendmail's; what is refused, and what the log says of a map older than its text."""
import os
import time
import unittest

from harness import BIN, Scenario, run, tool

ACCESS = """Connect:127.0.0.0/29 RELAY
Connect:127.0.0.2 REJECT
Connect:127.0.0.8/30 ERROR:5.7.1:"550 this network not"
From:good.test OK
"""


class Maps(Scenario):
    def start(self, mc, users=("alice",)):
        self.us = self.signet("us", f"FEATURE(`accept_unresolvable_domains')dnl\n{mc}{self.name_server({}).mc()}", users=users)

    def replies(self, source, *commands):
        with self.us.client(source=source) as client:
            client.ehlo()
            return [client.say(command)[:3] for command in commands]

    def judge_networks(self, *makemap):
        path = self.folder / "access"
        run(*makemap, "hash", path, input=ACCESS)
        self.start(f"FEATURE(`access_db', `hash {path}')dnl\n")
        relay = ("MAIL FROM:<a@else.test>", "RCPT TO:<b@far.test>")
        self.assertEqual(self.replies("127.0.0.3", *relay), ["250", "250"])      # in 127.0.0.0/29
        self.assertEqual(self.replies("127.0.0.12", *relay), ["250", "550"])     # in none
        with self.us.client(source="127.0.0.9") as client:
            client.ehlo()
            self.assertEqual(client.say("MAIL FROM:<a@else.test>"), "550 5.7.1 this network not")
        self.assertEqual(self.replies("127.0.0.2", relay[0]), ["550"])           # the address itself says more
        explained = run(BIN / "signet", "explain", "-C", self.us.mc, "client=127.0.0.9", "from=a@else.test", "to=b@far.test", ok=range(256)).stdout
        self.assertIn("connect:127.0.0.8/30", explained.lower())

    def test_networks_in_a_map_of_ours(self):
        self.judge_networks(BIN / "makemap")

    def test_networks_in_a_map_of_sendmails(self):
        makemap = tool("makemap", peers_only=True)
        if makemap is None:
            self.skipTest("sendmail's makemap is not there: run tools/peers")
        cf = self.folder / "submit.cf"
        cf.write_text("")
        self.judge_networks(makemap, "-C", cf)

    def test_makemap_warns_of_what_is_no_network(self):
        told = run(BIN / "makemap", "hash", self.folder / "access", input="Connect:10.1.2.3/9 OK\nConnect:10.0.0.0/9 OK\n", ok=range(256))
        self.assertIn("line 1: ", told.stderr)
        self.assertIn("10.0.0.0/9", told.stderr)
        self.assertNotIn("line 2", told.stderr)

    def test_a_sequence_of_kinds(self):
        access = self.make_map("access", "From:good.spam.test OK\n")
        routes = self.folder / "routes"
        routes.write_text("inner.test|x|local:alice\n")
        self.start(f"""LOCAL_CONFIG
Kours hash {access}
Kbad regex -aREJECT ^from:([a-z]+\\.)*spam\\.test$
FEATURE(`access_db', `sequence ours bad')dnl
FEATURE(`mailertable', `text -k0 -v2 -z| {routes}')dnl
FEATURE(`virtusertable', `null')dnl
LOCAL_DOMAIN(`us.test')dnl
""")
        sender = "MAIL FROM:<a@{}>".format
        self.assertEqual(self.replies("127.0.0.1", sender("spam.test")), ["550"])
        self.assertEqual(self.replies("127.0.0.1", sender("x.y.spam.test")), ["550"])
        self.assertEqual(self.replies("127.0.0.1", sender("good.spam.test")), ["250"])
        self.assertEqual(self.replies("127.0.0.1", sender("else.test")), ["250"])
        with self.us.client() as client:
            client.ehlo()
            self.assertEqual(client.send_mail("a@else.test", "x@inner.test")[:3], "250")
        self.us.wait_for(r"to=<x@inner\.test>.*stat=Sent")

    def test_what_is_refused(self):
        for line, why in (("Kx ldap -v y", "wants -k and a filter"),
                          ("Kx hash -X /etc/x", "unknown map flag -X"),
                          ("Kx hsah /etc/x", "did you mean hash"),
                          ("F{w}|/bin/cat /etc/hosts", "not asked of a program"),
                          ("F{w}@ldap", "stands behind the @")):
            mc = self.folder / "bad.mc"
            mc.write_text(f"OSTYPE(`linux')dnl\nLOCAL_CONFIG\n{line}\nMAILER(`local')dnl\n")
            told = run(BIN / "signet", "check", "-C", mc, ok=(78,))
            self.assertIn(f"{mc}:3: ", told.stdout + told.stderr)
            self.assertIn(why, told.stdout + told.stderr)
        mc.write_text("OSTYPE(`linux')dnl\nFEATURE(`access_db', `regex -aX [a')dnl\nMAILER(`local')dnl\n")
        told = run(BIN / "signet", "check", "-C", mc, ok=(78,))
        self.assertIn("Unmatched", told.stdout + told.stderr)

    def test_the_log_names_a_map_that_is_older_than_its_text(self):
        path = self.make_map("access", "From:a.test REJECT\n")
        path.write_text("From:b.test REJECT\n")
        later = time.time() + 5
        os.utime(path, (later, later))
        self.start(f"FEATURE(`access_db', `hash {path}')dnl\n")
        self.us.wait_for(rf"{path}: newer than {path}\.db: what was changed is not in force; makemap hash {path} < {path}$")


if __name__ == "__main__":
    unittest.main()
