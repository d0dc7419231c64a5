"""What senders hear when they ask: DSN (RFC 3461-3464) and DELIVERBY (RFC 2852), and beside them what sendmail says."""
import email
import email.policy
import os
import re
import subprocess
import unittest

from harness import BIN, PEERS, Client, Scenario, free_port, route_to, run, tool, wait_until

TEXT = "From: boss@home.test\r\nSubject: original\r\n\r\nsecret body\r\n"
DSN = ("PIPELINING", "8BITMIME", "SIZE", "DSN", "DELIVERBY", "ENHANCEDSTATUSCODES")
ALIASES = """list: alice, x@dsn.test
one: z@dsn.test
olist: alice, y@dsn.test
owner-olist: boss@home.test
hidden: u5@plain.test
hidbad: bad5@plain.test
void: /dev/null
"""
SITE = """FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`mailertable', `hash {table}')dnl
define(`ALIAS_FILE', `{aliases}')dnl
FEATURE(`promiscuous_relay')dnl
"""


def said(hop):
    """What a next hop heard of envelopes, in order of their text; without SIZE, and as if no time had passed."""
    lines = [re.sub(r" BY=[5-9]\d;", " BY=100;", re.sub(r" SIZE=\d+", "", line)) for line in hop.commands if line[:4].upper() in ("MAIL", "RCPT")]
    return sorted(lines, key=lambda line: (line[0], line))


def fields(message):
    """(subject, kind of the third part, about the message, about each recipient) without what differs from run to run."""
    words, status, original = message.iter_parts()
    about, *recipients = status.get_payload()
    # Sendmail names programs and files, and repeats the answer to RCPT of what was relayed.
    left_out = ("Last-Attempt-Date", "X-Actual-Recipient", "Reporting-MTA", "Received-From-MTA", "Arrival-Date",
                "Deliver-By-Date", "Diagnostic-Code", "Will-Retry-Until")
    told = [sorted((name, value) for name, value in one.items() if name not in left_out) for one in recipients]
    return (message["Subject"], message["Auto-Submitted"], original.get_content_type(),
            [(name, value) for name, value in about.items() if name not in left_out], sorted(told))


class Hops(Scenario):
    def setUp(self):
        super().setUp()
        refusals = {"RCPT To:<bad": "550 5.1.1 no such user here", "RCPT To:<later": "450 4.2.1 try later"}
        self.dsn = self.next_hop(keywords=DSN, replies=refusals)
        self.plain = self.next_hop(replies=refusals)
        self.home = self.next_hop(keywords=DSN)

    def start(self, more="", **how):
        aliases = self.folder / "aliases"
        aliases.write_text(ALIASES)
        run(BIN / "makemap", "hash", aliases, input="\n".join(line.replace(": ", "\t", 1) for line in ALIASES.splitlines()))
        table = self.make_map("table", route_to(dsn_test=self.dsn, plain_test=self.plain, home_test=self.home))
        self.site = SITE.format(table=table, aliases=aliases) + more
        self.ours = self.signet("mx", self.site, host="mx.test", users=("alice", "bob", "postmaster"), **how)
        return self.ours.port()

    def mail(self, port, mail, *recipients, text=TEXT):
        """Gives the queue id."""
        with Client(port) as client:
            client.ehlo()
            for line in (f"MAIL FROM:<boss@home.test>{mail}", *(f"RCPT TO:{one}" for one in recipients), "DATA"):
                answer = client.say(line)
                self.assertIn(answer[0], "23", f"{line}: {answer}")
            client.send(text)
            return client.say(".").split()[2]

    def reports(self, count=1):
        found = []
        for sender, recipients, text in self.home.wait(count):
            self.assertEqual((sender.split()[0], recipients), ("<>", ["boss@home.test"]))
            message = email.message_from_bytes(text, policy=email.policy.default)
            self.assertEqual(message.defects, [])
            found.append(message)
        return found

    def all_done(self):
        wait_until("an empty queue", lambda: "is empty" in self.ours.mailq())


