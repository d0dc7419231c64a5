"""What a site may add to the checks of clients, senders and HELO names, and when they are made."""
import unittest

from harness import Scenario

ZONE = {"20.0.0.127.in-addr.arpa": "PTR mail.good.test", "mail.good.test": "A 127.0.0.20",
        "21.0.0.127.in-addr.arpa": "PTR mail.good.test"}
ACCESS = """Connect:127.0.0.13\tREJECT
Connect:127.0.0.14\tQUARANTINE:odd client
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
        for about, asked in (("client", {"source": "127.0.0.13"}), ("sender", {"sender": "bad@sender.test"})):
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

    def test_quarantine_is_refused_for_the_time_being(self):
        self.start("")
        self.assertRegex(self.answers("bob@mx.test", source="127.0.0.14")[0], "^451 4.7.1")


if __name__ == "__main__":
    unittest.main()
