"""What nobody should send: the daemon answers, forgets and stays. Memory is measured, and nothing is stored that was
not acknowledged."""
import pathlib
import random
import re
import resource
import socket
import threading
import unittest

from harness import Client, Scenario, wait_until

GROWTH = 64 * 1024  # KiB that a hundred abused sessions may leave behind: caches and arenas, not messages
HELLO = "EHLO client.test\r\n"
ENVELOPE = "MAIL FROM:<a@sender.test>\r\nRCPT TO:<alice@mx.test>\r\nDATA\r\n"


def more_files():
    """For the daemon and for us: hundreds of connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))


def read_all(client):
    said = b""
    try:
        while piece := client.file.read1():
            said += piece
    except OSError:
        pass
    return said


class Abuse(Scenario):
    def setUp(self):
        super().setUp()
        more_files()
        self.mx = self.signet("mx", """define(`confMAX_MESSAGE_SIZE', `1000000')dnl
define(`confBAD_RCPT_THROTTLE', `0')dnl
FEATURE(`accept_unresolvable_domains')dnl
""", queue="-q1h")
        self.process = self.mx.engine()
        sanitized = re.search("lib[at]san", pathlib.Path(f"/proc/{self.process}/maps").read_text())
        self.most = self.memory() + (8 if sanitized else 1) * GROWTH    # what is freed stays there for a while

    def memory(self):
        text = pathlib.Path(f"/proc/{self.process}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1])

    def tearDown(self):
        """Whatever was done: same process, small, serving."""
        with self.mx.client() as client:
            client.ehlo()
            answer = client.send_mail("last@sender.test", "alice@mx.test", "Subject: last one\r\n\r\nhello\r\n")
            self.assertRegex(answer, "^250 2.0.0")
        wait_until("the last message", lambda: "Subject: last one" in self.mx.mailbox("alice"))
        self.assertEqual(self.mx.engine(), self.process)
        self.assertLess(self.memory(), self.most)
        super().tearDown()

    def stored(self):
        """Messages in the mailbox, and those that are on their way to it."""
        self.assertIn("is empty", wait_until("empty queue", lambda: (text := self.mx.mailq()) if "is empty" in
                                             self.mx.mailq() else None))
        return self.mx.mailbox("alice").count("\nReceived: ")

    def raw(self, *pieces, source=None):
        """All of it said at once, whatever is answered, and a last word; gives all that was answered."""
        return self.all_of(self.mx.client(source=source), "".join(pieces).encode("latin-1") if isinstance(pieces[0], str)
                           else b"".join(pieces))

    def content(self, data):
        """Answers to content, sent when it was asked for."""
        client = self.mx.client()
        client.ehlo()
        for line in ENVELOPE.splitlines():
            answer = client.say(line)
        self.assertRegex(answer, "^354")
        return self.all_of(client, data)

    @staticmethod
    def all_of(client, data):
        said = []
        reader = threading.Thread(target=lambda: said.append(read_all(client)))
        reader.start()
        try:
            client.send(data)
            client.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        reader.join()
        client.close()
        return said[0].decode("latin-1")

    def test_line_ends_that_are_none(self):
        evil = b"MAIL FROM:<evil@sender.test>\r\nRCPT TO:<alice@mx.test>\r\nDATA\r\nevil\r\n.\r\n"
        for end, word in ((b"\n.\n", "LF"), (b"\n.\r\n", "LF"), (b"\r\n.\n", "LF"), (b"\r.\r", "CR"), (b"\r.\r\n", "CR"),
                          (b"\r\n.\r", "CR"), (b"\n\n.\r\n", "LF"), (b"\r\r\n.\r\r\n", "CR"), (b"\r\n.\r\r\n", "CR")):
            with self.subTest(end):
                answer = self.content(b"Subject: x\r\n\r\ntext" + end + evil)
                self.assertRegex(answer, rf"^421 4\.5\.0 Bare .*\({word}\) not allowed\r\n$")
        with self.subTest("NUL"):
            answer = self.content(b"Subject: x\r\n\r\nte\0xt\r\n.\r\n")
            self.assertRegex(answer, r"^554 5\.6\.1 NUL byte not allowed\r\n$")
        with self.subTest("a dot in a line of its own, stuffed"):
            answer = self.content(b"Subject: stuffed\r\n\r\n..\r\n..evil\r\n.\r\n")
            self.assertRegex(answer, "^250 2.0.0")
        self.assertEqual(self.stored(), 1)
        self.assertIn("\n\n.\n.evil\n", self.mx.mailbox("alice"))
        self.assertNotIn("evil@sender.test", "\n".join(self.mx.lines()))

    def test_lines_beyond_all_reason(self):
        for what, data in (("command", b"EHLO " + b"x" * 5000), ("no line end", b"x" * 100000),
                           ("path", b"MAIL FROM:<" + b"a" * 3000 + b"@sender.test>\r\n"),
                           ("parameters", b"MAIL FROM:<a@b> " + b"SIZE=1 " * 500 + b"\r\n")):
            with self.subTest(what):
                self.assertNotRegex(self.raw(data), r"(?m)^250 2\.1\.0")
        with self.subTest("a line of content has no limit"):
            self.assertRegex(self.content(b"Subject: x\r\n\r\n" + b"y" * 500000 + b"\r\n.\r\n"), "^250 2.0.0")
        with self.subTest("a header has"):
            self.assertRegex(self.content(b"".join(b"X-%d: %s\r\n" % (i, b"y" * 900) for i in range(100)) + b"\r\n.\r\n"),
                             r"^552 5\.0\.0 Headers too large \(32768 max\)")
        self.assertEqual(self.stored(), 1)

    def test_many_recipients(self):
        text = "".join(f"RCPT TO:<alice@mx.test>\r\nRCPT TO:<no{i}@mx.test>\r\n" for i in range(5000))
        said = self.raw("MAIL FROM:<a@sender.test>\r\n", text, "DATA\r\n", source="127.0.0.2")
        self.assertEqual(said.count("550 5.1.1"), 4999)     # one more comes behind the 5000th that is good
        self.assertEqual((said.count("250 2.1.5"), said.count("452 4.5.3")), (5000, 1))

    def test_bad_commands(self):
        said = self.raw("".join(f"JUNK{i}\r\n" for i in range(1000)))
        self.assertEqual(said.count("500 5.5.1"), 25)
        self.assertRegex(said, r"421 4\.7\.0 mx\.test Too many bad commands; closing connection\r\n$")
        noise = random.Random(1)
        for _ in range(20):
            self.assertNotIn("250 2.1", self.raw(noise.randbytes(20000)))

    def test_those_who_do_not_wait(self):
        for _ in range(20):
            with Client(self.mx.port(), greet=False) as client:
                client.send(HELLO + ENVELOPE + "Subject: early\r\n\r\nx\r\n.\r\n")
                client.socket.shutdown(socket.SHUT_WR)
                try:
                    self.assertNotIn(b"250 2.0.0", client.file.read())
                except ConnectionError:
                    pass
        self.assertNotIn("250 2.0.0", self.raw("HELO client.test\r\n" + ENVELOPE + "Subject: early\r\n\r\nx\r\n.\r\n"))
        self.assertEqual(self.stored(), 0)

    def test_too_large(self):
        with self.subTest("said"):
            self.assertIn("552 5.2.3", self.raw("MAIL FROM:<a@sender.test> SIZE=1000001\r\n"))
            self.assertIn("552 5.2.3", self.raw("MAIL FROM:<a@sender.test> SIZE=99999999999999999999\r\n"))
        with self.subTest("sent"):
            line = b"z" * 998 + b"\r\n"
            self.assertRegex(self.content(line * 30000 + b".\r\nQUIT\r\n"), r"^552 5\.2\.3 .*\r\n221 ")
        with self.subTest("without an end"):
            self.assertNotIn("250", self.content(line * 20000))
        self.assertEqual(self.stored(), 0)

    def test_many_sessions_at_once(self):
        idle = []
        for i in range(300):
            client = self.mx.client(source=f"127.0.{i % 4}.{i % 200 + 2}")
            self.addCleanup(client.close)
            idle.append(client)
        for client in idle[:100]:
            client.send(HELLO + "MAIL FR")
        for client in idle[100:200]:
            self.assertTrue(client.say("MAIL FROM:<a@sender.test>").startswith("250"))
        with self.mx.client() as client:
            client.ehlo()
            self.assertRegex(client.send_mail("a@sender.test", "alice@mx.test"), "^250 2.0.0")
        for client in idle[200:]:
            self.assertEqual(client.say("NOOP"), "250 2.0.0 OK")
        for client in idle[:100]:
            client.close()
        self.assertLess(self.memory(), self.most)
        self.assertEqual(self.stored(), 1)

    def test_octet_by_octet(self):
        slow = []
        text = (HELLO + ENVELOPE.replace("DATA\r\n", "RSET\r\n") + "QUIT\r\n").encode()
        for _ in range(20):
            client = self.mx.client()
            self.addCleanup(client.close)
            slow.append(client)
        for i in range(len(text)):
            for client in slow:
                client.send(text[i:i + 1])
            if i == len(HELLO) - 1:     # what comes before the answer to EHLO is refused
                for client in slow:
                    client.reply()
        for client in slow:
            self.assertRegex(client.file.read().decode(), r"250 2\.1\.5 [^\r]*\r\n250 2\.0\.0 Reset state\r\n221 ")

    def test_lines_that_are_cut_at_every_step(self):
        text = HELLO + ENVELOPE + "Subject: cut\r\n\r\nhello\r\n.\r\nQUIT\r\n"
        data, end = text.index("DATA"), text.index("\r\n.\r\n")
        acknowledged = 0
        for cut in range(0, len(text), 3):
            for reset in (True, False):
                client = self.mx.client()
                # Content comes when it was asked for.
                client.send(text[: min(cut, len(HELLO))])
                if cut > len(HELLO):
                    client.reply()
                    client.send(text[len(HELLO): min(cut, data + 6)])
                if cut > data + 6:
                    answers = [client.reply() for _ in range(3)]
                    self.assertRegex(answers[2], "^354")
                    client.send(text[data + 6: cut])
                if cut > end + 4:
                    self.assertRegex(client.reply(), "^250 2.0.0")
                    acknowledged += 1
                if reset:   # RST instead of FIN
                    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.close()
        self.assertGreater(acknowledged, 0)
        wait_until("everything acknowledged", lambda: self.stored() >= acknowledged)
        self.assertEqual(self.stored(), acknowledged)

    def test_those_who_ask_and_do_not_listen(self):
        """Replies that nobody takes stop the reading, they do not fill memory."""
        client = self.mx.client()
        client.socket.settimeout(1)
        command = b"RSET\r\n" * 10000
        sent = 0
        try:
            while sent < 64 * 1024 * 1024:
                client.socket.sendall(command)
                sent += len(command)
        except (TimeoutError, ConnectionError):
            pass
        self.assertLess(sent, 64 * 1024 * 1024)
        self.assertLess(self.memory(), self.most)
        client.close()

    def test_those_who_ask_for_much(self):
        """Replies far longer than their commands: what fits into one segment must not become megabytes."""
        clients = []
        for _ in range(60):
            client = self.mx.client()
            self.addCleanup(client.close)
            client.socket.settimeout(0.1)
            try:
                client.socket.sendall(b"HELP\n" * 13000)
            except TimeoutError:
                pass
            clients.append(client)
        with self.mx.client() as other:
            self.assertEqual(other.say("NOOP"), "250 2.0.0 OK")
        self.assertLess(self.memory(), self.most)
        for client in clients[:3]:
            client.socket.settimeout(30)
            for _ in range(10000):
                self.assertTrue(client.reply().startswith("214-"))


if __name__ == "__main__":
    unittest.main()
