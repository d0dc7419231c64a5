"""Block lists in DNS: who is refused, with which words, and what real sendmail says of the same."""
import unittest

from harness import BIN, Scenario, run

ZONE = {"20.0.0.127.bl.test": "A 127.0.0.2", "21.0.0.127.bl.test": "A 192.0.2.1", "22.0.0.127.bl.test": "SERVFAIL",
        "23.0.0.127.bl.test": "A 127.0.0.2", "20.0.0.127.codes.test": "A 127.0.0.4", "24.0.0.127.codes.test": "A 127.0.0.4",
        "25.0.0.127.codes.test": "A 127.0.0.9", "spam.test.rhs.test": "A 127.0.0.2", "24.0.0.127.two.test": "A 127.0.0.2",
        "26.0.0.127.codes.test": "A 127.0.0.11"}
ACCESS = "Connect:127.0.0.23\tOK\nSpam:alice@mx.test\tFRIEND\nrhs:good.spam.test\tOK\n"
LISTS = """FEATURE(`dnsbl', `bl.test', `', `t')dnl
FEATURE(`enhdnsbl', `codes.test', `"550 5.7.1 Mail from " $`'&{client_addr} " refused - see http://codes.test/?" $`'&{client_addr}', `', `127.0.0.4.', `127.0.0.1$-.', `127.0.$-.11.')dnl
FEATURE(`rhsbl', `rhs.test')dnl
"""
# source, sender, recipient -> what is said in the end; the same words from both programs.
CASES = [
    ("127.0.0.20", "a@good.test", "bob", r"550 5\.7\.1 {}Rejected: 127\.0\.0\.20 listed at bl\.test"),
    ("127.0.0.22", "a@good.test", "bob", r"451 4\.4\.3 Temporary lookup failure of 127\.0\.0\.22 at bl\.test"),
    ("127.0.0.23", "a@good.test", "bob", r"250 2\.1\.5 "),
    ("127.0.0.24", "a@good.test", "bob", r"550 5\.7\.1 {}Mail from 127\.0\.0\.24 refused - see http://codes\.test/\?127\.0\.0\.24"),
    ("127.0.0.25", "a@good.test", "bob", r"250 2\.1\.5 "),
    ("127.0.0.26", "a@good.test", "bob", r"550 5\.7\.1 {}Mail from 127\.0\.0\.26 refused"),
    ("127.0.0.30", "a@good.test", "bob", r"250 2\.1\.5 "),
]
DELAYED = CASES + [
    ("127.0.0.20", "a@good.test", "alice", r"250 2\.1\.5 "),
    ("127.0.0.30", "a@spam.test", "bob", r"550 5\.7\.1 {}Mail from spam\.test refused by blackhole site rhs\.test"),
]


class BlockLists(Scenario):
    def start(self, mc, lists=LISTS):
        access = self.make_map("access", ACCESS)
        self.dns = self.name_server(ZONE)
        self.mx = self.signet("mx", "FEATURE(`accept_unresolvable_domains')dnl\n"
                              "define(`confDELIVERY_MODE', `queue')dnl\n"
                              f"FEATURE(`access_db', `hash -T<TMPF> {access}')dnl\n" + mc + lists + self.dns.mc(),
                              queue="-q1h", users=("alice", "bob"))

    def last_word(self, source, sender, recipient):
        """Of greeting, MAIL and RCPT: the first refusal, else what RCPT got."""
        with self.mx.client(source=source) as client:
            client.say("EHLO x.test")
            mail = client.say(f"MAIL FROM:<{sender}>")
            return client.say(f"RCPT TO:<{recipient}@mx.test>") if mail.startswith("250") else mail

    def check(self, cases, prefix=""):
        for source, sender, recipient, want in cases:
            with self.subTest(source=source, sender=sender, recipient=recipient):
                shown = prefix.format(recipient)
                self.assertRegex(self.last_word(source, sender, recipient), "^" + want.replace("{}", shown))

    def test_at_the_greeting(self):
        self.start("")
        self.check(CASES)
        self.mx.wait_for(r"ruleset=check_relay, arg1=\[127\.0\.0\.20\], arg2=127\.0\.0\.20, relay=\[127\.0\.0\.20\], "
                         r"reject=550 5\.7\.1 Rejected: 127\.0\.0\.20 listed at bl\.test$")
        # Of the sender's domain nothing is known before MAIL.
        self.check([("127.0.0.30", "a@spam.test", "bob", r"550 5\.7\.1 Mail from spam\.test refused by blackhole site rhs\.test"),
                    ("127.0.0.30", "a@good.spam.test", "bob", "250 ")])

    def test_delayed(self):
        self.start("FEATURE(`delay_checks', `friend', `n')dnl\n")
        self.check(DELAYED, prefix="<{}@mx.test>\\.\\.\\. ")
        self.mx.wait_for(r"ruleset=check_rcpt, arg1=<bob@mx\.test>, relay=\[127\.0\.0\.20\], "
                         r"reject=550 5\.7\.1 <bob@mx\.test>\.\.\. Rejected: 127\.0\.0\.20 listed at bl\.test$")
        self.assertEqual(self.dns.questions("23.0.0.127.bl.test", "A"), [])  # let in by name

    def test_a_list_that_answers_nonsense_lists_nobody(self):
        self.start("")
        self.check([("127.0.0.21", "a@good.test", "bob", "250 ")])
        self.mx.wait_for(r"dnsbl: bl\.test: answered 192\.0\.2\.1 which is no listing about 127\.0\.0\.21")

    def test_quarantine_and_discard(self):
        self.start("", "FEATURE(`dnsbl', `bl.test', `quarantine')dnl\nFEATURE(`dnsbl', `two.test', `discard')dnl\n")
        with self.mx.client(source="127.0.0.20") as client:
            self.assertRegex(client.send_mail("a@good.test", "bob@mx.test"), "^250 ")
        self.mx.wait_for(r"ruleset=check_relay, arg1=\[127\.0\.0\.20\], arg2=127\.0\.0\.20, relay=\[127\.0\.0\.20\], quarantine=bl\.test$")
        with self.mx.client(source="127.0.0.24") as client:
            self.assertRegex(client.send_mail("a@good.test", "nobody@mx.test"), "^250 ")

    def test_a_slip_in_the_arguments_is_found(self):
        mc = self.folder / "slip.mc"
        mc.write_text("define(`confDOMAIN_NAME', `mx.test')dnl\nFEATURE(`dnsbl', `bl')dnl\nMAILER(`local')dnl\nMAILER(`smtp')dnl\n")
        found = run(BIN / "signet", "check", "-C", mc, ok=range(256))
        self.assertRegex(found.stdout + found.stderr, r"slip\.mc:2: FEATURE dnsbl: bl is no zone")


if __name__ == "__main__":
    unittest.main()
