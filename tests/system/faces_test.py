"""The program's faces: signet, sendmail, mailq, makemap; what they print and how they exit (sysexits.h)."""
import os
import re
import resource
import signal
import subprocess
import unittest

from harness import BIN, Scenario, run, wait_until

OK, USAGE, DATAERR, UNAVAILABLE, OSERR, OSFILE, IOERR, CONFIG = 0, 64, 65, 69, 71, 72, 74, 78


def call(*command, **more):
    return subprocess.run([str(word) for word in command], text=True, capture_output=True, timeout=60, check=False, **more)


class Faces(Scenario):
    def sender(self, name="mx", mc="", **more):
        more.setdefault("queue", "-q1h")
        return self.signet(name, "FEATURE(`accept_unresolvable_domains')dnl\n" + mc, **more)

    def test_exit_codes(self):
        bad = self.folder / "bad.cf"
        bad.write_text("O NoSuchOption=1\n")
        wrong = self.folder / "wrong.mc"
        wrong.write_text("FEATURE(`no_such_feature')dnl\n")
        table = [
            ([BIN / "signet"], USAGE, "usage: signet COMMAND"), ([BIN / "signet", "nonsense"], USAGE, "unknown command nonsense"),
            ([BIN / "signet", "version"], OK, r"^Signet \d"), ([BIN / "signet", "help"], OK, "usage: signet COMMAND"),
            ([BIN / "signet", "mc"], USAGE, "usage: signet mc"), ([BIN / "signet", "check", "-Z"], USAGE, "usage: signet check"),
            ([BIN / "signet", "check", bad], USAGE, "usage: signet check"),
            ([BIN / "signet", "mc", "/nonexist.mc"], OSFILE, "/nonexist.mc"), ([BIN / "signet", "mc", wrong], CONFIG, "no_such_feature"),
            ([BIN / "signet", "check", "-C", "/nonexist"], OSFILE, "/nonexist"), ([BIN / "signet", "check", "-C", bad], CONFIG, "NoSuchOption"),
            ([BIN / "sendmail", "-bd", "-C", "/nonexist"], OSFILE, "/nonexist"), ([BIN / "sendmail", "-bD", "-C", bad], CONFIG, "NoSuchOption"),
            ([BIN / "sendmail", "-Z"], USAGE, "illegal option -- Z"), ([BIN / "sendmail", "-C"], USAGE, "option requires an argument -- C"),
            ([BIN / "sendmail", "-bz"], USAGE, "Frozen configurations unsupported"), ([BIN / "sendmail", "-q5x"], USAGE, "Invalid time unit `x'"),
            ([BIN / "mailq", "-C", "/nonexist"], OSFILE, "/nonexist"), ([BIN / "mailq", "-Z"], USAGE, "usage: mailq"),
            ([BIN / "newaliases", "-C", "/nonexist"], OSFILE, "/nonexist"), ([BIN / "makemap", "hash"], USAGE, "Usage: makemap"),
        ]
        for command, status, text in table:
            with self.subTest(command[0].name, arguments=command[1:]):
                done = call(*command)
                self.assertEqual(done.returncode, status, done.stdout + done.stderr)
                self.assertRegex(done.stdout + done.stderr, text)

    def test_mc_and_check(self):
        mx = self.sender()
        cf = self.folder / "site.cf"
        run(BIN / "signet", "mc", mx.mc, "-o", cf)
        self.assertEqual(cf.read_text(), run(BIN / "signet", "mc", mx.mc).stdout)
        done = call(BIN / "signet", "check", "-C", cf)
        self.assertEqual(done.returncode, OK, done.stdout + done.stderr)
        self.assertIn("host name: mx.test\n", done.stdout)
        self.assertIn("daemon=MTA, 127.0.0.1 port 0: no STARTTLS", done.stdout)

    def test_mailq(self):
        mx = self.sender(mc="define(`confDELIVERY_MODE', `queue')dnl\n")
        queue = mx.folder / "queue"
        self.assertEqual(mx.mailq(), f"{queue} is empty\n\t\tTotal requests: 0\n")
        ids = []
        with mx.client() as client:
            client.ehlo()
            for recipients in (["alice@mx.test"], ["alice@mx.test", "bob@mx.test"]):
                ids.append(client.send_mail("a@sender.test", recipients).split()[2])
        time = r"\w{3} \w{3} [ \d]\d \d\d:\d\d"
        expected = (rf"\t\t{re.escape(str(queue))} \(2 requests\)\n"
                    r"-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------\n"
                    rf"{ids[0]}  +\d+ {time} <a@sender\.test>\n\t\t\t\t\t <alice@mx\.test>\n"
                    rf"{ids[1]}  +\d+ {time} <a@sender\.test>\n\t\t\t\t\t <alice@mx\.test>\n\t\t\t\t\t <bob@mx\.test>\n"
                    r"\t\tTotal requests: 2\n")
        self.assertRegex(mx.mailq(), f"^{expected}$")
        self.assertEqual(run(BIN / "sendmail", "-bp", "-C", mx.mc).stdout, mx.mailq())
        self.assertEqual(run(BIN / "sendmail", "-bp", "-C", mx.mc, "-OQueueDirectory=/nonexist").stdout.splitlines()[0],
                         "/nonexist is empty")
        # One run is asked for; it delivers.
        self.assertEqual(call(BIN / "sendmail", "-q", "-C", mx.mc).returncode, OK)
        wait_until("both letters", lambda: mx.mailbox("alice").count("\nReceived: ") == 2)
        wait_until("empty queue", lambda: "is empty" in mx.mailq())
        mx.stop()
        self.assertIn("is empty", mx.mailq())
        done = call(BIN / "sendmail", "-q", "-C", mx.mc)
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertIn("no daemon is running", done.stderr)

    def test_a_pid_file_left_behind_harms_nobody(self):
        mx = self.sender(before=lambda: os.umask(0))
        self.assertEqual((mx.folder / "pid").stat().st_mode & 0o777, 0o644)
        mx.kill_group()
        with subprocess.Popen(["sleep", "60"]) as other:
            (mx.folder / "pid").write_text(f"{other.pid}\n")
            done = call(BIN / "sendmail", "-q", "-C", mx.mc)
            self.assertIsNone(other.poll())
            other.kill()
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertIn("no daemon is running", done.stderr)

    def test_makemap_there_and_back(self):
        text = "one\tfirst value\ntwo\tsecond\n"
        for kind in ("hash", "btree"):
            path = self.make_map(kind, "# comment\n\nOne\tfirst value\nTWO   second\n", kind)
            self.assertEqual("".join(sorted(run(BIN / "makemap", "-u", kind, path).stdout.splitlines(True))), text)
        done = call(BIN / "makemap", "hash", self.folder / "twice", input="a\t1\na\t2\nb\n")
        self.assertEqual(done.returncode, DATAERR)
        self.assertIn("line 2: key a: duplicate key", done.stderr)
        self.assertIn("line 3: no RHS for LHS b", done.stderr)

    def test_a_text_that_cannot_be_read_leaves_the_map_as_it_is(self):
        path = self.make_map("kept", "one\tvalue\n")
        folder = os.open(self.folder, os.O_RDONLY)
        done = call(BIN / "makemap", "hash", path, stdin=folder)
        os.close(folder)
        self.assertEqual(done.returncode, IOERR, done.stderr)
        self.assertEqual(run(BIN / "makemap", "-u", "hash", path).stdout, "one\tvalue\n")

    def test_a_map_that_outgrows_its_limit_leaves_nothing_behind(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
        path, text = self.folder / "large", "".join(f"key{i}\tvalue{i}\n" for i in range(20000))
        before = sorted(self.folder.iterdir())
        self.assertEqual(call(BIN / "makemap", "hash", path, input=text, preexec_fn=limit).returncode, IOERR)
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def test_a_listing_that_cannot_be_written_says_so(self):
        mx = self.sender()
        with open("/dev/full", "w") as full:
            for command in ([BIN / "mailq", "-C", mx.mc], [BIN / "makemap", "-u", "hash", self.make_map("map", "a\tb\n")]):
                self.assertEqual(subprocess.run(command, stdout=full).returncode, IOERR)

    def test_background_gives_the_prompt_back(self):
        mx = self.sender()
        mx.stop()
        mx.log_offset = mx.log.stat().st_size
        done = run(BIN / "sendmail", "-bd", "-q1h", "-C", mx.mc, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   capture_output=False)
        self.assertEqual(done.returncode, OK)
        # When the prompt is back the pid file is there and the port is served.
        number, command = (mx.folder / "pid").read_text().splitlines()
        try:
            self.assertEqual(command.split()[-4:], ["-bd", "-q1h", "-C", str(mx.mc)])
            with mx.client() as client:
                self.assertEqual(client.say("NOOP"), "250 2.0.0 OK")
        finally:
            os.kill(int(number), signal.SIGTERM)
        wait_until("its end", lambda: not (mx.folder / "pid").exists())

    def test_started_without_standard_streams(self):
        mx = self.sender()
        mx.stop()
        mx.log_offset = mx.log.stat().st_size
        self.assertEqual(subprocess.run(["sh", "-c", '"$@" <&- >&- 2>&-', "sh", BIN / "sendmail", "-bd", "-C", mx.mc]).returncode, OK)
        number = int((mx.folder / "pid").read_text().split()[0])
        try:
            for stream in range(3):
                self.assertEqual(os.readlink(f"/proc/{number}/fd/{stream}"), "/dev/null")
            with mx.client() as client:
                self.assertEqual(client.say("NOOP"), "250 2.0.0 OK")
        finally:
            os.kill(number, signal.SIGTERM)
        wait_until("its end", lambda: not (mx.folder / "pid").exists())

    def test_what_cannot_start_says_why(self):
        mx = self.sender()
        with self.subTest("the same queue"):
            before = (mx.folder / "pid").read_text()
            done = call(BIN / "sendmail", "-bD", "-C", mx.mc)
            self.assertEqual(done.returncode, UNAVAILABLE)
            self.assertIn(f"{mx.folder / 'queue'} is in use by another daemon", done.stderr)
            # The first one is unharmed.
            self.assertEqual((mx.folder / "pid").read_text(), before)
            with mx.client() as client:
                client.ehlo()
                self.assertRegex(client.send_mail("a@sender.test", "alice@mx.test"), "^250 2.0.0")
            wait_until("a letter", lambda: mx.mailbox("alice"))
        with self.subTest("the same port"):
            other = self.folder / "other.mc"
            other.write_text(mx.mc.read_text().replace(str(mx.folder), str(self.folder / "other"))
                             .replace("Port=0", f"Port={mx.port()}").replace("confLOOPS', `2'", "confLOOPS', `1'"))
            (self.folder / "other").mkdir()
            (self.folder / "other" / "users").write_text("alice\n")
            done = call(BIN / "sendmail", "-bD", "-C", other)
            self.assertEqual(done.returncode, OSERR, done.stderr)
            self.assertRegex(done.stderr, rf"daemon MTA: listening on 127\.0\.0\.1:{mx.port()}: Address already in use")

    def test_a_queue_that_everybody_may_write_is_refused(self):
        mx = self.sender()
        mx.stop()
        (mx.folder / "queue").chmod(0o777)
        done = call(BIN / "sendmail", "-bD", "-C", mx.mc)
        self.assertEqual(done.returncode, CONFIG)
        self.assertIn(f"{mx.folder / 'queue'} (QueueDirectory) may be written by everybody", done.stderr)

    def test_a_port_that_is_optional(self):
        first = self.sender("first")
        second = self.sender("second", ports="DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MTA')dnl\n"
                             "define(`confLOOPS', `1')dnl\n"
                             f"DAEMON_OPTIONS(`Port={first.port()}, Addr=127.0.0.1, Name=EXTRA, M=O')dnl\n")
        with second.client() as client:
            self.assertEqual(client.say("NOOP"), "250 2.0.0 OK")
        self.assertTrue(any("EXTRA" in line and "in use" in line for line in second.lines()), second.lines())


if __name__ == "__main__":
    unittest.main()
