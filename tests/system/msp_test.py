"""Mail handed in by programs: the sendmail command with a submit.mc, its client queue, its exit codes."""
import os
import resource
import subprocess
import unittest

from harness import BIN, PATIENCE, Scenario, run, wait_until

OK, USAGE, NOUSER, UNAVAILABLE, TEMPFAIL = 0, 64, 67, 69, 75

SUBMIT = """OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `us.test')dnl
define(`confLOG_TARGET', `file:{folder}/submit.log')dnl
define(`confRUN_AS_USER', `{user}')dnl
define(`MSP_QUEUE_DIR', `{folder}/client')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {port}')dnl
{more}FEATURE(`msp', `[127.0.0.1]')dnl
"""


class Submission(Scenario):
    def setUp(self):
        super().setUp()
        self.client = self.folder / "client"
        self.client.mkdir(mode=0o770)

    def configure(self, port, more=""):
        self.mc, self.cf = self.folder / "submit.mc", self.folder / "submit.cf"
        self.mc.write_text(SUBMIT.format(folder=self.folder, port=port, more=more, user="root" if os.geteuid() == 0 else ""))
        run(BIN / "signet", "mc", self.mc, "-o", self.cf)

    def call(self, *arguments, text="Subject: x\n\nhi\n", **more):
        return subprocess.run([str(BIN / "sendmail"), "-C", str(self.cf), *arguments], input=text, text=True, capture_output=True,
                              timeout=PATIENCE, check=False, **more)

    def hop(self, **more):
        hop = self.next_hop(**more)
        self.configure(hop.port)
        return hop

    def mail(self, hop, *arguments, status=OK, **more):
        """What the MTA got from one call: sender, recipients, text."""
        before = len(hop.messages)
        done = self.call(*arguments, **more)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(self.waiting(), [])
        wait_until("the message", lambda: len(hop.messages) > before)
        sender, recipients, text = hop.messages[before]
        return sender[1:sender.index(">")], list(recipients), text.decode("latin-1")

    def waiting(self):
        return sorted(path.name for path in self.client.iterdir())

    def mailq(self):
        return run(BIN / "mailq", "-Ac", "-C", self.cf).stdout

    def test_a_message_is_made_complete(self):
        hop = self.hop()
        user = run("id", "-un").stdout.strip()
        sender, recipients, text = self.mail(hop, "u", "Ann <ann@else.test>",
                                             text='Subject: x\nTo: u, "A B" <c@d.test>, k (com)\nBcc: secret\n\nhi\n.\nrest\n')
        self.assertEqual((sender, recipients), (f"{user}@us.test", ["u@us.test", "ann@else.test"]))
        head, body = text.split("\r\n\r\n", 1)
        self.assertRegex(head, rf"\AReceived: \(from {user}@localhost\)\r\n\tby us\.test \(\S+\) id \w{{14}};\r\n\t")
        self.assertRegex(head, rf"\r\nDate: .*\r\nFrom: .*{user}@us\.test>?\r\nMessage-Id: <\d+\.\w+@us\.test>\r\n")
        self.assertIn('\r\nTo: u@us.test, "A B" <c@d.test>, k@us.test (com)', head)
        self.assertNotIn("secret", text)
        self.assertEqual(body, "hi\r\n")
        for one in ("-i", "-oi"):
            self.assertTrue(self.mail(hop, one, "u", text="hi\n.\nrest")[2].endswith("\r\n\r\nhi\r\n.\r\nrest\r\n"))
        # No header at all, a line of an mbox, line ends of other systems, a progress bar.
        self.assertTrue(self.mail(hop, "u", text="no header\n\nx\n")[2].endswith("\r\n\r\nno header\r\n\r\nx\r\n"))
        text = self.mail(hop, "u", text="From joe Mon Jan 1 00:00:00 2026\r\nSubject: q\r\n\r\n10%\r20%\r\nFrom x\r\n")[2]
        self.assertTrue(text.endswith("\r\nSubject: q\r\n\r\n10%\r\n20%\r\nFrom x\r\n"), text)

    def test_options_of_a_message(self):
        hop = self.hop(keywords=("PIPELINING", "8BITMIME", "SIZE", "DSN"))
        sender, recipients, text = self.mail(hop, "-t", "-f", "Joe <joe@other.test>", "-F", "Full N. Ame", "-N", "success,failure",
                                             "-R", "hdrs", "-V", "env1", "-B", "8BITMIME", "arg", text="To: u,v\nCc: w\nBcc: z\n\nx")
        self.assertEqual((sender, recipients), ("joe@other.test", [f"{one}@us.test" for one in ("arg", "u", "v", "w", "z")]))
        self.assertIn('\r\nFrom: "Full N. Ame" <joe@other.test>\r\n', text)
        commands = "\n".join(hop.commands)
        self.assertRegex(commands, r"MAIL From:<joe@other\.test> SIZE=\d+ BODY=8BITMIME ENVID=env1 RET=HDRS")
        self.assertIn("RCPT To:<z@us.test> NOTIFY=SUCCESS,FAILURE", commands)
        self.assertEqual(self.mail(hop, "-f", "", "-oem", "-odb", "u")[0], "")
        self.assertEqual(self.mail(hop, "-r", "bar", "u")[0], "bar@us.test")
        self.assertEqual(self.mail(hop, "-t", text="To: a\nResent-To: b\n\nx")[1], ["b@us.test"])
        self.assertNotIn("\r\nFrom:", self.mail(hop, "-G", "u")[2])
        self.assertIn(">>> DATA", self.call("-OVerbose=True", "u").stdout)
        done = self.call("-v", "u")
        for line in ("Connecting to [127.0.0.1] port", ">>> MAIL From:", ">>> RCPT To:<u@us.test>", ">>> ."):
            self.assertIn(line, done.stdout)

    def test_a_receipt_where_the_mta_makes_none(self):
        hop = self.hop(replies={"RCPT To:<bad": "550 5.1.1 no"})
        self.assertEqual(self.call("-f", "ann", "-N", "success", "-V", "e+2B1", "u", "bad").returncode, NOUSER)
        receipt = wait_until("the receipt", lambda: len(hop.messages) > 1 and hop.messages[1][2].decode())
        for text in ("\r\nTo: <ann@us.test>\r\n", "\r\nSubject: Return receipt\r\n", "\r\nOriginal-Envelope-Id: e+1\r\n",
                     "\r\nFinal-Recipient: RFC822; u@us.test\r\n", "\r\nAction: relayed (to non-DSN-aware mailer)\r\n"):
            self.assertIn(text, receipt)
        self.assertNotIn("bad@", receipt)
        self.assertEqual(self.call("-f", "ann", "-N", "never", "bad").returncode, NOUSER)
        self.assertEqual(len(hop.messages), 2)
        self.assertIn(": DSN: Return receipt\n", (self.folder / "submit.log").read_text())

    def test_usage(self):
        self.hop()
        for arguments, status, text in (([], USAGE, "Recipient names must be specified"), (["-oex", "u"], USAGE, "-oe wants"),
                                        (["-N", "soon", "u"], USAGE, "Invalid -N"), (["-R", "x", "u"], USAGE, "Invalid -R"),
                                        (["-V", "a+b", "u"], USAGE, "-V"), (["-B", "9BIT", "u"], USAGE, "body type"),
                                        (["-Ax", "u"], USAGE, "submission type"), (["-X", "/tmp/x", "u"], USAGE, "-X is not"),
                                        (["-t"], OK, "No recipient addresses found in header")):
            done = self.call(*arguments)
            self.assertEqual(done.returncode, status, arguments)
            self.assertIn(text, done.stderr)
        self.assertEqual(self.waiting(), [])

    def test_a_refusal_goes_back(self):
        hop = self.hop(replies={"RCPT TO:<nope@us.test>": "550 5.1.1 <nope@us.test>... User unknown"})
        sender, recipients, text = self.mail(hop, "-f", "a@else.test", "nope", status=NOUSER)
        self.assertEqual((sender, recipients), ("", ["a@else.test"]))
        self.assertIn("Subject: Returned mail: see transcript for details", text)
        self.assertIn("550 5.1.1 <nope@us.test>... User unknown", text)
        done = self.call("nope", "u")
        self.assertEqual(done.returncode, NOUSER)
        self.assertEqual(done.stderr, "nope@us.test... 550 5.1.1 <nope@us.test>... User unknown\n")
        wait_until("message and report", lambda: len(hop.messages) == 3)
        self.assertEqual([m[1] for m in hop.messages[1:]], [["u@us.test"], [f"{run('id', '-un').stdout.strip()}@us.test"]])
        for mode, status, messages in (("-oeq", NOUSER, 3), ("-oem", NOUSER, 4), ("-oew", NOUSER, 5), ("-oee", OK, 6)):
            done = self.call(mode, "nope")
            self.assertEqual((done.returncode, done.stderr), (status, ""), mode)
            wait_until("reports", lambda n=messages: len(hop.messages) == n)
        self.assertEqual(self.waiting(), [])

    def test_what_nobody_takes_waits(self):
        deaf = self.deaf_port()
        self.configure(deaf.port)
        for arguments in (["u", "v"], ["-odq", "w"]):
            self.assertEqual(self.call(*arguments).returncode, OK)
        self.assertEqual([name[:2] for name in self.waiting()], ["df", "df", "qf", "qf"])
        self.assertEqual({path.stat().st_mode & 0o777 for path in self.client.iterdir()}, {0o660})
        shown = self.mailq()
        self.assertIn("Total requests: 2", shown)
        self.assertIn("Connection refused", shown)
        self.assertIn("<v@us.test>", shown)
        hop = self.next_hop(on=deaf, replies={"RCPT TO:<v@us.test>": "450 4.2.1 later"})
        self.assertEqual(self.call("-Ac", "-q").returncode, OK)
        self.assertEqual(sorted(m[1] for m in hop.messages), [["u@us.test"], ["w@us.test"]])
        self.assertRegex(self.mailq(), r"\(450 4\.2\.1 later\)\n\t+ <v@us\.test>\n\t\tTotal requests: 1")
        hop.replies.clear()
        self.assertEqual(self.call("-Ac", "-q").returncode, OK)
        self.assertEqual(hop.messages[-1][1], ["v@us.test"])
        self.assertEqual(self.waiting(), [])
        self.assertIn("is empty", self.mailq())
        log = (self.folder / "submit.log").read_text()
        for text in ("relay=", "stat=Deferred: ", "mailer=relay", "stat=Sent "):
            self.assertIn(text, log)

    def test_nobody_says_more_to_the_mta_than_a_message(self):
        """What a web form may hand over: whatever stands in a field or an option, the dialogue stays one of one message."""
        hop = self.hop(keywords=("PIPELINING", "8BITMIME", "SIZE", "DSN"))
        evil = "a@us.test>\r\nRCPT To:<evil@us.test>\r\nDATA\r\nx\r\n.\r\n"
        lines = ("To: <u@us.test\\> NOTIFY=NEVER>, \"a\r\n RCPT To:<evil@us.test>\"@us.test, v@us.test\0> X\r\n"
                 "Cc: w\rRCPT To:<evil@us.test>\rX: y\r\n\r\nb\r\n.\r\nMAIL From:<evil@us.test>\r\n\r.\rRSET\r\n")
        self.call("-i", "-t", "-f", evil, "-F", f"F\r\nBcc: evil@us.test\r\n\r\n{evil}", evil, text=lines)
        for option, value in (("-N", "failure\r\nRSET"), ("-V", "x\r\nRSET"), ("-V", "x SIZE=1"), ("-R", "full\r\nRSET"), ("-B", "7bit\r\nRSET")):
            self.assertEqual(self.call(option, value, "u").returncode, USAGE, option)
        self.assertEqual(len(hop.messages), 1)
        for command in hop.commands:
            self.assertRegex(command, r'\A(EHLO \S+|MAIL From:<[^<>\s]*>( [A-Z]+=\w+)*|RCPT To:<("[^"]*"|[^"<>\s])*>|DATA|QUIT)\Z')
        head, body = hop.messages[0][2].decode("latin-1").split("\r\n\r\n", 1)
        self.assertNotRegex(head, r"(?m)^Bcc:")
        self.assertIn("MAIL From:<evil@us.test>", body)

    def test_what_is_too_much(self):
        hop = self.hop()
        many = "Received: x\n" * 20
        self.mail(hop, "u", text=many + "\nx\n")
        for arguments, text, status, why in ((["u"], "X: y\n" * 300000, 65, "Headers too large"), (["u"], many * 2 + "\n", UNAVAILABLE, "Too many hops"),
                                             (["-h", "26", "u"], "\nx\n", UNAVAILABLE, "Too many hops"), (["-h", "x", "u"], "\n", USAGE, "Bad hop count"),
                                             (["-OMaxMessageSize=10000", "u"], "\n" + "x" * 100000, UNAVAILABLE, "larger than 10000")):
            done = self.call(*arguments, text=text)
            self.assertEqual((done.returncode, len(hop.messages)), (status, 1), done.stderr)
            self.assertIn(why, done.stderr)
        self.assertEqual(self.waiting(), [])
        self.mail(hop, "-h", "25", "u")

    def test_a_line_without_an_end_is_not_kept_in_memory(self):
        self.configure(self.deaf_port().port)

        def bounded():
            resource.setrlimit(resource.RLIMIT_AS, (100 << 20, 100 << 20))
        long = self.folder / "long"
        long.write_text("Subject: x\n\n" + "y" * (100 << 20))
        with long.open() as file:
            done = self.call("-odq", "u", text=None, stdin=file, preexec_fn=bounded)
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertGreater(sum(path.stat().st_size for path in self.client.iterdir()), 100 << 20)

    def test_the_queue_is_run_in_the_background(self):
        deaf = self.deaf_port()
        self.configure(deaf.port)
        self.assertEqual(self.call("u").returncode, OK)
        hop = self.next_hop(on=deaf)
        self.assertEqual(self.call("-L", "sm-msp-queue", "-Ac", "-q1s").returncode, OK)
        pid = wait_until("pid file", lambda: (self.client / "sm-client.pid").exists() and (self.client / "sm-client.pid").read_text().split("\n")[0])
        self.addCleanup(lambda: os.kill(int(pid), 15))
        wait_until("delivery", lambda: hop.messages)
        self.assertEqual(hop.messages[0][1], ["u@us.test"])
        # What is wrong with its configuration is said, and it goes on.
        self.cf.write_text("no line of a cf\n")
        log = self.folder / "submit.log"
        wait_until("the log", lambda: "unknown line" in log.read_text())

    def test_mail_that_is_too_old_comes_back(self):
        deaf = self.deaf_port()
        self.configure(deaf.port, "define(`confTO_QUEUERETURN', `1s')dnl\n")
        self.assertEqual(self.call("-f", "a@else.test", "u").returncode, OK)
        hop = self.next_hop(on=deaf, replies={"RCPT TO:<u@us.test>": "450 4.2.1 later"})

        def returned():
            self.call("-Ac", "-q")
            return hop.messages
        sender, recipients, text = wait_until("the report", returned)[0]
        self.assertEqual((sender.split()[0], recipients), ("<>", ["a@else.test"]))
        self.assertIn(b"450 4.2.1 later", text)
        self.assertEqual(self.waiting(), [])

    def test_without_a_queue_nothing_is_promised(self):
        self.configure(self.deaf_port().port)
        self.client.rmdir()
        done = self.call("u")
        self.assertEqual(done.returncode, TEMPFAIL)
        self.assertIn("client queue cannot be used", done.stderr)
        hop = self.hop()  # and none is needed where the MTA takes it
        self.assertEqual(self.call("u").returncode, OK)
        self.assertEqual(len(hop.messages), 1)

    def test_smtp_on_standard_input(self):
        hop = self.hop()
        done = self.call("-bs", text="EHLO me\r\nMAIL FROM:<a@us.test>\r\nRCPT TO:<u@us.test>\r\nDATA\r\nSubject: k\r\n\r\nx\r\n.\r\nQUIT\r\n")
        self.assertEqual(done.returncode, OK)
        self.assertTrue(done.stdout.startswith("220 hop.test"))
        self.assertEqual(hop.messages[0][1], ["u@us.test"])
        self.configure(self.deaf_port().port)
        done = self.call("-bs", text="QUIT\r\n")
        self.assertEqual((done.returncode, done.stdout[:4]), (TEMPFAIL, "421 "))

    def test_with_the_daemon(self):
        us = self.signet("us", "FEATURE(`accept_unresolvable_domains')dnl\n")
        self.configure(us.port())
        self.assertEqual(self.call("alice").returncode, OK)
        wait_until("delivery", lambda: "hi" in us.mailbox("alice"))
        self.assertEqual(self.call("nobody", "-oeq").returncode, NOUSER)
        done = run(BIN / "sendmail", "-C", us.mc, "-bv", "alice", "nobody", "x@else.test", "a@us.test", ok=(NOUSER,))
        self.assertEqual(done.stdout, "alice... deliverable: mailer local, user alice\nnobody... User unknown\n"
                         "x@else.test... deliverable: mailer esmtp, host else.test., user x@else.test\na@us.test... User unknown\n")
        self.assertEqual(run(BIN / "sendmail", "-C", us.mc, "-bv", "alice").returncode, OK)

    def test_the_daemon_does_not_live_by_a_submit_mc(self):
        self.configure(self.deaf_port().port)
        done = subprocess.run([BIN / "sendmail", "-bD", "-C", self.cf], text=True, capture_output=True, timeout=PATIENCE, check=False)
        self.assertNotEqual(done.returncode, OK)
        self.assertIn("-Ac -q30m", done.stderr)


if __name__ == "__main__":
    unittest.main()
