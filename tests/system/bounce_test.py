"""Reports to senders: their structure (RFC 3464), who gets them, when, and what the log says."""
import email
import email.policy
import unittest

from harness import Scenario, route_to, wait_until

SITE = """FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`mailertable', `hash {table}')dnl
"""


class Bounces(Scenario):
    def start(self, more="", users=("alice", "bob", "postmaster"), queue="-q1s"):
        self.hop = self.next_hop(replies={"RCPT TO:<bad": "550 5.1.1 no such user here", "RCPT TO:<later": "450 4.2.1 try later"})
        self.home = self.next_hop()  # of the senders
        table = self.make_map("mailertable", route_to(dest_test=self.hop, sender_test=self.home, dead_test=self.deaf_port()))
        self.site = SITE.format(table=table)
        self.relay = self.signet("relay", more + self.site, users=users, queue=queue)

    def send(self, sender, recipients, text="From: <boss@sender.test>\r\nSubject: original\r\n\r\nsecret body\r\n"):
        with self.relay.client() as client:
            client.ehlo()
            answer = client.send_mail(sender, recipients, text)
            self.assertTrue(answer.startswith("250"), answer)
            return answer.split()[2]

    def report(self, number=1):
        sender, recipients, text = self.home.wait(number)[number - 1]
        self.assertEqual((sender.split()[0], recipients), ("<>", ["boss@sender.test"]))
        self.assertTrue(all(len(line) < 1000 for line in text.split(b"\r\n")))
        self.assertEqual(text.count(b"\n"), text.count(b"\r\n"))
        return self.structure(email.message_from_bytes(text, policy=email.policy.default))

    def structure(self, message):
        self.assertEqual(message.defects, [])
        self.assertEqual(message.get_content_type(), "multipart/report")
        self.assertEqual(message.get_param("report-type"), "delivery-status")
        self.assertEqual(message["From"], "Mail Delivery Subsystem <MAILER-DAEMON@relay.test>")
        for name in ("Date", "Message-Id", "MIME-Version", "Subject", "To", "Received"):
            self.assertEqual(len(message.get_all(name, [])), 1, name)
        words, status, original = message.iter_parts()
        self.assertEqual(words.get_content_type(), "text/plain")
        self.assertEqual(status.get_content_type(), "message/delivery-status")
        self.assertIn(original.get_content_type(), ("message/rfc822", "text/rfc822-headers"))
        self.assertIn("Subject: original", original.as_string())
        for part in (words, status, original):
            self.assertEqual(part.defects, [])
        about, *recipients = status.get_payload()
        self.assertEqual(about["Reporting-MTA"], "dns; relay.test")
        self.assertTrue(about["Arrival-Date"])
        for one in recipients:
            self.assertTrue(one["Last-Attempt-Date"])
            self.assertRegex(one["Status"], r"^[245]\.\d+\.\d+$")
        return message, words.get_content(), recipients

    def test_failure_is_reported_to_the_sender(self):
        self.start()
        queue_id = self.send("boss@sender.test", ["bad@dest.test", "good@dest.test", "bad2@dest.test"])
        message, words, recipients = self.report()
        self.assertEqual(message["Subject"], "Returned mail: see transcript for details")
        self.assertEqual(message["Auto-Submitted"], "auto-generated (failure)")
        self.assertEqual([one["Final-Recipient"] for one in recipients], ["RFC822; bad@dest.test", "RFC822; bad2@dest.test"])
        for one in recipients:
            self.assertEqual((one["Action"], one["Status"]), ("failed", "5.1.1"))
            self.assertEqual(one["Diagnostic-Code"], "SMTP; 550 5.1.1 no such user here")
            self.assertEqual(one["Remote-MTA"], "DNS; [127.0.0.1]")
        self.assertIn("----- The following addresses had permanent fatal errors -----", words)
        self.assertIn("<bad@dest.test>", words)
        self.assertIn("(reason: 550 5.1.1 no such user here)", words)
        self.assertIn("----- Transcript of session follows -----", words)
        self.assertIn("... while talking to [127.0.0.1]", words)
        self.assertIn("<<< 550 5.1.1 no such user here", words)
        self.assertNotIn("good@dest.test", words)
        bounce_id = self.relay.wait_for(rf"^{queue_id}: (\w{{14}}): DSN: User unknown$").group(1)
        self.relay.wait_for(rf"^{bounce_id}: to=<boss@sender\.test>, .*mailer=esmtp, .*stat=Sent")
        self.assertEqual(len(self.hop.messages), 1)
        self.assertEqual([line for line in self.relay.lines() if f"{bounce_id}: from=" in line], [])

    def test_null_sender_is_never_answered(self):
        self.start()
        queue_id = self.send("", "bad@dest.test")
        self.relay.wait_for(rf"^{queue_id}: \w{{14}}: return to sender: User unknown$")
        self.relay.wait_for(r"to=<?postmaster(@relay\.test)?>?, .*mailer=local, .*stat=Sent$")
        message, _, recipients = self.structure(
            email.message_from_string(self.relay.mailbox("postmaster").split("\n", 1)[1], policy=email.policy.default))
        self.assertEqual(recipients[0]["Final-Recipient"], "RFC822; bad@dest.test")
        self.assertIn("postmaster", message["To"])
        self.assertEqual(self.home.messages, [])

    def test_bounce_that_cannot_be_delivered_goes_to_the_postmaster_and_no_further(self):
        self.start("define(`confDOUBLE_BOUNCE_ADDRESS', `keeper')dnl\n")  # whom nobody knows
        self.home.replies["RCPT"] = "550 5.1.1 sender unknown"
        queue_id = self.send("boss@sender.test", "bad@dest.test")
        bounce_id = self.relay.wait_for(rf"^{queue_id}: (\w{{14}}): DSN: User unknown$").group(1)
        double_id = self.relay.wait_for(rf"^{bounce_id}: (\w{{14}}): return to sender: User unknown$").group(1)
        self.relay.wait_for(rf"^{double_id}: .*return to sender: dropped: ")
        wait_until("an empty queue", lambda: "empty" in self.relay.mailq())

    def test_what_waited_too_long_is_given_up(self):
        self.start("define(`confTO_QUEUERETURN', `3s')dnl\n")
        queue_id = self.send("boss@sender.test", ["u@dead.test", "good@dest.test"])
        message, words, recipients = self.report()
        self.relay.wait_for(rf"^{queue_id}: \w{{14}}: sender notify: Cannot send message for 3 seconds$")
        self.assertEqual(message["Subject"], "Returned mail: see transcript for details")
        self.assertEqual([(one["Final-Recipient"], one["Action"], one["Status"]) for one in recipients],
                         [("RFC822; u@dead.test", "failed", "4.4.7")])
        self.assertIn("Message could not be delivered for 3 seconds", words)
        self.assertIn("Message will be deleted from queue", words)
        wait_until("an empty queue", lambda: "empty" in self.relay.mailq())
        delays = [line for line in self.relay.lines() if f"{queue_id}: to=<u@dead.test>" in line]
        self.assertGreater(len(delays), 1)

    def test_sender_is_warned_once(self):
        self.start("define(`confTO_QUEUEWARN', `1s')dnl\ndefine(`confTO_QUEUERETURN', `6h')dnl\n")
        queue_id = self.send("boss@sender.test", "later@dest.test")
        silent_id = self.send("", "later@dest.test")
        message, words, recipients = self.report()
        self.assertEqual(message["Subject"], "Warning: could not send message for past 1 second")
        self.assertEqual(message["Auto-Submitted"], "auto-generated (warning-timeout)")
        self.assertIn("THIS IS A WARNING MESSAGE ONLY", words)
        self.assertIn("Warning: message still undelivered after 1 second", words)
        self.assertIn("Will keep trying until message is 6 hours old", words)
        one, = recipients
        self.assertEqual((one["Action"], one["Status"]), ("delayed", "4.2.1"))
        self.assertTrue(one["Will-Retry-Until"])
        self.relay.wait_for(rf"^{queue_id}: \w{{14}}: sender notify: Warning: could not send message for past 1 second$")
        self.relay.write("define(`confTO_QUEUEWARN', `1s')dnl\ndefine(`confTO_QUEUERETURN', `2s')dnl\n" + self.site)
        self.relay.reload()
        message, _, recipients = self.report(2)  # the end
        self.assertEqual((recipients[0]["Action"], recipients[0]["Status"]), ("failed", "4.4.7"))
        self.relay.wait_for(rf"^{silent_id}: \w{{14}}: return to sender: Cannot send message for 2 seconds$")
        self.assertEqual(len(self.home.messages), 2)

    def test_hostile_replies_do_not_break_a_report(self):
        self.start()
        self.hop.replies["RCPT TO:<evil"] = "550-5.1.1 \x01\x1b[31m\r\n550-5.1.1 --boundary\r\n550 5.1.1 " + "x" * 3000
        self.send("boss@sender.test", "evil@dest.test",
                  "Subject: original\r\nX-Long: " + "y" * 990 + "\r\n\r\nhello\r\n")
        self.report()
        self.relay.wait_for(r"to=<evil@dest\.test>.*stat=User unknown$")


if __name__ == "__main__":
    unittest.main()
