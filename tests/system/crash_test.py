"""Power cuts of a kind: the engine, or all of it, is killed under load, or cannot write any more. Whatever was
answered 250 arrives; what was not may arrive; nothing else does.
"""
import os
import re
import resource
import signal
import subprocess
import threading
import unittest

from harness import Client, Scenario, route_to, wait_until

SITE = """FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`mailertable', `hash {table}')dnl
"""
SENDERS = 8


class Load:
    """Threads that send numbered messages, whatever happens to the server."""

    def __init__(self, port, lines=3):
        self.port = port    # changed when the server gets another one
        self.lines = lines  # of a message
        self.answered, self.refused, self.unknown = set(), set(), set()
        self.refusals = set()  # how they were worded
        self.lock = threading.Lock()
        self.stopping = False
        self.threads = [threading.Thread(target=self.run, args=(i,), daemon=True) for i in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()

    def note(self, where, name):
        with self.lock:
            where.add(name)

    def run(self, number):
        count = 0
        while not self.stopping:
            try:
                with Client(self.port) as client:
                    if not client.greeting.startswith("220"):
                        continue
                    client.ehlo()
                    while not self.stopping:
                        count += 1
                        if not self.send(client, f"m{number}-{count}"):
                            break
            except (OSError, IndexError):
                # The server is gone, or not yet back: the next attempt waits in its backlog or fails at once.
                continue

    def send(self, client, name):
        """False: the connection is of no more use."""
        self.note(self.unknown, name)  # until it is answered
        # Every seventh is large, so that bodies in files are among them.
        text = f"Subject: {name}\r\n\r\n" + ("x" * 70 + "\r\n") * (5000 if hash(name) % 7 == 0 else self.lines)
        answer = client.send_mail("alice@relay.test", f"{name}@dest.test", text)
        if not answer:
            return False
        with self.lock:
            self.unknown.discard(name)
            (self.answered if answer.startswith("250") else self.refused).add(name)
            if not answer.startswith("250"):
                self.refusals.add(answer)
        return not answer.startswith("421")

    def progress(self, more):
        """Waits until so many more are answered."""
        wanted = len(self.answered) + more
        wait_until(f"{more} more answers", lambda: len(self.answered) >= wanted)


class Crash(Scenario):
    def start(self, **more):
        self.hop = self.next_hop()
        table = self.make_map("mailertable", route_to(dest_test=self.hop))
        self.relay = self.signet("relay", SITE.format(table=table), **more)

    def arrived(self):
        return [to[0].split("@")[0] for _, to, _ in list(self.hop.messages)]

    def check(self, load):
        wait_until("all that was answered 250 to arrive", lambda: load.answered <= set(self.arrived()), 60)
        wait_until("an empty queue", lambda: "empty" in self.relay.mailq())
        self.assertEqual(set(self.arrived()) - load.answered - load.unknown, set())
        self.assertEqual(load.refused, set())
        for _, to, text in self.hop.messages:
            name = to[0].split("@")[0]
            self.assertIn(f"Subject: {name}\r\n".encode(), text)
            self.assertTrue(text.endswith(b"x\r\n"))
        log = self.relay.log.read_text()
        self.assertEqual(re.findall(r".*(?:SYSERR|panic|check failed|damage).*", log), [])

    def kill_engine(self):
        engine = self.relay.engine()
        os.kill(engine, signal.SIGKILL)
        wait_until("another engine", lambda: (now := self.other_engine()) and now != engine)

    def other_engine(self):
        try:
            return self.relay.engine()
        except (AssertionError, FileNotFoundError):
            return None

    def test_killed_again_and_again(self):
        self.start()
        load = Load(self.relay.port())
        try:
            for turn in range(12):
                load.progress(20)
                if turn % 4 < 3:
                    self.kill_engine()  # the parent starts another one, on the same ports
                    continue
                self.relay.kill_group()
                self.relay.start()
                load.port = self.relay.port()
            load.progress(20)
        finally:
            load.stop()
        self.check(load)
        self.assertGreater(len(load.answered), 12 * 20)

    def test_disk_that_is_full(self):
        # No file may grow past the limit: the journal cannot, the log has not got so far.
        size = 5 * 1024 * 1024 // 2
        self.start(before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY)))
        self.hop.replies["RCPT"] = "450 4.2.1 later"  # so that the queue fills
        load = Load(self.relay.port(), lines=300)
        try:
            wait_until("refusals", lambda: len(load.refused) > 20)
            resource.prlimit(self.relay.engine(), resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            load.progress(50)
            self.hop.replies.clear()
        finally:
            load.stop()
        self.relay.run_queue()
        wait_until("all that was answered 250 to arrive", lambda: load.answered <= set(self.arrived()), 60)
        self.assertEqual(set(self.arrived()) & load.refused, set())
        self.assertEqual([words for words in load.refusals if not words.startswith("4")], [])
        self.assertEqual([line for line in self.relay.lines() if "died" in line], [])

    def test_file_system_that_is_full(self):
        # A small file system of its own, in a name space that only the daemon sees.
        queue = self.folder / "relay" / "queue"
        mounted = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o size=6m,mode=0755 none {queue} && exec "$@"', "sh"]
        queue.mkdir(parents=True)
        if subprocess.run([*mounted, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("unshare -m and mount need root")
        for least in ("0", "100"):  # the journal has to say no; MAIL says no before it comes to that
            with self.subTest(MinFreeBlocks=least):
                self.hop = self.next_hop(replies={"RCPT": "450 4.2.1 later"})
                (self.folder / "mailertable.db").unlink(missing_ok=True)
                table = self.make_map("mailertable", route_to(dest_test=self.hop))
                self.relay = self.signet("relay", SITE.format(table=table)
                                         + f"define(`confMIN_FREE_BLOCKS', `{least}')dnl\n", under=mounted)
                load = Load(self.relay.port(), lines=300)
                try:
                    wait_until("refusals", lambda: len(load.refused) > 20)
                    self.hop.replies.clear()
                    self.relay.run_queue()
                    load.progress(50)  # deliveries have made room
                finally:
                    load.stop()
                self.relay.run_queue()
                wait_until("all that was answered 250 to arrive", lambda: load.answered <= set(self.arrived()), 60)
                self.assertEqual(set(self.arrived()) & load.refused, set())
                self.assertEqual([words for words in load.refusals if not words.startswith("4")], [])
                self.assertEqual([line for line in self.relay.lines() if "died" in line], [])
                self.relay.stop()


if __name__ == "__main__":
    unittest.main()