class Receipts(Hops):
    def test_who_is_offered_it_and_who_is_not(self):
        access = self.make_map("access", "Srv_Features:127.0.0.3\tD\n")
        port = self.start(f"FEATURE(`access_db', `hash {access}')dnl\ndefine(`confDELIVER_BY_MIN', `1h')dnl\n")
        with Client(port) as client:
            self.assertIn("\n250-DSN\n", client.ehlo())
            self.assertIn("\n250-DELIVERBY 3600\n", client.ehlo())
            self.assertEqual(client.say("MAIL FROM:<a@home.test> BY=100;R"), "555 5.5.2 time 100 less than 3600")
        with Client(port, source="127.0.0.3") as client:
            self.assertNotIn("DSN", client.ehlo())
            self.assertEqual(client.say("MAIL FROM:<a@home.test> RET=HDRS"),
                             "504 5.7.0 Sorry, RET not supported, we do not allow DSN")

    def test_without_mime_there_is_none(self):
        port = self.start("define(`confMIME_FORMAT_ERRORS', `False')dnl\ndefine(`confDELIVER_BY_MIN', `-1')dnl\n")
        with Client(port) as client:
            self.assertNotRegex(client.ehlo(), "DSN|DELIVERBY")

    def test_failures_are_reported_as_was_asked(self):
        port = self.start()
        self.mail(port, " RET=FULL ENVID=E+0D+0AEVIL:+201", "<bad1@plain.test> NOTIFY=FAILURE ORCPT=rfc822;o+0D+0AEVIL:+202",
                  "<bad2@plain.test> NOTIFY=NEVER", "<bad3@plain.test> NOTIFY=SUCCESS,DELAY")
        self.mail(port, " RET=HDRS", "<bad4@plain.test>")
        self.mail(port, "", "<bad5@plain.test> NOTIFY=NEVER", "<bad6@dsn.test> NOTIFY=SUCCESS")
        self.all_done()
        first, second = sorted(self.reports(2), key=lambda one: one.as_string().find("bad4"))
        self.assertEqual(len(self.home.messages), 2)
        self.assertEqual([part.get_content_type() for part in first.iter_parts()][2], "message/rfc822")
        self.assertIn("\nsecret body", first.as_string())
        self.assertEqual([one["Final-Recipient"] for one in list(first.iter_parts())[1].get_payload()[1:]],
                         ["RFC822; bad1@plain.test"])
        self.assertNotIn("\nEVIL", first.as_string())
        self.assertIn("Original-Envelope-Id: E\\015\\012EVIL: 1", first.as_string())
        self.assertIn("Original-Recipient: rfc822;o\\015\\012EVIL: 2", first.as_string())
        self.assertNotIn("secret body", second.as_string())

    def test_a_large_message_comes_back_whole(self):
        port = self.start()
        lines = "".join(f"{number:06} {'x' * 60}\r\n" for number in range(12000))
        self.mail(port, " RET=FULL", "<bad@plain.test>", text=TEXT + lines)
        report, = self.reports()
        self.assertIn(lines.replace("\r\n", "\n"), report.as_string())

    def test_privacy_keeps_bodies_and_receipts(self):
        port = self.start("define(`confPRIVACY_FLAGS', `nobodyreturn')dnl\n")
        self.mail(port, " RET=FULL", "<bad@plain.test>")
        self.assertNotIn("secret body", self.reports()[0].as_string())

    def test_nobody_hears_of_a_report(self):
        port = self.start()
        with Client(port) as client:
            client.ehlo()
            for line in ("MAIL FROM:<>", "RCPT TO:<alice@mx.test> NOTIFY=SUCCESS", "RCPT TO:<bad@plain.test> NOTIFY=NEVER", "DATA"):
                client.say(line)
            client.send(TEXT)
            client.say(".")
        self.all_done()
        self.assertEqual((self.home.messages, self.ours.mailbox("postmaster")), ([], ""))

    def test_delays_are_told_to_those_who_want_to_hear(self):
        port = self.start("define(`confTO_QUEUEWARN', `1s')dnl\n")
        self.mail(port, "", "<later1@plain.test>", "<later2@plain.test> NOTIFY=FAILURE", "<later3@plain.test> NOTIFY=DELAY",
                  "<later4@plain.test> NOTIFY=NEVER")
        warning, = self.reports()
        self.ours.write(self.site + "define(`confTO_QUEUERETURN', `1s')dnl\n")
        self.ours.reload()
        end = self.reports(2)[1]
        self.all_done()
        told = [[one["Final-Recipient"][8:14] for one in list(message.iter_parts())[1].get_payload()[1:]] for message in (warning, end)]
        self.assertEqual(told, [["later1", "later3"], ["later1", "later2"]])

    def test_return_receipt_to_asks_for_a_receipt(self):
        port = self.start("define(`confRRT_IMPLIES_DSN', `True')dnl\n")
        text = "Return-Receipt-To: x@else.test\r\n" + TEXT
        queue_id = self.mail(port, "", "<a@dsn.test>", "<b@plain.test>", "<c@dsn.test> NOTIFY=NEVER", text=text)
        self.ours.wait_for(rf"^{queue_id}: \w{{14}}: DSN: Return receipt$")
        self.assertIn("RCPT To:<a@dsn.test> NOTIFY=SUCCESS,FAILURE,DELAY", said(self.dsn))
        self.assertIn("RCPT To:<c@dsn.test> NOTIFY=NEVER", said(self.dsn))
        self.assertIn("<b@plain.test>  (relayed to non-DSN-aware mailer)", self.reports()[0].as_string())

    def test_time_that_is_over_ends_it_or_is_told(self):
        port = self.start()
        self.mail(port, " BY=1;R", "<later1@dsn.test>", "<later2@dsn.test> NOTIFY=NEVER")
        report, = self.reports()
        self.assertIn("\nDelivery time (1s) expired\nMessage will be deleted from queue\n", report.as_string())
        self.assertEqual(fields(report)[4], [sorted([("Final-Recipient", "RFC822; later1@dsn.test"), ("Action", "failed"),
                                                     ("Status", "5.4.7")])])
        self.all_done()
        self.assertTrue(all(re.search(r" BY=1;R$", line) for line in said(self.dsn) if line.startswith("MAIL")), said(self.dsn))
        self.mail(port, " BY=-2;N", "<later3@plain.test>", "<later4@plain.test> NOTIFY=FAILURE")
        self.assertEqual(fields(self.reports(2)[1])[0], "Warning: Delivery time (-2s) exceeded")
        self.ours.wait_for(r"sender notify: Warning: Delivery time \(-2s\) exceeded$")
        self.dsn.replies["RCPT To:<late"] = "450 4.2.1 try later"
        self.mail(port, " BY=-999999999;N", "<late@dsn.test>")
        wait_until("another try", lambda: sum("BY=-999999999;N" in line for line in self.dsn.commands) > 1)


