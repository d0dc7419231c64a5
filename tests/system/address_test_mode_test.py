"""sendmail -bt from a pipe, and what sendmail says of itself: -d0.1, -bP, -bh, -bH, -bC."""
import subprocess
import unittest

from harness import BIN, LOCAL, Scenario, run

BANNER = "ADDRESS TEST MODE (ruleset 3 NOT automatically invoked)\nEnter <ruleset> <address>\n> "


class AddressTestMode(Scenario):
    def setUp(self):
        super().setUp()
        access = self.make_map("access", "Connect:192.0.2.1\tREJECT\nTo:friend.test\tRELAY\nTLS_Srv:tls.test\tVERIFY\n"
                               "From:bad@far.test\tREJECT\n")
        mailertable = self.make_map("mailertable", "far.test\tesmtp:[hub.test]\n")
        virtual = self.make_map("virtusertable", "info@virtual.test\talice\n")
        self.mx = self.signet("mx", f"FEATURE(`access_db', `hash {access}')dnl\nFEATURE(`mailertable', `hash {mailertable}')dnl\n"
                              f"FEATURE(`virtusertable', `hash {virtual}')dnl\nVIRTUSER_DOMAIN(`virtual.test')dnl\n"
                              "MASQUERADE_AS(`shown.test')dnl\n")

    def ask(self, *lines):
        done = run(BIN / "sendmail", "-bt", "-C", self.mx.mc, input="\n".join(lines) + "\n")
        self.assertTrue(done.stdout.startswith(BANNER), done.stdout)
        return done.stdout[len(BANNER):].split("> ")

    def test_answers(self):
        table = [
            ("$m", "test\n"), ("$j", "mx.test\n"), ("$w", "mx\n"), ("$X", "Undefined\n"), ("${nope}", "Undefined\n"),
            ("/map access connect:192.0.2.1", "map_lookup: access (connect:192.0.2.1) returns REJECT (0)\n"),
            ("/map access To:Friend.test", "map_lookup: access (To:Friend.test) returns RELAY (0)\n"),
            ("/map access nosuch", "map_lookup: access (nosuch) no match (0)\n"),
            ("/map nosuch key", 'Map named "nosuch" not found\n'), ("/map", "Usage: /map mapname key\n"),
            ("/map access", "No key specified\n"), ("/parse", "Usage: /parse address\n"), ("/mx", "Usage: /mx address\n"),
            ("/canon", "Usage: /canon address\n"), ("/try", "Usage: /try mailer address\n"), ("/try none a@b", "Unknown mailer none\n"),
            ("/tryflags", "Usage: /tryflags [Hh|Ee][Ss|Rr]\n"), (".X", "Usage: .[DC]macro value(s)\n"),
            (".D", "Name required for macro/class\n"), ("=", "Usage: =Sruleset or =M\n"), ("=Q", 'Unknown "=" command =Q\n'),
            ("/foo", 'Unknown "/" command /foo\n'), ("parse", "No address!\n"), ("# nothing", ""), ("", ""),
            ("/parse a@far.test", "Parsing envelope recipient address\nrule mailertable:far.test\n"
                                  "mailer esmtp, host [hub.test], user a@far.test\n"),
            ("/parse info@virtual.test", "Parsing envelope recipient address\nrule virtusertable:info@virtual.test alice\n"
                                         "rule unqualified\nmailer local, user alice\n"),
            ("/try esmtp a@far.test", "Trying envelope recipient address a@far.test for mailer esmtp\nRcode = 0, addr = a@far.test\n"),
            (f"/canon {LOCAL}", f"getcanonname({LOCAL}) returns {LOCAL}\n"),
            ("check_relay x.test $| 192.0.2.1", 'check_relay        input: x.test $| 192.0.2.1\ncheck_relay      returns: '
             '$# error $@ 5.7.1 $: "550 5.7.1 Access denied"\nrule access:Connect:192.0.2.1 REJECT\n'),
        ]
        answers = self.ask(*(question for question, _ in table))
        for (question, answer), said in zip(table, answers):
            with self.subTest(question):
                self.assertEqual(said, answer)

    def test_decisions_follow_macros_and_classes(self):
        said = self.ask("check_rcpt a@else.test", ".D{client_addr}203.0.113.5", "check_rcpt a@else.test", "check_rcpt a@friend.test",
                        ".CRelse.test", "check_rcpt a@else.test", "check_mail bad@far.test", ".D{server_name}tls.test",
                        ".D{server_addr}192.0.2.9", "tls_server NO", "tls_server OK", "Local_check_mail x", "3,0 a@far.test", "=S")
        self.assertIn("returns: RELAY", said[0])
        self.assertIn("5.7.1", said[2])
        self.assertIn("rule access:To:friend.test RELAY", said[3])
        self.assertIn("returns: RELAY", said[5])
        self.assertIn("rule access:From:bad@far.test REJECT", said[6])
        self.assertIn("not authenticated", said[9])
        self.assertNotIn("error", said[10])
        self.assertIn("rules are not run here", said[11])
        self.assertIn("mailer esmtp, host [hub.test]", said[12])
        self.assertIn("docs/rulesets.md", said[13])

    def test_quit_flags_and_classes(self):
        said = self.ask("/tryflags HS", "/try esmtp alice@mx.test", "$=w", ".Cwmore.test", "$=w", "$={VirtHost}", "=M", "/quit", "$j")
        self.assertIn("Trying header sender address", said[1])
        self.assertIn("addr = alice@shown.test", said[1])
        self.assertIn("mx.test\n", said[2])
        self.assertIn("more.test\n", said[4])
        self.assertEqual(said[5], "virtual.test\n")
        self.assertIn("(local): to the mailbox", said[6])
        self.assertEqual(said[-1], "", "nothing behind /quit is answered")

    def test_about(self):
        def call(*args, status=0):
            done = subprocess.run([BIN / "sendmail", *args, "-C", self.mx.mc], text=True, capture_output=True, timeout=60,
                                  stdin=subprocess.DEVNULL, check=False)
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            return done.stdout + done.stderr
        said = call("-d0.1", "-bt")
        self.assertRegex(said, r"^Version \S+ \(Signet\)\n Compiled with: ")
        self.assertIn("  (canonical domain name) $j = mx.test\n", said)
        self.assertNotIn("a.k.a.", said)
        self.assertIn("a.k.a.: localhost", call("-d0.4", "-bt"))
        self.assertIn(f"{self.mx.folder}/pid (selected)", call("-d0.13", "-bt"))
        self.assertNotIn("Version", call("-d8.99", "-bt"))
        self.assertIn("entries=0, quarantined=0\n\t\tTotal requests: 0\n", call("-bP"))
        self.assertIn("not on disk", call("-bh", status=69))
        self.assertEqual(call("-bH"), "")
        self.assertIn("host name: mx.test", call("-bC"))


if __name__ == "__main__":
    unittest.main()
