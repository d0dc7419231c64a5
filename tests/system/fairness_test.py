"""Next hops that hang or are dead, mailboxes that stay locked: they hold up their own mail only."""
import fcntl
import pathlib
import resource
import threading
import unittest

from harness import Scenario, route_to, wait_until

SITE = """FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`mailertable', `hash {table}')dnl
"""
MANY = 1000
SENDERS = 4
SOON = 15  # seconds for live mail beside all that; what is in its way stays there for longer
PER_HOP = 20
DESCRIPTORS = 1024


class Fairness(Scenario):
    def setUp(self):
        super().setUp()
        self.release = threading.Event()
        self.addCleanup(self.release.set)

    def hangs(self, *_):
        self.release.wait(60)
        return "250 hop.test"

    def flood(self, address_of):
        """Sends MANY messages, over a few sessions at once."""
        failed = []

        def sends(number):
            with self.relay.client() as client:
                client.ehlo()
                for i in range(number, MANY, SENDERS):
                    answer = client.send_mail("alice@relay.test", address_of(i))
                    if not answer.startswith("250"):
                        failed.append(answer)
        threads = [threading.Thread(target=sends, args=(i,)) for i in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])

    def live_mail_gets_through(self, live):
        for i in range(5):
            with self.relay.client() as client:
                client.ehlo()
                self.assertTrue(client.send_mail("alice@relay.test", f"u{i}@live.test").startswith("250"))
            live.wait(i + 1, SOON)

    def descriptors(self):
        return len(list(pathlib.Path(f"/proc/{self.relay.engine()}/fd").iterdir()))

    def test_mailbox_that_its_user_keeps_locked(self):
        self.relay = self.signet("relay", "FEATURE(`accept_unresolvable_domains')dnl\n")
        with open(self.relay.folder / "mail" / "alice", "a") as box, self.relay.client() as client:
            fcntl.lockf(box, fcntl.LOCK_EX)
            client.ehlo()
            for _ in range(12):
                self.assertIn("Message accepted", client.send_mail("a@b.test", "alice@relay.test"))
            self.assertIn("Message accepted", client.send_mail("a@b.test", "bob@relay.test"))
            self.relay.wait_for(r"to=<bob@relay\.test>.*stat=Sent", seconds=SOON)
        wait_until("alice's letters", lambda: self.relay.mailbox("alice").count("Subject: test") == 12)

    def test_tar_pit_and_dead_port(self):
        pit = self.next_hop(replies={"EHLO": self.hangs})
        dead, live = self.deaf_port(), self.next_hop()
        table = self.make_map("mailertable", route_to(pit_test=pit, dead_test=dead, live_test=live))
        self.relay = self.signet("relay", SITE.format(table=table))
        self.flood(lambda i: f"u{i}@{'pit' if i % 2 else 'dead'}.test")
        self.live_mail_gets_through(live)
        self.assertLessEqual(pit.most_open, PER_HOP)
        self.assertLessEqual(live.most_open, 2)  # one a loop
        # Those that hang get their mail when they come to their senses.
        self.assertEqual(pit.messages, [])
        pit.replies.clear()
        self.release.set()
        pit.wait(MANY // 2)
        self.assertLessEqual(pit.most_open, PER_HOP)

    def test_tar_pit_of_many_names(self):
        pit = self.next_hop(address="127.0.5.1", replies={"EHLO": self.hangs})
        live = self.next_hop(address="127.0.5.2", port=pit.port)
        names = self.name_server({f"n{i}.test": "A 127.0.5.1" for i in range(MANY)} | {"live.test": "A 127.0.5.2"})
        self.relay = self.signet("relay", "FEATURE(`accept_unresolvable_domains')dnl\n"
                                 f"define(`ESMTP_MAILER_ARGS', `TCP $h {pit.port}')dnl\n" + names.mc(),
                                 before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS)))
        self.flood(lambda i: f"u@n{i}.test")
        self.live_mail_gets_through(live)
        # A third of the descriptors is for next hops, an eighth of that for one address.
        self.assertLessEqual(pit.most_open, DESCRIPTORS // 24)
        self.assertLess(self.descriptors(), DESCRIPTORS // 3)
        pit.replies.clear()
        self.release.set()
        pit.wait(DESCRIPTORS // 8)  # more than hung: those that waited come, too


if __name__ == "__main__":
    unittest.main()
