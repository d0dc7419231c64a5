"""What a site may add to the checks of clients, senders and HELO names, and when they are made."""
import re
import unittest

from harness import BIN, Scenario, run, wait_until

ZONE = {"20.0.0.127.in-addr.arpa": "PTR mail.good.test", "mail.good.test": "A 127.0.0.20",
        "21.0.0.127.in-addr.arpa": "PTR mail.good.test"}
ACCESS = """Connect:127.0.0.13\tREJECT
Connect:127.0.0.14\tQUARANTINE:odd client
Connect:127.0.0.15\tDISCARD
From:waste@sender.test\tDISCARD
From:bad@sender.test\tREJECT
From:boss@sender.test\tRELAY
Spam:alice@mx.test\tFRIEND
"""


class Checks(Scenario):
    def start(self, mc):
        access = self.make_map("access", ACCESS)
        self.mx = self.signet("mx", "FEATURE(`accept_unresolvable_domains')dnl\n"
                              "define(`confDELIVERY_MODE', `queue')dnl\n"
                              f"FEATURE(`access_db', `hash -T<TMPF> {access}')dnl\n" + mc + self.name_server(ZONE).mc(),
                              queue="-q1h", users=("alice", "bob"))

    def answers(self, recipient, source="127.0.0.20", sender="a@sender.test", helo="mail.good.test"):
        """The replies to MAIL and RCPT."""
        with self.mx.client(source=source) as client:
            client.say(f"EHLO {helo}")
            return client.say(f"MAIL FROM:<{sender}>"), client.say(f"RCPT TO:<{recipient}>")

    def test_delayed_until_the_recipient_has_its_say(self):
        self.start("FEATURE(`delay_checks', `friend', `n')dnl\n")
        for about, asked in (("client", {"source": "127.0.0.13"}), ("sender", {"sender": "bad@sender.test"}),
                             ("needless quotes", {"sender": '"b\\ad"@sender.test'})):
            with self.subTest(about):
                mail, bob = self.answers("bob@mx.test", **asked)
                self.assertRegex(mail, "^250 2.1.0")
                self.assertRegex(bob, r"^550 5.7.1 <bob@mx.test>... Access denied")
                self.assertRegex(self.answers("alice@mx.test", **asked)[1], "^250 2.1.5")

    def test_names_of_clients(self):
        self.start("FEATURE(`require_rdns')dnl\n")
        self.assertRegex(self.answers("bob@mx.test")[1], "^250")
        self.assertRegex(self.answers("bob@mx.test", source="127.0.0.21")[0], "^451 4.1.8 Possibly forged hostname")
        self.assertRegex(self.answers("bob@mx.test", source="127.0.0.22")[0], "^550 5.7.1 Fix reverse DNS for 127.0.0.22")

    def test_helo_names(self):
        self.start("FEATURE(`delay_checks')dnl\nFEATURE(`block_bad_helo')dnl\n")
        self.assertRegex(self.answers("bob@mx.test")[1], "^250")
        for name in ("nodots", "mx.test"):
            self.assertRegex(self.answers("bob@mx.test", helo=name)[1],
                             f"^550 5.7.1 <bob@mx.test>... bogus HELO name used: {name}")

    def test_relaying_by_sender(self):
        self.start("FEATURE(`relay_mail_from')dnl\nFEATURE(`relay_local_from')dnl\n"
                   "define(`confRELAY_MSG', `550 5.7.1 Not through us')dnl\n")
        self.assertRegex(self.answers("x@far.test")[1], "^550 5.7.1 <x@far.test>... Not through us")
        self.assertRegex(self.answers("x@far.test", sender="boss@sender.test")[1], "^250")
        self.assertRegex(self.answers("x@far.test", sender="bob@mx.test")[1], "^250")

    def test_what_is_thrown_away_needs_no_mailbox(self):
        self.start("")
        self.assertRegex(self.answers("nobody@mx.test")[1], "^550 5.1.1 ")
        self.assertRegex(self.answers("nobody@mx.test", source="127.0.0.15")[1], "^250 2.1.5 ")
        self.assertRegex(self.answers("nobody@mx.test", sender="waste@sender.test")[1], "^250 2.1.5 ")

    def held(self):
        return run(BIN / "mailq", "-qQ", "-C", self.mx.mc).stdout

    def test_quarantine(self):
        self.start("")
        with self.mx.client(source="127.0.0.14") as client:
            ids = [re.search(r"^250 2\.0\.0 (\w+) ", client.send_mail(f"{name}@sender.test", "bob@mx.test")).group(1)
                   for name in ("one", "two", "three")]
        self.mx.wait_for(rf"^{ids[0]}: to=<bob@mx\.test>, delay=00:00:00, mailer=local, pri=\d+, quarantine=odd client, stat=quarantined$")
        # Held through queue runs and restarts, and not among the mail that waits.
        self.mx.run_queue()
        self.mx.stop()
        self.mx.start()
        self.mx.run_queue()
        self.assertIn("Total requests: 0", self.mx.mailq())
        self.assertRegex(self.held(), rf"(?s){ids[0]}.*<one@sender\.test>\n     QUARANTINE: odd client\n\s+<bob@mx\.test>\n.*Total requests: 3")
        # One goes, then the others, while no daemon runs.
        self.assertIn("no quarantined message", run(BIN / "sendmail", "-Q", "-qQ", "-qInobody", "-C", self.mx.mc, ok=(65,)).stderr)
        run(BIN / "sendmail", "-Q", "-qQ", f"-qI{ids[1]}", "-C", self.mx.mc)
        self.mx.wait_for(rf"^{ids[1]}: to=<bob@mx\.test>.*stat=Sent")
        wait_until("one of three gone", lambda: "Total requests: 2" in self.held())
        self.mx.stop()
        self.assertIn("they go when one starts", run(BIN / "sendmail", "-Q", "-qQ", "-C", self.mx.mc).stdout)
        self.mx.start()
        for one in (ids[0], ids[2]):
            self.mx.wait_for(rf"^{one}: to=<bob@mx\.test>.*stat=Sent")
        wait_until("all gone", lambda: "is empty" in self.held())
        self.assertEqual(self.mx.mailbox("bob").count("\nReturn-Path: "), 3)


if __name__ == "__main__":
    unittest.main()
