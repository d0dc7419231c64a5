"""What becomes of recipients by what the next hop answers, and how messages share connections."""
import socket
import unittest

from harness import Scenario, route_to

SITE = """FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`mailertable', `hash {table}')dnl
"""


def lose(connection, _):
    """The next hop vanishes in this place."""
    connection.shutdown(socket.SHUT_RDWR)


class Results(Scenario):
    def start(self, table, more="", **options):
        path = self.make_map("mailertable", table)
        self.relay = self.signet("relay", more + SITE.format(table=path), **({"queue": "-q30m"} | options))
        self.client = self.relay.client()
        self.addCleanup(self.client.close)
        self.client.ehlo()

    def send(self, recipients, **more):
        answer = self.client.send_mail("alice@relay.test", recipients, **more)
        self.assertTrue(answer.startswith("250"), answer)

    def outcome(self, recipient, count=1):
        """dsn, reply or None, stat of the `count`th attempt."""
        return self.relay.wait_for(rf"to=\S*<{recipient}>\S*, .* dsn=([\d.]+), (?:reply=(.*), )?stat=(.*)$", count).groups()

    def test_each_recipient_has_an_end_of_its_own(self):
        replies = {
            "RCPT TO:<later@": "450 4.2.1 try later", "RCPT TO:<bad@": "550 5.1.1 no such user here",
            "RCPT TO:<plain550@": "550 no", "RCPT TO:<moved@": "551 elsewhere", "RCPT TO:<full@": "552 5.2.2 full",
            "RCPT TO:<odd@": "553 5.1.3 odd", "RCPT TO:<plain451@": "451 hm",
        }
        table = [
            ("ok", "2.0.0", None, r"Sent (queued as 1)"),
            ("later", "4.2.1", "450 4.2.1 try later", "Deferred: 450 4.2.1 try later"),
            ("bad", "5.1.1", "550 5.1.1 no such user here", "User unknown"),
            ("plain550", "5.1.1", "550 no", "User unknown"),
            ("moved", "5.1.6", "551 elsewhere", "User unknown"),
            ("full", "5.2.2", "552 5.2.2 full", "Service unavailable"),
            ("odd", "5.1.3", "553 5.1.3 odd", "User unknown"),
            ("plain451", "4.0.0", "451 hm", "Deferred: 451 hm"),
        ]
        for hops, pipelining in enumerate((True, False), 1):
            with self.subTest(pipelining=pipelining):
                hop = self.next_hop(replies=replies, keywords=("PIPELINING",) if pipelining else ("SIZE",))
                name = f"p{int(pipelining)}"
                self.start(route_to(**{f"{name}_test": hop}))
                self.send([f"{user}@{name}.test" for user, *_ in table])
                for user, dsn, reply, stat in table:
                    self.assertEqual(self.outcome(f"{user}@{name}.test"), (dsn, reply, stat))
                self.assertEqual([to for _, to, _ in hop.messages], [[f"ok@{name}.test"]])
                asked = [line[9:-1].split("@")[0] for line in hop.commands if line.startswith("RCPT")]
                self.assertEqual(asked, [user for user, *_ in table])  # in the order they came
                self.relay.wait_for(r"to=<alice@relay\.test>.*mailer=local.*stat=Sent$")
                self.assertEqual(self.relay.mailbox("alice").count("Action: failed"), 5 * hops)
                self.relay.stop()

    def test_refusals_in_every_place(self):
        table = [
            ("mail5", {"MAIL": "550 5.7.1 not you"}, "5.7.1", "550 5.7.1 not you", "Service unavailable"),
            ("mail501", {"MAIL": "501 what"}, "5.5.2", "501 what", "Data format error"),
            ("mail4", {"MAIL": "451 4.3.0 no"}, "4.3.0", "451 4.3.0 no", "Deferred: 451 4.3.0 no"),
            ("data5", {"DATA": "554 5.3.4 no"}, "5.3.4", "554 5.3.4 no", "Service unavailable"),
            ("data4", {"DATA": "452 4.3.1 no"}, "4.3.1", "452 4.3.1 no", "Deferred: 452 4.3.1 no"),
            ("dot5", {".": "554 5.6.0 spam"}, "5.6.0", "554 5.6.0 spam", "Service unavailable"),
            ("dot4", {".": "451 4.7.1 greylisted"}, "4.7.1", "451 4.7.1 greylisted", "Deferred: 451 4.7.1 greylisted"),
            ("odd", {".": "650 what"}, None, None, None),
            ("greeting4", {"GREETING": "450 4.3.2 busy"}, "4.3.2", None, None),
            ("greeting5", {"GREETING": "554 5.3.2 never"}, "5.3.2", None, None),
            ("helo4", {"EHLO": "450 4.3.2 busy"}, "4.3.2", None, None),
        ]
        hops = {name: self.next_hop(replies=replies) for name, replies, *_ in table}
        self.start(route_to(**{f"{name}_test": hop for name, hop in hops.items()}))
        for name in hops:
            self.send(f"u@{name}.test")
        for name, _, dsn, reply, stat in table:
            with self.subTest(name):
                got = self.outcome(f"u@{name}.test")
                if reply is None:
                    self.assertEqual(got[0], dsn or got[0])
                else:
                    self.assertEqual(got, (dsn, reply, stat))
                self.assertEqual(hops[name].messages, [])

    def test_421_and_lost_connections_are_tried_again(self):
        places = ("GREETING", "EHLO", "MAIL", "RCPT", "DATA", ".")
        hops = {}
        for place in places:
            word = place.lower().replace(".", "dot")
            hops[f"says-{word}"] = self.next_hop(replies={place: "421 4.3.2 going down"})
            hops[f"lost-{word}"] = self.next_hop(replies={place: lose})
        self.start(route_to(**{f"{name}_test": hop for name, hop in hops.items()}))
        for name in hops:
            self.send([f"u@{name}.test", f"v@{name}.test"])
        for name in hops:
            for user in "uv":
                with self.subTest(f"{user}@{name}"):
                    dsn, reply, stat = self.outcome(f"{user}@{name}.test")
                    if name.startswith("says-"):
                        self.assertEqual((dsn, stat), ("4.3.2", "Deferred: 421 4.3.2 going down"))
                    else:
                        self.assertEqual((dsn, reply), ("4.4.2" if name != "lost-greeting" else dsn, None))
                        self.assertRegex(stat, r"^Deferred: Connection reset by \[127\.0\.0\.1\]\.$")
        for hop in hops.values():
            hop.replies.clear()
        self.relay.stop()
        # Another life, where the next hops have come to their senses: nothing was lost.
        self.relay.start()
        self.relay.run_queue()
        for name, hop in hops.items():
            with self.subTest(name):
                hop.wait(1)
                self.assertEqual(sorted(hop.messages[0][1]), [f"u@{name}.test", f"v@{name}.test"])

    def test_what_the_next_hop_cannot_take(self):
        small = self.next_hop(keywords=("SIZE 1000", "PIPELINING"))
        seven = self.next_hop(keywords=("SIZE", "PIPELINING"))
        helo = self.next_hop(replies={"EHLO": "502 5.5.1 what"})
        self.start(route_to(small_test=small, seven_test=seven, helo_test=helo))
        self.send("u@small.test", text="Subject: big\r\n\r\n" + ("x" * 70 + "\r\n") * 20)
        dsn, _, stat = self.outcome("u@small.test")
        self.assertEqual((dsn, stat), ("5.3.4", "Service unavailable"))
        self.assertEqual([line for line in small.commands if line.startswith("DATA")], [])
        self.send("u@small.test", text="Subject: small\r\n\r\nhello\r\n")
        small.wait(1)
        # 8-bit content goes as it is, as with sendmail's pass8.
        self.client.say("MAIL FROM:<alice@relay.test> BODY=8BITMIME")
        self.client.say("RCPT TO:<u@seven.test>")
        self.client.say("DATA")
        self.client.send(b"Subject: eight\r\n\r\n\xe4\xf6\xfc\r\n")
        self.assertTrue(self.client.say(".").startswith("250"))
        self.assertEqual(self.outcome("u@seven.test")[0], "2.0.0")
        self.assertIn(b"\xe4\xf6\xfc\r\n", seven.wait()[0][2])
        self.assertNotIn("BODY", "".join(seven.commands))
        self.send("u@helo.test")
        helo.wait(1)

    def test_many_recipients_share_transactions(self):
        hop = self.next_hop()
        self.start(route_to(many_test=hop, also_test=hop))
        users = [f"u{i}@many.test" for i in range(250)] + ["one@also.test"]
        self.send(users)
        hop.wait(3)
        self.relay.wait_for(r": done; delay=|to=.*<u249@many\.test>")
        self.assertEqual(sorted(user for _, to, _ in hop.messages for user in to), sorted(users))
        self.assertLessEqual(max(len(to) for _, to, _ in hop.messages), 251)
        self.assertLessEqual(len(hop.messages), 4)
        order = [line for line in hop.commands if line.startswith("RCPT")]
        self.assertEqual(len(order), 251)

    def test_messages_share_connections(self):
        hop = self.next_hop()
        self.start(route_to(busy_test=hop))
        for i in range(50):
            self.send(f"u{i}@busy.test")
        hop.wait(50)
        self.assertLessEqual(hop.sessions, 20)
        self.assertEqual(sorted(to[0] for _, to, _ in hop.messages), sorted(f"u{i}@busy.test" for i in range(50)))
        self.relay.stop()
        self.assertEqual(hop.commands.count("QUIT"), hop.sessions)

    def test_dots_and_lines_arrive_as_they_were(self):
        hop = self.next_hop()
        self.start(route_to(exact_test=hop))
        body = ".\r\n..\r\n.x\r\n\r\n" + "y" * 5000 + "\r\n" + "end.\r\n"
        self.client.say("MAIL FROM:<alice@relay.test>")
        self.client.say("RCPT TO:<u@exact.test>")
        self.client.say("DATA")
        stuffed = "".join("." + line if line.startswith(".") else line for line in body.splitlines(True))
        self.client.send("Subject: exact\r\n\r\n" + stuffed)
        self.assertTrue(self.client.say(".").startswith("250"))
        hop.wait(1)
        self.assertTrue(hop.messages[0][2].endswith(b"\r\n\r\n" + body.encode()), hop.messages[0][2][-200:])
        # Without a header the empty line is ours, or the client's.
        for count, text in enumerate(("plain\r\n\r\ntext\r\n", "\r\nplain\r\n\r\ntext\r\n"), 2):
            self.assertIn("250", self.client.send_mail("alice@relay.test", "u@exact.test", text))
            self.assertEqual(hop.wait(count)[-1][2].split(b"\r\n\r\n", 1)[1], b"plain\r\n\r\ntext\r\n")

    def test_routes(self):
        first, second, smart, dead = self.next_hop(), self.next_hop(), self.next_hop(), self.deaf_port()
        self.start("refused.test\terror:5.7.1:550 we do not write to them\n"
                   "gone.test\terror:nohost no such place\n"
                   "here.test\tlocal:\n"
                   f"list.test\tesmtp:[127.0.0.1]:{dead.port}:[127.0.0.1]:{second.port}\n"
                   f".sub.test\tesmtp:[127.0.0.1]:{first.port}\n",
                   more=f"define(`SMART_HOST', `esmtp:[127.0.0.1]:{smart.port}')dnl\n")
        self.client.say("MAIL FROM:<alice@relay.test>")
        self.assertEqual(self.client.say("RCPT TO:<bob@refused.test>"),
                         "550 5.7.1 <bob@refused.test>... we do not write to them")
        self.assertRegex(self.client.say("RCPT TO:<bob@gone.test>"), r"^550 5\.1\.2 .*no such place$")
        self.client.say("RSET")
        for domain in ("here", "list", "x.y.sub", "elsewhere"):
            self.send(f"bob@{domain}.test")
        self.relay.wait_for(r"to=<bob@here\.test>, .*mailer=local, .*stat=Sent$")
        self.assertEqual(second.wait(1)[0][1], ["bob@list.test"])
        self.assertEqual(first.wait(1)[0][1], ["bob@x.y.sub.test"])
        self.assertEqual(smart.wait(1)[0][1], ["bob@elsewhere.test"])


if __name__ == "__main__":
    unittest.main()
