"""Programs of Postfix on both sides: smtp-source sends, smtp-sink receives. Skips when they are not installed."""
import os
import socket
import subprocess
import unittest

from harness import Scenario, free_port, run, tool, wait_until

SITE = """FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`mailertable', `hash {table}')dnl
"""
MESSAGES = 200


class Postfix(Scenario):
    def setUp(self):
        super().setUp()
        self.sink, self.source = tool("smtp-sink"), tool("smtp-source")
        if not (self.sink and self.source):
            self.skipTest("smtp-sink and smtp-source are not there: run tools/peers")

    def start_sink(self, *options):
        """Gives its port and the folder where it puts each message into a file."""
        kept = self.folder / "kept"
        kept.mkdir()
        kept.chmod(0o777)
        self.folder.chmod(0o755)
        port = free_port()
        user = ("-u", "nobody") if os.geteuid() == 0 else ()
        sink = subprocess.Popen([self.sink, *user, "-d", f"{kept}/%M.", *options, f"127.0.0.1:{port}", "100"])
        self.addCleanup(sink.wait)
        self.addCleanup(sink.kill)

        def listens():
            with socket.socket() as one:
                return one.connect_ex(("127.0.0.1", port)) == 0
        wait_until("smtp-sink to listen", listens)
        return port, kept

    def start(self, port):
        table = self.make_map("mailertable", f"sink.test\tesmtp:[127.0.0.1]:{port}\n")
        self.relay = self.signet("relay", SITE.format(table=table))

    def send(self, *options):
        run(self.source, *options, "-f", "alice@relay.test", "-t", "u@sink.test", "-M", "source.test",
            f"127.0.0.1:{self.relay.port()}", timeout=60)

    def sent(self):
        return len([line for line in self.relay.lines() if "to=<u@sink.test>" in line and "stat=Sent" in line])

    def test_many_messages_pass_through(self):
        port, kept = self.start_sink()
        self.start(port)
        self.send("-s", "10", "-m", str(MESSAGES), "-l", "3000")
        wait_until("all messages to be sent", lambda: self.sent() == MESSAGES)
        files = [path.read_bytes() for path in kept.iterdir()]
        whole = [text for text in files if b"\nX-Rcpt-Args: <u@sink.test>" in text]
        self.assertEqual(len(whole), MESSAGES)
        self.assertIn("empty", wait_until("an empty queue", lambda: "empty" in (text := self.relay.mailq()) and text))

    def test_servers_without_extensions(self):
        # No ESMTP at all, no pipelining, no 8BITMIME.
        for options in (["-e"], ["-p"], ["-8"]):
            with self.subTest(options):
                kept = self.folder / "kept"
                if kept.exists():
                    kept.rename(self.folder / f"kept{options[0]}")
                    self.relay.stop()
                port, kept = self.start_sink(*options)
                self.start(port)
                self.send("-s", "2", "-m", "10")
                wait_until("all messages to be sent", lambda: self.sent() == 10)

    def test_refusals_and_hang_ups_are_tried_again(self):
        for number, options in enumerate((["-r", "rcpt"], ["-r", "."], ["-q", "data"], ["-q", "."]), 1):
            with self.subTest(options):
                kept = self.folder / "kept"
                if kept.exists():
                    kept.rename(self.folder / f"kept{number}")
                    self.relay.stop()
                port, kept = self.start_sink(*options)
                self.start(port)
                self.send("-m", "1")
                self.relay.wait_for(r"to=<u@sink\.test>, .*dsn=4\.\d\.\d, .*stat=Deferred: ")
                self.assertEqual(self.sent(), 0)


if __name__ == "__main__":
    unittest.main()
