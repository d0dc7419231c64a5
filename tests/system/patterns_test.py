"""HEADER_CHECK, REQUIRE_HEADER, *_PATTERN, protect_local_senders, sender_login, sendertable: on the real daemon, with its log."""
import unittest

from harness import BIN, Scenario, run

STRANGER = "127.0.0.2"
MESSAGE = "From: a@else.test\r\nMessage-Id: <1@else.test>\r\n{}\r\nhello\r\n"


class Patterns(Scenario):
    def start(self, mc, **more):
        names = self.name_server({"2.0.0.127.in-addr.arpa": "PTR mail.else.test", "mail.else.test": "A 127.0.0.2"})
        self.us = self.signet("us", f"FEATURE(`accept_unresolvable_domains')dnl\n{mc}{names.mc()}", **more)

    def answer(self, header, sender="a@else.test", text=MESSAGE, source=STRANGER):
        with self.us.client(source=source) as client:
            client.ehlo()
            return client.send_mail(sender, ["alice@us.test"], text.format(header))

    def explain(self, *words):
        return run(BIN / "signet", "explain", "-C", self.us.mc, *words, ok=(0, 1)).stdout

    def test_header_fields(self):
        self.start(r"""HEADER_CHECK(`Subject', `^(Re: )?ILOVEYOU$', `553 This, format: may be a worm')dnl
HEADER_CHECK(`X-Mailer', `bulk', `DISCARD')dnl
HEADER_CHECK(`*', `^x-held:.*yes', `QUARANTINE:held here')dnl
FEATURE(`require_message_id', `554 5.7.1 Header error')dnl
""")
        self.assertTrue(self.answer("Subject: hello\r\n").startswith("250"))
        self.us.wait_for(r"stat=Sent")
        self.assertEqual(self.answer("SUBJECT: Re:\r\n iloveyou\r\n"), "553 5.0.0 This, format: may be a worm")
        self.us.wait_for(r"ruleset=check_subject, arg1=Re: iloveyou, relay=mail\.else\.test \[127\.0\.0\.2\], "
                         r"reject=553 5\.0\.0 This, format: may be a worm$")
        self.assertTrue(self.answer("X-Mailer: Bulk 1\r\n").startswith("250"))
        self.us.wait_for(r"ruleset=check_x_mailer, arg1=Bulk 1, relay=.*, discard$")
        self.assertTrue(self.answer("X-Held: yes\r\n").startswith("250"))
        self.us.wait_for(r"ruleset=check_x_held, arg1=yes, relay=.*, quarantine=held here$")
        self.us.wait_for(r"stat=quarantined")
        self.assertEqual(self.answer("", text="From: a@else.test\r\n\r\nMessage-Id: <body@x>\r\n"), "554 5.7.1 Header error")
        self.assertEqual(self.answer("", text="Message-Id: none\r\n\r\nbody\r\n"), "554 5.7.1 Header error")
        self.us.wait_for(r"ruleset=check_message_id, arg1=none, .*reject=554 5\.7\.1 Header error$")
        # Our own clients' mail gets one.
        self.assertTrue(self.answer("", text="Subject: own\r\n\r\nbody\r\n", source="127.0.0.1").startswith("250"))
        self.assertEqual(self.us.mailbox("alice").count("\nSubject: hello\n"), 1)
        said = self.explain("client=192.0.2.7", "from=a@else.test", "to=alice@us.test", "header=Subject: ILOVEYOU")
        self.assertRegex(said, r"header: +553 5\.0\.0 This, format: may be a worm: HEADER_CHECK .*site\.mc:\d+")

    def test_rewritten_addresses(self):
        hop = self.next_hop()
        routes = self.make_map("routes", f"far.test\tesmtp:[127.0.0.1]:{hop.port}\n")
        self.start(rf"""REWRITE_SENDER(`^(.+)@([a-z]+)\.old\.test$', `\1.\2@new.test')dnl
REWRITE_RECIPIENT(`^(.+)-list@us\.test$', `\1@far.test')dnl
FEATURE(`mailertable', `hash {routes}')dnl
""")
        with self.us.client(source=STRANGER) as client:
            client.ehlo()
            client.send_mail("joe@lab.old.test", ["staff-list@us.test"],
                             "From: Joe <joe@lab.old.test>\r\nTo: staff-list@us.test, alice@us.test\r\nMessage-Id: <1@x.test>\r\n\r\nhello\r\n")
        [(sender, recipients, text)] = hop.wait()
        self.assertEqual((sender.split()[0], recipients), ("<joe.lab@new.test>", ["staff@far.test"]))
        self.assertIn(b"From: Joe <joe.lab@new.test>\r\nTo: staff@far.test, alice@us.test\r\n", text)
        said = self.explain("client=192.0.2.7", "from=joe@lab.old.test", "to=staff-list@us.test")
        self.assertRegex(said, r"rewrite: +REWRITE_RECIPIENT .*site\.mc:\d+ staff@far\.test")
        mc = self.us.mc.with_name("bad.mc")
        mc.write_text("OSTYPE(`linux')dnl\nREWRITE_SENDER(`^x', `\\1@y')dnl\nMAILER(`local')dnl\n")
        told = run(BIN / "signet", "check", "-C", mc, ok=(78,))
        self.assertRegex(told.stdout + told.stderr, r"bad\.mc:2: REWRITE_SENDER: replacement")

    def test_clients_helo_and_addresses(self):
        self.start(r"""FEATURE(`access_db', `hash {0}')dnl
CLIENT_PATTERN(`(dsl|dialup)[.-]', `550 5.7.1 Use your provider')dnl
SENDER_PATTERN(`^[0-9]+@(aol|msn)\.test$', `REJECT')dnl
RECIPIENT_PATTERN(`^x-', `REJECT')dnl
HELO_PATTERN(`^bad', `REJECT')dnl
FEATURE(`delay_checks')dnl
FEATURE(`protect_local_senders')dnl
""".replace("{0}", str(self.make_map("access", "From:bob@us.test\tOK\nFrom:77@aol.test\tOK\n"))))
        def rcpt(sender, helo="mail.else.test", to="alice@us.test"):
            with self.us.client(source=STRANGER) as client:
                client.ehlo(helo)
                client.say(f"MAIL FROM:<{sender}>")
                return client.say(f"RCPT TO:<{to}>")
        ok = "250 2.1.5 <alice@us.test>... Recipient ok"
        self.assertEqual(rcpt("a@else.test"), ok)
        self.assertEqual(rcpt("12@aol.test"), "550 5.7.1 <alice@us.test>... Access denied")
        self.assertEqual(rcpt("77@aol.test"), ok)
        self.assertEqual(rcpt("alice@us.test"), "550 5.7.1 <alice@us.test>... Authentication required to send as this address")
        self.assertEqual(rcpt("bob@us.test"), ok)
        self.assertEqual(rcpt("a@else.test", helo="badhost"), "550 5.7.1 <alice@us.test>... bogus HELO name used: badhost")
        self.assertEqual(rcpt("a@else.test", to="x-1@us.test"), "550 5.2.1 <x-1@us.test>... Mailbox disabled for this recipient")
        self.us.mc.write_text(self.us.mc.read_text().replace("(dsl|", "(mail|"))
        self.us.reload()
        self.assertEqual(rcpt("a@else.test"), "550 5.7.1 <alice@us.test>... Use your provider")

    def test_a_pattern_that_is_none_is_named(self):
        mc = self.folder / "bad.mc"
        mc.write_text("OSTYPE(`linux')dnl\nSENDER_PATTERN(`(abc', `REJECT')dnl\nMAILER(`local')dnl\n")
        said = run(BIN / "signet", "check", "-C", mc, ok=(78,))
        self.assertRegex(said.stdout + said.stderr, r"bad\.mc:2: SENDER_PATTERN: pattern \(abc: missing \): \(abc")

    def test_mail_goes_where_its_sender_sends(self):
        boss, hub = self.next_hop(), self.next_hop()
        senders = self.make_map("sendertable", f"boss@us.test\tesmtp:[127.0.0.1]:{boss.port}\n")
        self.start(f"FEATURE(`sendertable', `hash {senders}')dnl\ndefine(`SMART_HOST', `[127.0.0.1]:{hub.port}')dnl\n")
        for sender in ("boss@us.test", "bob@us.test"):
            with self.us.client() as client:
                client.ehlo()
                self.assertTrue(client.send_mail(sender, ["x@far.test"]).startswith("250"))
        self.assertEqual([sender.split()[0] for sender, _, _ in boss.wait(1)], ["<boss@us.test>"])
        self.assertEqual([sender.split()[0] for sender, _, _ in hub.wait(1)], ["<bob@us.test>"])


if __name__ == "__main__":
    unittest.main()
