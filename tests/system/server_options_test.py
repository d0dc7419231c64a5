"""What a site lets its clients and users ask, what it adds to their mail, and what it does when the host is short of something."""
import os
import re
import unittest

from harness import BIN, LOCAL, Scenario, call_as, run, server_context, wait_until

HELP = "#vers\t2\nsmtp\tAsk postmaster@$j\nvrfy\tVRFY\n"


class ServerOptions(Scenario):
    def start(self, mc, **more):
        return self.signet("us", "FEATURE(`accept_unresolvable_domains')dnl\n" + mc, queue="-q1h", **more)

    def test_help_comes_from_a_file(self):
        (self.folder / "help").write_text(HELP)
        us = self.start(f"define(`HELP_FILE', `{self.folder}/help')dnl\n")
        with us.client() as client:
            self.assertEqual(client.say("HELP"), "214-2.0.0 Ask postmaster@us.test\n214 2.0.0 End of HELP info")
            self.assertEqual(client.say("HELP mail"), '504 5.3.0 HELP topic "mail" unknown')

    def test_a_missing_help_file_is_worth_a_line(self):
        us = self.start("define(`HELP_FILE', `/no/such/help')dnl\n")
        us.wait_for(r"HelpFile: /no/such/help: No such file or directory")
        with us.client() as client:
            self.assertIn("MAIL", client.say("HELP"))

    def test_who_does_not_say_helo_is_warned_of(self):
        us = self.start("")
        for greeting in (None, "HELO x.test"):
            with us.client() as client:
                if greeting:
                    client.say(greeting)
                self.assertRegex(client.send_mail("a@else.test", "alice@us.test"), "^250 ")
        box = wait_until("both messages", lambda: us.mailbox("alice").count("\nSubject: test") == 2 and us.mailbox("alice"))
        self.assertEqual(box.count(f"X-Authentication-Warning: us.test: {LOCAL} [127.0.0.1] didn't use HELO protocol\n"), 1)

    def test_lines_that_are_no_commands_end_the_session(self):
        us = self.start("FEATURE(`check_other')dnl\n")
        with us.client() as client:
            self.assertRegex(client.say("nonsense"), "^500 ")
            self.assertEqual(client.say("Subject: test"), "421 4.7.0 bad command")
            self.assertEqual(client.reply(), "")
        us.wait_for(rf"ruleset=check_other, arg1=Subject: test, relay={re.escape(LOCAL)} \[127\.0\.0\.1\], reject=421 4\.7\.0 bad command$")

    def test_srv_features_turn_expn_off_and_on(self):
        access = self.make_map("access", "Srv_Features:127.0.0.2\tX\nSrv_Features:127.0.0.3\tx v\n")
        us = self.start(f"FEATURE(`access_db', `hash -T<TMPF> {access}')dnl\n")
        for source, there in (("127.0.0.1", True), ("127.0.0.2", False), ("127.0.0.3", True)):
            with self.subTest(source), us.client(source=source) as client:
                self.assertEqual("250-EXPN" in client.ehlo(), there)
                self.assertEqual(client.say("EXPN alice"), "250 2.1.5 <alice@us.test>" if there
                                 else "502 5.7.0 Sorry, we do not allow this operation")

    def test_a_message_without_recipients_gets_them(self):
        for action, field in (("add-to", "To: <alice@us.test>"), ("add-to-undisclosed", "To: undisclosed-recipients:;"), ("add-bcc", "Bcc:")):
            with self.subTest(action):
                us = self.signet(action, f"FEATURE(`accept_unresolvable_domains')dnl\ndefine(`confNO_RCPT_ACTION', `{action}')dnl\n"
                                 "LOCAL_DOMAIN(`us.test')dnl\n")
                with us.client() as client:
                    client.say("HELO x.test")
                    self.assertRegex(client.send_mail("a@else.test", "alice@us.test"), "^250")
                    self.assertRegex(client.send_mail("a@else.test", "bob@us.test", "Cc: c@else.test\r\n\r\nx\r\n"), "^250")
                box = wait_until("the message", lambda: us.mailbox("alice"))
                self.assertIn(f"\n{field}\n", box)
                self.assertNotRegex(wait_until("the other", lambda: us.mailbox("bob")), r"\n(To|Bcc):")

    def test_short_memory_keeps_mail_and_clients_waiting(self):
        much = 10**12
        us = self.start("LOCAL_CONFIG\n" f"O QueueLowMem={much}\n")
        with us.client() as client:
            client.say("HELO x.test")
            self.assertRegex(client.send_mail("a@else.test", "alice@us.test"), "^250")
        us.wait_for(r"to=<alice@us\.test>, .*stat=queued")
        self.assertIn("(1 request)", us.mailq())
        us.run_queue()
        wait_until("the message", lambda: us.mailbox("alice"))
        busy = self.signet("busy", "LOCAL_CONFIG\n" f"O RefuseLowMem={much}\n")
        with busy.client() as client:
            self.assertEqual(client.greeting, "421 4.3.2 Too busy, come back later.")

    def test_the_name_said_to_next_hops(self):
        hop = self.next_hop()
        us = self.start("define(`confHELO_NAME', `out.us.test')dnl\n"
                        f"define(`SMART_HOST', `esmtp:[127.0.0.1]:{hop.port}')dnl\n")
        with us.client() as client:
            client.say("HELO x.test")
            self.assertRegex(client.send_mail("a@else.test", "b@far.test"), "^250")
        hop.wait()
        self.assertEqual(hop.commands[0], "EHLO out.us.test")

    def test_next_hops_may_have_authorities_of_their_own(self):
        certs = self.pki()
        certs.make("hop")
        certs.make_ca("Other", "/O=Test/CN=Other CA")
        hop = self.next_hop(tls=server_context((certs.folder / "hop.pem", certs.folder / "hop.key")))
        for name, own, verify in (("general", "Other", "FAIL"), ("own", "CA", "OK")):
            us = self.signet(name, "FEATURE(`accept_unresolvable_domains')dnl\n"
                             f"define(`confCACERT', `{certs.folder}/Other.pem')dnl\n"
                             f"define(`SMART_HOST', `esmtp:[127.0.0.1]:{hop.port}')dnl\n"
                             f"LOCAL_CONFIG\nO ClientCACertFile={certs.folder}/{own}.pem\n")
            with us.client() as client:
                client.say("HELO x.test")
                self.assertRegex(client.send_mail("a@else.test", "b@far.test"), "^250")
            us.wait_for(rf"STARTTLS=client, relay=.*, verify={verify}, ")

    def test_the_queue_is_for_its_owner(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to be somebody else")
        self.folder.chmod(0o755)
        us = self.start("define(`confPRIVACY_FLAGS', `restrictmailq,restrictqrun')dnl\ndefine(`confDELIVERY_MODE', `queue')dnl\n")
        cf = self.folder / "us.cf"
        run(BIN / "signet", "mc", us.mc, "-o", cf)
        for command, words in ((["mailq"], "You are not permitted to see the queue\n"),
                               (["sendmail", "-bP"], "You are not permitted to see the queue\n"),
                               (["sendmail", "-q"], "You do not have permission to process the queue\n")):
            with self.subTest(command):
                done = call_as("nobody", BIN / command[0], *command[1:], "-C", cf)
                self.assertEqual((done.returncode, done.stderr), (77, words))
                self.assertEqual(run(BIN / command[0], *command[1:], "-C", cf).returncode, 0)


if __name__ == "__main__":
    unittest.main()
