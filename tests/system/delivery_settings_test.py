"""Settings of the delivering side, from the mc to the wire: who is asked last, what is said, who hears of a failure."""
import re
import unittest

from harness import LOCAL, Scenario, wait_until

SITE = """FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`access_db', `hash {access}')dnl
define(`confFALLBACK_MX', `[127.0.0.1]:{port}')dnl
define(`confSMTP_MAILER', `smtp8')dnl
define(`confRELAY_MAILER', `esmtp')dnl
define(`confHELO_NAME', `gate.relay.test')dnl
define(`confSOFT_BOUNCE', `True')dnl
define(`confCOPY_ERRORS_TO', `bob')dnl
define(`confERROR_MESSAGE', `Ask the people of $j.')dnl
define(`confMAILER_NAME', `ROBOT')dnl
define(`confPRIVACY_FLAGS', `noactualrecipient')dnl
define(`confCON_EXPENSIVE', `True')dnl
define(`confTIME_ZONE', `XYZ-5')dnl
MODIFY_MAILER_FLAGS(`RELAY', `+e')dnl
FEATURE(`mailertable', `hash {table}')dnl
define(`confRECEIVED_HEADER', `$?{{auth_type}}(from $j) by $j ($v/$Z)$|
    $?sfrom $s $.$?_($?s$|from $.$_)
    $.by $j (no version)$?r with $r$. id $i$?{{tls_version}}
    (version=${{tls_version}})$.$?u
    for $u; $|;
    $.$b$.')dnl
define(`confFROM_HEADER', `$?x$x <$g>$|<$g>$.')dnl
define(`confMESSAGEID_HEADER', `<$i.signet@$j>')dnl
"""


class DeliverySettings(Scenario):
    def test_each_has_its_effect(self):
        hop = self.next_hop(replies={"RCPT TO:<bad": "550 5.1.1 no such user"})
        names = self.name_server({"dest.test": "MX 10 gone.test"})
        access = self.make_map("access", "refused.test\tREJECT\nConnect:127.0.0.1\tRELAY\n")
        table = self.make_map("table", f"slow.test\trelay:[127.0.0.1]:{hop.port}\n")
        site = self.signet("relay", SITE.format(access=access, table=table, port=hop.port) + names.mc(), queue="-q1h")
        with site.client() as client:
            client.ehlo()
            self.assertRegex(client.say("MAIL FROM:<x@refused.test>"), r"^4[05]\d 4\.")
            self.assertRegex(client.say("RSET"), "^250")
            # To the fallback, by the name for EHLO.
            self.assertIn("250", client.send_mail("alice@relay.test", "good@dest.test"))
            self.assertEqual(hop.wait()[0][1], ["good@dest.test"])
            site.wait_for(r"to=<good@dest\.test>, .*mailer=smtp8, .*stat=Sent")
            self.assertIn("EHLO gate.relay.test", hop.commands)
            header = hop.messages[0][2].split(b"\r\n\r\n")[0].decode()
            self.assertRegex(header, rf"^Received: from client\.test \({re.escape(LOCAL)} \[127\.0\.0\.1\]\)\r\n"
                             r"\tby relay\.test \(no version\) with ESMTP id \w{14}\r\n"
                             r"\tfor <good@dest\.test>; \w+, .* \+0500\r\n")
            self.assertRegex(header, r"\nFrom: <alice@relay\.test>\r\n")
            self.assertRegex(header, r"\nMessage-Id: <\w{14}\.signet@relay\.test>")
            # Expensive.
            slow = client.send_mail("alice@relay.test", "u@slow.test").split()[2]
            site.wait_for(rf"^{slow}: to=<u@slow\.test>, .*mailer=relay, .*stat=queued$")
            # A failure, and its copy.
            failed = client.send_mail("alice@relay.test", "bad@dest.test").split()[2]
        site.wait_for(rf"^{failed}: \w{{14}}: DSN: User unknown$")
        site.wait_for(rf"^{failed}: \w{{14}}: postmaster notify: User unknown$")
        for user, subject in ("alice", "Returned mail"), ("bob", "Postmaster notify"):
            text = wait_until(f"a report for {user}", lambda user=user: site.mailbox(user))
            self.assertIn(f"Subject: {subject}: see transcript for details\n", text)
            self.assertIn("From: Mail Delivery Subsystem <ROBOT@relay.test>\n", text)
            self.assertIn("\nAsk the people of relay.test.\n", text)
            self.assertIn("\nFinal-Recipient: ", text)
            self.assertNotIn("X-Actual-Recipient", text)
        self.assertEqual(len(hop.messages), 1)
        site.run_queue()
        self.assertEqual(hop.wait(2)[1][1], ["u@slow.test"])


if __name__ == "__main__":
    unittest.main()