class BesideSendmail(Hops):
    """The same envelopes for sendmail and for us: what next hops hear and what reports say is the same."""

    MAILS = (
        (" RET=HDRS ENVID=E+2B1", "<alice@mx.test> NOTIFY=SUCCESS ORCPT=rfc822;or+2Big@x.test",
         "<a@dsn.test> NOTIFY=SUCCESS ORCPT=rfc822;o2@x", "<b@plain.test> NOTIFY=SUCCESS,DELAY", "<c@plain.test>",
         "<e@plain.test> NOTIFY=FAILURE"),
        (" RET=FULL", "<bad1@plain.test> NOTIFY=FAILURE ORCPT=rfc822;o2@x", "<bad2@plain.test> NOTIFY=NEVER", "<bad3@plain.test>",
         "<bad4@plain.test> NOTIFY=SUCCESS", "<ok@plain.test> NOTIFY=SUCCESS"),
        ("", "<one@mx.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;one@x"),
        ("", "<olist@mx.test> NOTIFY=SUCCESS,FAILURE"),
        (" RET=HDRS", "<hidden@mx.test> NOTIFY=SUCCESS"),
        (" RET=HDRS", "<hidbad@mx.test>"),
        (" BY=100;R", "<r@dsn.test>"),
        (" BY=100;NT", "<t@dsn.test>", "<n@plain.test>", "<v@dsn.test> NOTIFY=NEVER"),
    )

    def sendmail(self):
        program, makemap = tool("sendmail", peers_only=True), tool("makemap", peers_only=True)
        if program is None or os.geteuid() != 0:
            self.skipTest("needs root and sendmail in build/peers (tools/peers)")
        theirs = self.folder / "their"
        (theirs / "mqueue").mkdir(parents=True)
        (theirs / "mqueue").chmod(0o700)
        self.folder.chmod(0o755)
        (theirs / "switch").write_text("hosts files\naliases files\n")
        (theirs / "hosts").write_text("127.0.0.1 mx.test localhost\n")
        (theirs / "aliases").write_text(ALIASES)
        (theirs / "mailer").write_text("#!/bin/sh\nexec cat >/dev/null\n")
        (theirs / "mailer").chmod(0o755)
        settle = f"hostname mx.test && mount --bind {theirs}/hosts /etc/hosts && exec {program} \"$@\""
        start = ["unshare", "-m", "-u", "sh", "-c", settle, "sendmail"]
        if subprocess.run(["unshare", "-m", "-u", "true"], capture_output=True).returncode != 0:
            self.skipTest("unshare -m -u is not permitted here")
        port = free_port()
        mc, cf = theirs / "site.mc", theirs / "sendmail.cf"
        mc.write_text(f"""OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mx.test')dnl
define(`QUEUE_DIR', `{theirs}/mqueue')dnl
define(`STATUS_FILE', `{theirs}/statistics')dnl
define(`confPID_FILE', `{theirs}/pid')dnl
define(`confSERVICE_SWITCH_FILE', `{theirs}/switch')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`confTO_IDENT', `0')dnl
define(`confQUEUE_LA', `10000')dnl
define(`confREFUSE_LA', `10000')dnl
define(`LOCAL_MAILER_PATH', `{theirs}/mailer')dnl
define(`LOCAL_MAILER_ARGS', `mailer $u')dnl
define(`LOCAL_MAILER_FLAGS', `')dnl
MODIFY_MAILER_FLAGS(`LOCAL', `-w')dnl
FEATURE(`nocanonify')dnl
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port={port}')dnl
{SITE.format(table=theirs / "table", aliases=theirs / "aliases")}MAILER(`local')dnl
MAILER(`smtp')dnl
""")
        hops = {"dsn": self.dsn, "plain": self.plain, "home": self.home}
        made = run("m4", f"-D_CF_DIR_={PEERS}/usr/share/sendmail/cf/", PEERS / "usr/share/sendmail/cf/m4/cf.m4", mc).stdout
        # A mailer for each port.
        cf.write_text(made + "".join(f"\nM{name}, P=[IPC], F=mDFMuXa, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP, E=\\r\\n, L=990, "
                                     f"T=DNS/RFC822/SMTP, A=TCP $h {hop.port}\n" for name, hop in hops.items()))
        run(makemap, "-C", cf, "hash", theirs / "table", input="".join(f"{name}.test\t{name}:[127.0.0.1]\n" for name in hops))
        run(*start, f"-C{cf}", "-bi")
        daemon = subprocess.Popen([*start, f"-C{cf}", "-bD"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)

        def listens():
            try:
                Client(port).close()
                return True
            except OSError:
                return False
        wait_until("sendmail to listen", listens)
        return port, lambda: wait_until("sendmail's empty queue", lambda: not any((theirs / "mqueue").iterdir()))

    def heard(self, port, all_done):
        """For each of MAILS: what the two hops were told, and the fields of the reports."""
        found = []
        for mail, *recipients in self.MAILS:
            self.mail(port, mail, *recipients)
            all_done()
            found.append((said(self.dsn), said(self.plain), [fields(one) for one in self.reports(len(self.home.messages))]))
            for hop in (self.dsn, self.plain, self.home):
                hop.commands.clear()
                hop.messages.clear()
        return found

    def test_both_say_the_same(self):
        self.maxDiff = None
        theirs = self.heard(*self.sendmail())
        ours = self.heard(self.start(), self.all_done)
        for mail, their, our in zip(self.MAILS, theirs, ours):
            with self.subTest(mail=mail):
                self.assertEqual(their, our)


if __name__ == "__main__":
    unittest.main()
