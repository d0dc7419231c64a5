"""FEATURE(`virtusertable'): mail for virtual domains, on the real daemon: accepted, refused, led on; and what explain says."""
import unittest

from harness import BIN, Scenario, route_to, run, wait_until

TABLE = """info@shop.test\talice
sales+*@shop.test\t%2@us.test
far@shop.test\tboss@dest.test
gone@shop.test\terror:5.1.6:550 moved away
full@shop.test\terror:4.2.2:450 come back later
office@shop.test\tinfo@shop.test
loop@shop.test\tloop@shop.test
lost@shop.test\tnobody
@all.test\t%1%3@dest.test
carol@us.test\talice
"""
STRANGER = "127.0.0.2"


class Virtusertable(Scenario):
    def start(self, more=""):
        self.dest = self.next_hop()
        routes = self.make_map("mailertable", route_to(dest_test=self.dest) + "inner.test\tlocal:bob\n")
        self.table = self.folder / "virtusertable"
        self.table.write_text(TABLE)
        self.make_map("virtusertable", TABLE)
        (self.folder / "domains").write_text("all.test\n")
        self.us = self.signet("us", f"""FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`mailertable', `hash {routes}')dnl
FEATURE(`virtusertable', `hash -o {self.table}')dnl
VIRTUSER_DOMAIN(`shop.test inner.test')dnl
VIRTUSER_DOMAIN_FILE(`{self.folder}/domains')dnl
{self.name_server({'2.0.0.127.in-addr.arpa': 'PTR mail.else.test', 'mail.else.test': 'A 127.0.0.2'}).mc()}{more}""", users=("alice", "bob"))

    def replies(self, *recipients):
        """What a stranger hears at RCPT."""
        with self.us.client(source=STRANGER) as client:
            client.ehlo()
            client.say("MAIL FROM:<a@else.test>")
            return [client.say(f"RCPT TO:<{one}>") for one in recipients]

    def test_each_recipient_is_judged_at_rcpt(self):
        self.start()
        for address in ("info@shop.test", "INFO@Shop.TEST", "far@shop.test", "office@shop.test", "x@all.test", "x@inner.test"):
            self.assertEqual(self.replies(address), [f"250 2.1.5 <{address}>... Recipient ok"])
        for address, reply in (
                ("gone@shop.test", "550 5.1.6 <gone@shop.test>... moved away"),
                ("full@shop.test", "450 4.2.2 <full@shop.test>... come back later"),
                ("else@shop.test", "550 5.1.1 <else@shop.test>... User unknown"),
                ("lost@shop.test", "550 5.1.1 <lost@shop.test>... User unknown"),
                ("loop@shop.test", "451 4.3.5 Local configuration error")):
            self.assertEqual(self.replies(address), [reply])
            self.us.wait_for(reply[10:].replace("...", r"\.\.\.") + "$")
        self.us.wait_for(r"SYSERR\(root\): virtusertable:loop@shop.test loop@shop.test: entries lead in a circle$")
        self.assertEqual(self.replies("info@sub.shop.test")[0][:3], "250")   # class R is whole domains, as ever
        self.assertEqual(self.replies("x@dest.test")[0][:3], "550")         # only by way of the table

    def test_a_changed_map_is_taken_up_within_a_session(self):
        self.start()
        with self.us.client(source=STRANGER) as client:
            client.ehlo()
            client.say("MAIL FROM:<a@else.test>")

            def rewritten(text, recipient, code):
                self.make_map("virtusertable", text)
                wait_until(f"{code} for {recipient}", lambda: client.say(f"RCPT TO:<{recipient}>").startswith(code))

            self.assertEqual(client.say("RCPT TO:<new@shop.test>")[:3], "550")
            rewritten(TABLE + "new@shop.test\talice\n", "new@shop.test", "250")
            rewritten(TABLE.replace("info@shop.test\talice", "info@shop.test\terror:5.1.6:550 gone"), "info@shop.test", "550")
        self.us.reload()    # the new site's maps are kept too
        rewrite = TABLE + "later@shop.test\talice\n"
        self.make_map("virtusertable", rewrite)
        wait_until("a map of the new site", lambda: self.replies("later@shop.test")[0].startswith("250"))
        self.make_map("virtusertable", TABLE)
        wait_until("once more", lambda: self.replies("later@shop.test")[0].startswith("550"))

    def test_mail_arrives_where_the_table_says(self):
        self.start()
        with self.us.client(source=STRANGER) as client:
            client.ehlo()
            answer = client.send_mail("a@else.test", ["info@shop.test", "office@shop.test", "carol@us.test", "sales+bob@shop.test",
                                                      "far@shop.test", "me+tag@all.test", "x@inner.test"])
            self.assertTrue(answer.startswith("250"), answer)
        for one in ("alice", "bob@us.test", "x@inner.test", "boss@dest.test"):
            self.us.wait_for(rf"to=<{one}>.* stat=Sent")
        self.assertEqual(self.us.mailbox("alice").count("\nSubject: test\n"), 1)     # one letter, however often named
        self.assertEqual(self.us.mailbox("bob").count("\nSubject: test\n"), 2)
        got = sorted(one for _, recipients, _ in self.dest.wait(1) for one in recipients)
        self.assertEqual(got, ["boss@dest.test", "me+tag@dest.test"])

    def test_a_changed_table_is_taken_up(self):
        self.start("FEATURE(`virtuser_entire_domain')dnl\n")
        self.assertEqual(self.replies("info@sub.shop.test"), ["550 5.1.1 <info@sub.shop.test>... User unknown"])
        self.make_map("virtusertable", TABLE + "info@sub.shop.test\talice\n")
        wait_until("the new entry", lambda: self.replies("info@sub.shop.test")[0].startswith("250"))

    def test_explain_names_each_entry(self):
        self.start()

        def ask(to, status=0):
            done = run(BIN / "signet", "explain", "-C", self.us.mc, "client=192.0.2.1", "from=a@else.test", f"to={to}", ok=(status,))
            return [line for line in done.stdout.splitlines() if line.startswith(("virtual:", "result:"))]

        self.assertEqual(ask("office@shop.test"), [
            f"virtual:     virtusertable:office@shop.test info@shop.test ({self.table} line 6)",
            f"virtual:     virtusertable:info@shop.test alice ({self.table} line 1)",
            "result:      to the mailbox of alice: unqualified"])
        self.assertEqual(ask("me+tag@all.test")[0], f"virtual:     virtusertable:@all.test me+tag@dest.test ({self.table} line 9)")
        self.assertEqual(ask("gone@shop.test", 1)[1], "result:      550 5.1.6 moved away: virtusertable:gone@shop.test")
        self.assertEqual(ask("else@shop.test", 1), ["result:      550 5.1.1 User unknown: no entry of virtusertable"])


if __name__ == "__main__":
    unittest.main()
