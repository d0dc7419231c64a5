"""Mail that waits: what mailq shows, when it is tried again, and that restarts and reloads lose none of it."""
import pathlib
import threading
import unittest

from harness import Scenario, route_to, wait_until

SITE = """FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`mailertable', `hash {table}')dnl
"""
LARGE = 20 * 1024 * 1024


class Queue(Scenario):
    def start(self, more="", queue="-q1s", **hops):
        table = self.make_map("mailertable", route_to(**hops))
        self.relay = self.signet("relay", more + SITE.format(table=table), queue=queue)

    def send(self, recipient, text="Subject: test\r\n\r\nhello\r\n"):
        with self.relay.client() as client:
            client.ehlo()
            answer = client.send_mail("alice@relay.test", recipient, text)
            self.assertTrue(answer.startswith("250"), answer)
            return answer.split()[2]

    def wait_for_empty(self):
        wait_until("an empty queue", lambda: "empty" in self.relay.mailq())

    def test_waits_for_a_next_hop_and_survives_restarts(self):
        deaf = self.deaf_port()
        self.start(down_test=deaf)
        queue_id = self.send("u@down.test")
        reason = r"Deferred: Connection refused by \[127\.0\.0\.1\]\."
        self.relay.wait_for(rf"^{queue_id}: to=<u@down\.test>, .*dsn=4\.4\.1, stat={reason}$")
        # The reason is written behind the attempt, together with what else is to be written.
        shown = wait_until("a reason in mailq", lambda: "(Deferred: " in (text := self.relay.mailq()) and text)
        self.assertRegex(shown, rf"(?m)^{queue_id}\*? +\d+ .*<alice@relay\.test>$")
        self.assertRegex(shown, rf"\({reason}\)")
        self.assertIn("<u@down.test>", shown)
        self.assertRegex(shown, r"Total requests: 1$")
        self.relay.wait_for(rf"^{queue_id}: to=.*stat={reason}$", count=2)  # a queue run of its own
        self.relay.stop()
        self.assertIn(queue_id, self.relay.mailq())  # also without the daemon
        self.relay.start()
        back = self.next_hop(on=deaf)
        self.assertEqual(back.wait(1)[0][1], ["u@down.test"])
        self.relay.wait_for(rf"^{queue_id}: to=<u@down\.test>, .*dsn=2\.0\.0, stat=Sent \(queued as 1\)$")
        self.wait_for_empty()
        self.assertEqual(len(back.messages), 1)

    def test_min_queue_age_holds_queue_runs_back_but_not_orders(self):
        hop, live = self.next_hop(replies={"RCPT": "450 4.2.1 later"}), self.next_hop()
        self.start("define(`confMIN_QUEUE_AGE', `1h')dnl\n", slow_test=hop, live_test=live)
        queue_id = self.send("u@slow.test")
        self.relay.wait_for(rf"^{queue_id}: to=.*stat=Deferred: 450")
        hop.replies.clear()
        self.relay.reload()  # changes nothing about it
        self.send("u@live.test")
        live.wait(1)
        self.assertEqual(hop.messages, [])
        self.relay.run_queue()
        hop.wait(1)

    def test_queued_only_until_somebody_asks(self):
        hop = self.next_hop()
        self.start("define(`confDELIVERY_MODE', `queue')dnl\n", queue="-q1h", down_test=hop)
        ids = [self.send(f"u{i}@down.test") for i in range(3)]
        for queue_id in ids:
            self.relay.wait_for(rf"^{queue_id}: to=<u\d@down\.test>, delay=00:00:\d\d, mailer=esmtp, pri=\d+, stat=queued$")
            self.assertIn(queue_id, self.relay.mailq())
        self.assertEqual(hop.sessions, 0)
        self.relay.run_queue()
        hop.wait(3)
        self.wait_for_empty()
        # A start is a queue run, too, as in sendmail.
        self.send("u3@down.test")
        self.relay.stop()
        self.assertEqual(len(hop.messages), 3)
        self.relay.start()
        hop.wait(4)

    def test_large_messages_are_not_held_in_memory(self):
        hop = self.next_hop()
        down = self.deaf_port()
        self.start(large_test=hop, down_test=down)
        self.send("warm@large.test")
        hop.wait(1)

        def highest():
            text = pathlib.Path(f"/proc/{self.relay.engine()}/status").read_text()
            return int(text.split("VmHWM:")[1].split()[0]) * 1024
        before = highest()
        # No message fits into that. An address sanitizer keeps what was freed.
        sanitized = "libasan" in pathlib.Path(f"/proc/{self.relay.engine()}/maps").read_text()
        most = 100 * LARGE if sanitized else LARGE // 2
        text = "Subject: large\r\n\r\n" + ("0123456789" * 7 + "\r\n") * (LARGE // 72)
        for recipient in ("big@large.test", "big@down.test"):
            self.send(recipient, text)
        hop.wait(2)
        self.assertEqual(len(hop.messages[1][2].split(b"\r\n\r\n", 1)[1]), len(text.split("\r\n\r\n", 1)[1]))
        bodies = list((self.relay.folder / "queue").glob("**/*.body"))
        self.assertIn(len(bodies), (1, 2))
        self.assertLess(highest() - before, most)
        self.relay.stop()
        self.relay.start()
        back = self.next_hop(on=down)
        self.relay.run_queue()
        back.wait(1)
        self.assertGreater(len(back.messages[0][2]), LARGE - 72)
        self.wait_for_empty()
        wait_until("no bodies left", lambda: not list((self.relay.folder / "queue").glob("**/*.body")))
        self.assertLess(highest() - before, most)

    def test_reload_under_traffic_loses_nothing(self):
        hop = self.next_hop()
        self.start(busy_test=hop)
        done, answers = threading.Event(), []

        def sends(number):
            with self.relay.client() as client:
                client.ehlo()
                for i in range(60):
                    answers.append(client.send_mail("alice@relay.test", f"u{number}-{i}@busy.test"))
        threads = [threading.Thread(target=sends, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()

        def ends():
            for thread in threads:
                thread.join()
            done.set()
        threading.Thread(target=ends).start()
        reloads = 0
        while not done.is_set() or reloads < 3:
            self.relay.reload()
            reloads += 1
        self.assertEqual([answer for answer in answers if not answer.startswith("250")], [])
        self.assertEqual(len(answers), 240)
        hop.wait(240)
        self.wait_for_empty()
        wanted = sorted(f"u{n}-{i}@busy.test" for n in range(4) for i in range(60))
        self.assertEqual(sorted(to[0] for _, to, _ in hop.messages), wanted)


if __name__ == "__main__":
    unittest.main()
