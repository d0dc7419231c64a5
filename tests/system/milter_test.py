"""Mail filters: what they are told, what each of their answers does, what they may change, and what becomes of mail when they
fail or misbehave. The last ones are real: libmilter and OpenDKIM."""
import base64
import hashlib
import pathlib
import re
import resource
import shutil
import socket
import struct
import subprocess
import unittest

from harness import BIN, LOCAL, Scenario, free_port, run, tls_lines, wait_until
from mail_filter import (ACCEPT, CONTINUE, DISCARD, PROGRESS, REJECT, SKIP, TEMPFAIL, MailFilter, frame, reply, strings)

PYTHON = "/usr/bin/python3"  # has Debian's modules
TEXT = "Subject: one\r\nX-A: 1\r\nX-A: 2\r\n\r\nbody\r\n"
FREE = "FEATURE(`accept_unresolvable_domains')dnl\n"


def use(*filters, more="", level=14):
    """Site file lines: filters `one`, `two` and so on; `more`: F= and T= of the first."""
    names = ("one", "two", "three")
    lines = [f"INPUT_MAIL_FILTER(`{name}', `S={one.spec}{more if name == 'one' else ''}')dnl\n"
             for name, one in zip(names, filters)]
    return FREE + f"define(`confMILTER_LOG_LEVEL', `{level}')dnl\n" + "".join(lines)



class Milter(Scenario):
    def filter(self, **more):
        one = MailFilter(**more)
        self.addCleanup(one.close)
        return one

    def ours(self, *filters, more="", extra="", level=14, **rest):
        return self.signet("our", use(*filters, more=more, level=level) + extra, **rest)

    def send(self, server, sender="a@b.test", recipients="alice@our.test", text=TEXT):
        with server.client() as client:
            client.ehlo("c.test")
            return client.send_mail(sender, recipients, text)

    def delivered(self, server, user="alice", count=1):
        server.wait_for(rf"to=<{user}@our\.test>, .*stat=Sent$", count)
        return server.mailbox(user)

    def test_a_filter_hears_all_there_is(self):
        every = "j, v, _, i, s, {client_addr}, {daemon_name}, {tls_version}, {mail_addr}, {mail_mailer}, {rcpt_mailer}, " \
                "{rcpt_host}, {rcpt_addr}, {nrcpts}, {nbadrcpts}, {msg_size}, {msg_id}, {nobody}"
        stages = "".join(f"define(`confMILTER_MACROS_{stage}', `{every}')dnl\n"
                         for stage in ("HELO", "ENVFROM", "ENVRCPT", "DATA", "EOM"))
        certs = self.pki()
        certs.make("our")
        one = self.filter(protocol=0x800)  # refused recipients too
        server = self.ours(one, extra=stages + tls_lines(certs, "our"))
        with server.client() as client:
            client.ehlo("c.test")
            client.starttls()
            client.ehlo("d.test")
            self.assertEqual(client.say("FOO bar"), '500 5.5.1 Command unrecognized: "FOO bar"')
            client.say("MAIL FROM:<a@b.test> SIZE=100 BODY=8BITMIME")
            client.say("RCPT TO:<alice@our.test>")
            client.say("RCPT TO:<nobody@our.test>")
            client.say("DATA")
            client.send("Subject: one\r\nX-Fold: a\r\n\tb\r\nX-No:space\r\n\r\nbody\r\n..dot\r\n.\r\n")
            queue_id = client.reply().split()[2]
            client.say("MAIL FROM:<>")
            client.say("RSET")
            client.say("QUIT")
        one.wait_for("Q")
        self.assertEqual(one.letters(), "OCHHUMRRTLLLNBEMAQ")
        self.assertEqual(one.offered, (6, 0x1FF, 0x1FFFFF))
        self.assertRegex(one.data("C")[0], b"^" + re.escape(LOCAL.encode()) + rb"\0004..127\.0\.0\.1\0$")
        self.assertEqual(one.data("H"), [b"c.test\0", b"d.test\0"])
        self.assertEqual(one.data("U"), [b"FOO bar\0"])
        self.assertEqual(one.data("M"), [b"<a@b.test>\0SIZE=100\0BODY=8BITMIME\0", b"<>\0"])
        self.assertEqual(one.data("R"), [b"<alice@our.test>\0", b"<nobody@our.test>\0"])
        self.assertEqual(one.data("L"), [b"Subject\0one\0", b"X-Fold\0a\n\tb\0", b"X-No\0space\0"])
        self.assertEqual(one.data("B"), [b"body\r\n.dot\r\n"])
        told = dict(one.all_macros)
        self.assertEqual(one.macros["C"], {"j": "our.test", "_": f"{LOCAL} [127.0.0.1]", "{daemon_name}": "MTA",
                                           "{if_name}": "our.test"})
        self.assertEqual(one.macros["H"]["{tls_version}"], "TLSv1.3")
        mail = told["M"][0]
        self.assertEqual((mail["i"], mail["s"], mail["{mail_addr}"], mail["{mail_mailer}"], mail["{nrcpts}"], mail["{msg_size}"]),
                         (queue_id, "d.test", "a@b.test", "esmtp", "0", "100"))
        self.assertNotIn("{nobody}", mail)
        good, bad = told["R"]
        self.assertEqual((good["{rcpt_mailer}"], good["{rcpt_addr}"], good["{nrcpts}"]), ("local", "alice", "1"))
        self.assertEqual((bad["{rcpt_mailer}"], bad["{rcpt_host}"], bad["{nbadrcpts}"]), ("error", "5.1.1", "1"))
        end = told["E"][0]
        self.assertIn(queue_id, end["{msg_id}"])
        self.assertNotIn("{rcpt_addr}", end)

    def test_each_answer_at_each_event(self):
        one = self.filter()
        server = self.ours(one)
        rejected, later = "5.7.1 {}Command rejected", "451 4.3.2 Please try again later"
        own = reply("450 4.7.1 100%% own")
        cases = [("M", frame(REJECT), "550 " + rejected.format("<a@b.test>... ")), ("M", frame(TEMPFAIL), later),
                 ("M", own, "450 4.7.1 <a@b.test>... 100% own"),
                 ("M", reply("250 2.0.0 fine"), "550 " + rejected.format("<a@b.test>... ")),
                 ("R", frame(REJECT), "550 " + rejected.format("<alice@our.test>... ")), ("R", frame(TEMPFAIL), later),
                 ("R", reply("553-5.7.1 one\r\n553 5.7.1 two"), "553-5.7.1 <alice@our.test>... one\n553 5.7.1 two"),
                 ("T", frame(REJECT), "550 " + rejected.format("")), ("T", frame(TEMPFAIL), later)]
        cases += [(letter, answer, want) for letter in "LNBE" for answer, want in
                  ((frame(REJECT), "554 " + rejected.format("")), (frame(TEMPFAIL), later), (own, "450 4.7.1 100% own"))]
        with server.client() as client:
            client.ehlo("c.test")
            for letter, answer, want in cases:
                one.answers = {letter: answer}
                self.assertEqual(client.send_mail("a@b.test", "alice@our.test", TEXT), want, letter)
                client.say("RSET")
            for letter in "MRTLNBE":
                one.answers, one.heard[:] = {letter: frame(DISCARD)}, []
                self.assertRegex(client.send_mail("a@b.test", "alice@our.test", TEXT), "^250 2.0.0 .* Message accepted", letter)
            self.assertEqual(server.mailbox("alice"), "")
            one.answers, one.heard[:] = {"M": frame(ACCEPT)}, []
            client.send_mail("a@b.test", "alice@our.test", TEXT)
            self.assertEqual(one.letters(), "M")
            one.answers, one.heard[:] = {"B": frame(SKIP), "L": frame(SKIP)}, []
            client.send_mail("a@b.test", "alice@our.test", TEXT.replace("body", "x" * 200000))
            self.assertEqual(one.letters(), "MRTLNBE")
        server.wait_for(r"Milter: from=<a@b\.test>, reject=550 5\.7\.1 Command rejected$")
        server.wait_for(r"Milter: to=<alice@our\.test>, reject=451 4\.3\.2 Please try again later$")
        server.wait_for(r"Milter: cmd=data, reject=550 5\.7\.1 Command rejected$")
        server.wait_for(r"Milter: data, reject=450 4\.7\.1 100%% own$")
        server.wait_for(r"milter=one, action=eoh, discard$")

    def test_421_ends_the_session_whenever_it_comes(self):
        """As with sendmail."""
        one = self.filter()
        server = self.ours(one)
        dialog = ("EHLO c.test", "FOO", "MAIL FROM:<a@b.test>", "RCPT TO:<alice@our.test>", "DATA", TEXT + ".")
        for at, letters in enumerate("H U M R T LNBE".split()):
            for letter in letters:
                one.answers = {letter: reply("421 4.7.0 go away")}
                with self.subTest(letter), server.client() as client:
                    for command in dialog[:at]:
                        self.assertFalse(client.say(command).startswith("421"), command)
                    self.assertEqual(client.say(dialog[at]), "421 4.7.0 go away")
                    self.assertEqual(client.reply(), "")
        self.assertEqual(server.mailbox("alice"), "")

    def test_a_header_without_its_empty_line(self):
        """Filters or none: it gets one, and who is asked sees what is delivered."""
        one = self.filter()
        ports = "".join(f"DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name={name}{more}')dnl\n" for name, more in (("MTA", ""), ("BARE", ", I=")))
        server = self.signet("our", use(one), ports=ports)
        for port, user in (("MTA", "alice"), ("BARE", "bob")):
            with server.client(port) as client:
                client.ehlo()
                for text in ("Subject: x\r\nno field\r\nX-Not: one\r\n", "Subject: x\r\n", "no field\r\n"):
                    self.assertIn("accepted", client.send_mail("a@b.test", f"{user}@our.test", text))
            mails = self.delivered(server, user, count=3)
            bodies = [re.sub(r"(?s)^.*?\n(Subject: x\n)?\n", r"\1\n", "From " + mail) for mail in mails.split("From a@b.test")[1:]]
            self.assertEqual(sorted(body.strip("\n") for body in bodies), ["Subject: x", "Subject: x\n\nno field\nX-Not: one", "no field"])
        self.assertEqual(one.data("B"), [b"no field\r\nX-Not: one\r\n", b"no field\r\n"])

    def test_answers_about_the_client(self):
        one = self.filter()
        server = self.ours(one)
        for letter in "CH":
            one.answers = {letter: frame(REJECT)}
            with server.client() as client:
                self.assertEqual(client.greeting.split()[0], "554" if letter == "C" else "220")
                self.assertEqual(client.ehlo().split("\n")[-1], "250 ENHANCEDSTATUSCODES")
                self.assertEqual(client.say("MAIL FROM:<a@b.test>"), "550 5.0.0 Command rejected")
                self.assertEqual(client.say("FOO"), '500 5.5.1 Command unrecognized: "FOO"')
            one.answers = {letter: frame(TEMPFAIL)}
            with server.client() as client:
                self.assertIn("PIPELINING", client.ehlo())
                self.assertEqual(client.say("MAIL FROM:<a@b.test>"), "451 4.3.2 Please try again later")
            one.wait_for("Q", 2 if letter == "C" else 3)  # of those that are over
            one.answers, one.heard[:] = {letter: frame(ACCEPT)}, []
            with server.client() as client:
                client.ehlo()
                self.assertIn("accepted", client.send_mail("a@b.test", "alice@our.test"))
            one.wait_for("Q")
            self.assertEqual(one.letters(), "OCQ" if letter == "C" else "OCHQ")
        one.answers = {"C": frame("4")}
        with server.client() as client:
            self.assertEqual(client.greeting, "421 4.7.0 our.test closing connection")
        one.answers = {"H": reply("553 5.7.9 not you"), "U": reply("550 5.7.1 odd")}
        with server.client() as client:
            self.assertEqual(client.say("FOO"), "550 5.7.1 odd")
            client.ehlo()
            self.assertEqual(client.say("MAIL FROM:<a@b.test>"), "553 5.7.9 not you")
        server.wait_for(rf"Milter: connect: host={re.escape(LOCAL)}, addr=127\.0\.0\.1, rejecting commands$")
        server.wait_for(r"Milter: helo=client\.test, reject=553 5\.7\.9 not you$")

    def test_changes_and_their_order(self):
        path = pathlib.Path(self.folder) / "socket"
        one, two = self.filter(), self.filter(path=path)
        hop = self.next_hop()
        relays = f"define(`SMART_HOST', `relay:[127.0.0.1]')dnl\ndefine(`RELAY_MAILER_ARGS', `TCP $h {hop.port}')dnl\n"
        server = self.ours(one, two, extra=relays)
        one.answers = {"E": [
            frame("i", strings("X-Top", "0", number=0)), frame("i", strings("X-Under", "2", number=2)),
            frame("h", strings("X-Add", "a\n\tb\nc")), frame("m", strings("X-A", "second", number=2)),
            frame("m", strings("X-A", "", number=1)), frame("m", strings("X-None", "", number=1)),
            frame("m", strings("X-New", "made", number=1)), frame("e", strings("<new@from.test>")),
            frame("+", strings("<bob@our.test>")), frame("2", strings("<u@far.test>", "NOTIFY=NEVER")),
            frame("-", strings("<alice@our.test>")), frame(PROGRESS), frame("b", "loud\nbo"), frame("b", "dy\r\n.\rend"),
            frame(CONTINUE)]}
        two.answers = {"E": [frame("h", strings("X-Two", "saw it")), frame(CONTINUE)]}
        self.assertIn("accepted", self.send(server))
        sender, recipients, text = hop.wait()[0]
        self.assertTrue(sender.startswith("<new@from.test>"), sender)
        self.assertEqual(recipients, ["u@far.test"])
        header, body = text.split(b"\r\n\r\n", 1)
        self.assertEqual(body, b"loud\r\nbody\r\n.\r\nend\r\n")
        names = [line.split(b":")[0] for line in header.split(b"\r\n") if line[:1] not in b" \t"]
        self.assertEqual(names, [b"X-Top", b"Received", b"Date", b"From", b"Message-Id", b"X-Under", b"Subject", b"X-A",
                                 b"X-Add", b"X-New", b"X-Two"])
        self.assertIn(b"X-Add: a\r\n\tb\r\n\tc\r\n", header)
        self.assertIn(b"X-A: second\r\n", header)
        # The second filter sees what the first has made of it.
        self.assertIn(b"X-New\0made\0", two.data("L"))
        self.assertEqual(two.data("B"), [b"loud\r\nbody\r\n.\r\nend\r\n"])
        self.delivered(server, "bob")
        self.assertEqual(server.mailbox("alice"), "")
        for line in (r"insert \(0\): header: X-Top: 0$", r"add: header: X-Add: a\\012\\011b\\012\\011c$",
                     r"change: header X-A: from  2 to second$", r"delete: header X-A: 1$", r"delete \(noop\): header: X-None$",
                     r"change \(add\): header: X-New: made$", r"chgfrom: <new@from\.test>$", r"add: rcpt: <bob@our\.test>$",
                     r"delete: rcpt <alice@our\.test>, naddrs=1$", r"message: body replaced$",
                     r"arguments passed over: NOTIFY=NEVER$"):
            server.wait_for(r": Milter \(one\) " + line)

    def test_quarantine_and_nobody_left(self):
        one = self.filter(answers={"E": [frame("q", strings("looks bad")), frame(CONTINUE)]})
        server = self.ours(one)
        self.assertIn("accepted", self.send(server))
        server.wait_for(r"milter=one, quarantine=looks bad$")
        server.wait_for(r"to=<alice@our\.test>, .*quarantine=looks bad, stat=quarantined$")
        self.assertIn("looks bad", run(BIN / "mailq", "-qQ", "-C", server.mc).stdout)
        one.answers = {"E": [frame("q", strings("")), frame(CONTINUE)]}
        self.assertIn("accepted", self.send(server))
        server.wait_for(r"to=<alice@our\.test>, .*quarantine=quarantined by one, stat=quarantined$")
        one.answers = {"E": [frame("-", strings("alice@our.test")), frame(CONTINUE)]}
        self.assertIn("accepted", self.send(server))
        server.wait_for(r": discarded$")
        self.assertEqual(server.mailbox("alice"), "")

    def test_large_bodies_stream_both_ways(self):
        lines = b"".join(b"%076d\r\n" % i for i in range(40000))  # 3 MB: a body file
        one = self.filter()
        server = self.ours(one)
        self.assertIn("accepted", self.send(server, text="Subject: x\r\n\r\n" + lines.decode()))
        chunks = one.data("B")
        self.assertEqual(b"".join(chunks), lines)
        self.assertTrue(all(len(chunk) == 65535 for chunk in chunks[:-1]))
        self.assertTrue("%076d" % 39999 in self.delivered(server))
        # One that takes chunks without an answer, and gives another body, in frames as long as may be.
        one.no_answer, one.heard[:] = 0x80000, []
        one.negotiation = frame("O", struct.pack("!III", 6, 0x1FF, 0x80000))
        new = b"".join(b"%098d\r\n" % i for i in range(60000))
        one.answers = {"B": [], "E": [frame("b", new[at:at + 1000000]) for at in range(0, len(new), 1000000)] + [frame(CONTINUE)]}
        self.assertIn("accepted", self.send(server, recipients="bob@our.test", text="Subject: x\r\n\r\n" + lines.decode()))
        self.assertEqual(b"".join(one.data("B")), lines)
        body = self.delivered(server, "bob").split("\n\n", 1)[1]
        self.assertTrue(body.rstrip("\n") == new.decode().replace("\r\n", "\n").rstrip("\n"))

    def test_what_is_done_when_a_filter_is_not_there(self):
        port = self.deaf_port().port
        path = pathlib.Path(self.folder) / "nobody"

        class Gone:
            pass
        gone, missing = Gone(), Gone()
        gone.spec, missing.spec = f"inet:{port}@localhost", f"local:{path}"
        for spec, flag, greeting, answer in ((gone, "", "220", "250"), (missing, ", F=T", "220", "451 4.3.2 Please"),
                                             (gone, ", F=R", "554", "550 5.0.0 Command rejected"),
                                             (missing, ", F=4", "421 4.7.0", "")):
            server = self.signet(f"our{flag[-1:]}", use(spec, more=flag))
            with server.client() as client:
                self.assertTrue(client.greeting.startswith(greeting), client.greeting)
                if answer:
                    client.ehlo()
                    self.assertTrue(client.say("MAIL FROM:<a@b.test>").startswith(answer), flag)
            server.wait_for(r"Milter \(one\): error connecting to filter: ")
            server.wait_for(r"Milter \(one\): to error state$")
            server.stop()

    def test_a_want_of_descriptors_is_not_the_filters_failure(self):
        one = self.filter()
        server = self.ours(one, more=", T=C:1s;S:10s")
        engine = server.engine()
        before = resource.prlimit(engine, resource.RLIMIT_NOFILE)
        used = {int(fd.name) for fd in pathlib.Path(f"/proc/{engine}/fd").iterdir()}
        free = min(set(range(len(used) + 1)) - used)
        # Just enough for the client.
        resource.prlimit(engine, resource.RLIMIT_NOFILE, (free + 1, before[1]))
        with server.client() as client:
            client.ehlo("c.test")
            self.assertEqual(client.say("MAIL FROM:<a@b.test>"), "451 4.3.2 Please try again later")
            server.wait_for(r"Milter \(one\): error connecting to filter: Too many open files$")
            resource.prlimit(engine, resource.RLIMIT_NOFILE, before)
        self.assertEqual(one.letters(), "")
        self.assertIn("accepted", self.send(server))
        self.assertIn("M", one.letters())

    def test_sessions_count_what_their_filters_open(self):
        filters = [self.filter() for _ in range(3)]
        server = self.ours(*filters)
        engine = server.engine()
        before = resource.prlimit(engine, resource.RLIMIT_NOFILE)
        resource.prlimit(engine, resource.RLIMIT_NOFILE, (160, before[1]))
        server.reload()
        clients = [server.client() for _ in range(160 // 2 // (1 + len(filters)))]  # half of all are for sessions
        for client in clients:
            self.addCleanup(client.close)
        with server.client() as refused:
            self.assertEqual(refused.greeting, "421 4.3.2 Too many open connections.")
        self.assertIn("accepted", clients[-1].send_mail("a@b.test", "alice@our.test"))

    def test_a_filter_that_misbehaves_fails_alone(self):
        bad, good = self.filter(), self.filter(answers={"E": [frame("h", strings("X-Good", "here")), frame(CONTINUE)]})
        server = self.ours(bad, good)
        count = 0
        half = [frame("h", strings("X-Half", "done")), frame("b", "shrunk")]
        for letter, answer, why in (
                ("M", None, "the filter has closed the connection"), ("R", frame("Z"), "action=rcpt returned bogus response Z"),
                ("T", b"\xff\xff\xff\xff", "read size 4294967295 out of range"), ("N", b"\0\0\0\0", "read size 0 out of range"),
                ("E", [*half, None], "the filter has closed the connection"),
                ("E", [*half, frame("h", "X-Bad\0a")], "action=eom returned bogus response h"),
                ("E", [*half, frame("h", strings("Bcc: x\r\nX", "a"))], "action=eom returned bogus response h"),
                ("L", [frame(CONTINUE)] * 2, "said c without being asked"),
                ("E", [*half, *[frame("h", strings("X-Many", "x" * 60000))] * 80, frame(CONTINUE)], "wants too many changes"),
                ("E", [*half, frame("h", strings("X-Many", "x")) * 2000, frame(CONTINUE)], "wants too many changes")):
            bad.answers = {letter: answer}
            self.assertIn("accepted", self.send(server), why)
            count += 1
            server.wait_for(r"Milter \(one\): " + re.escape(why) + "$")
            self.assertEqual(self.delivered(server, count=count).count("X-Good: here"), count, why)
        self.assertNotIn("X-Half", server.mailbox("alice"))
        self.assertNotIn("shrunk", server.mailbox("alice"))
        # Nothing of it stays behind, and all is well again with the next client.
        bad.answers = {"E": [frame("h", strings("X-Well", "again")), frame(CONTINUE)]}
        self.send(server)
        self.assertIn("X-Well: again", self.delivered(server, count=count + 1))

    def test_a_filter_that_falls_silent_fails_alone(self):
        half = [frame("h", strings("X-Half", "done")), b"\0\0\1"]
        silent, halting = self.filter(answers={"B": []}), self.filter(answers={"E": half})
        good = self.filter(answers={"E": [frame("h", strings("X-Good", "here")), frame(CONTINUE)]})
        lines = "".join(f"MAIL_FILTER(`{name}', `S={one.spec}, T=R:{wait}s;S:{wait}s')dnl\n"
                        for name, one, wait in (("silent", silent, 3), ("halting", halting, 3), ("good", good, 60)))
        ports = "".join(f"DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name={name}, I={name};good')dnl\n" for name in ("silent", "halting"))
        server = self.signet("our", FREE + lines, ports=ports)
        clients = [server.client(name) for name in ("silent", "halting")]
        for client in clients:  # both wait at once
            self.addCleanup(client.close)
            client.ehlo()
            for command in ("MAIL FROM:<a@b.test>", "RCPT TO:<alice@our.test>", "DATA"):
                client.say(command)
            client.send(TEXT + ".\r\n")
        for client in clients:
            self.assertIn("accepted", client.reply())
        server.wait_for(r"Milter \(silent\): timeout before data read, where=body$")
        server.wait_for(r"Milter \(halting\): timeout during data read, where=eom$")
        text = self.delivered(server, count=2)
        self.assertEqual(text.count("X-Good: here"), 2)
        self.assertNotIn("X-Half", text)

    def test_injection_and_floods(self):
        one = self.filter()
        server = self.ours(one)
        one.answers = {"E": [frame("h", strings("X-A", "a\r\nBcc: evil@x\r\n\r\nbody first")),
                             frame("m", strings("Subject", "s\rBcc: evil@y\n\n", number=1)),
                             frame("q", strings("why\r\nnot")), frame("+", strings("<bob@our.test>\r\nDATA")), frame("e", strings("<a@b.test>\r\nRCPT TO:<c@d>")), frame(CONTINUE)]}
        self.assertIn("accepted", self.send(server))
        server.wait_for(r"milter=one, quarantine=why\\015\\012not$")
        server.wait_for(r"a mail filter wants what is no address: a@b")
        one.answers = {"E": [frame("h", strings("X-A", "a\r\nBcc: evil@x\r\n\r\nbody first")), frame(CONTINUE)]}
        self.send(server)
        header = self.delivered(server).split("\n\n")[0]
        self.assertIn("X-A: a\n\tBcc: evil@x\n\tbody first\n", header + "\n")
        self.assertNotRegex(header, "(?m)^Bcc:")
        one.answers = {"R": reply("550 5.7.1 no\r\n250 yes")}
        self.assertEqual(self.send(server), "550 5.7.1 <alice@our.test>... Command rejected")
        # So many recipients that nobody could hold them, and just as many as that.
        one.answers = {"E": [b"".join(frame("+", strings(f"<u{i}@our.test>")) for i in range(10001)), frame(CONTINUE)]}
        self.assertEqual(self.send(server), "452 4.5.3 Too many recipients")

    def test_a_header_is_no_larger_than_it_may_be(self):
        for limit, texts in ((32768, ("n" * 1001 + ":\r\n" + "a:\r\n" * 10000, "n" * 1001 + ":\r\nb:" + "y" * 40000 + "\r\n")),
                             (0, ("a:\r\n" * 10001, "n" * 1001 + ":\r\nb:" + "y" * (1 << 20) + "\r\n"))):
            server = self.signet(f"limit{limit}", use(self.filter()) + f"define(`confMAX_HEADERS_LENGTH', `{limit}')dnl\n")
            for text in texts:
                self.assertEqual(self.send(server, recipients=f"alice@limit{limit}.test", text=text + "\r\nbody\r\n"),
                                 f"552 5.0.0 Headers too large ({limit or 1 << 20} max)")

    def test_a_large_header_takes_fewer_changes(self):
        one = self.filter(protocol=0x20, answers={"E": [frame("h", strings("X-Many", "x")) * 1500, frame(CONTINUE)]})
        server = self.ours(one)
        for fields, taken in (8000, False), (1000, True):
            self.assertIn("accepted", self.send(server, text="a:\r\n" * fields + "\r\nbody\r\n"))
            self.assertEqual("X-Many: x" in self.delivered(server, count=1 if fields == 8000 else 2), taken)
        server.wait_for(r"Milter \(one\): wants too many changes$")

    def test_a_port_may_have_filters_of_its_own(self):
        one, two = self.filter(), self.filter()
        ports = "".join(f"DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name={name}{more}')dnl\n"
                        for name, more in (("MTA", ""), ("MSA", ", I=two"), ("BOTH", ", InputMailFilters=two;one"), ("BARE", ", I=")))
        server = self.signet("our", use(one, two, level=9).replace("INPUT_MAIL_FILTER(`two'", "MAIL_FILTER(`two'"), ports=ports)
        for name, want in (("MTA", (1, 0)), ("MSA", (0, 1)), ("BOTH", (1, 1)), ("BARE", (0, 0))):
            one.connections = two.connections = 0
            with server.client(name) as client:
                client.ehlo()
                self.assertIn("accepted", client.send_mail("a@b.test", "alice@our.test"))
            self.assertEqual((one.connections, two.connections), want, name)

    def test_a_reload_brings_filters_to_new_sessions(self):
        one = self.filter(answers={"M": frame(REJECT)})
        server = self.signet("our", FREE)
        with server.client() as old:
            old.ehlo()
            server.write(use(one))
            server.reload()
            self.assertTrue(old.say("MAIL FROM:<a@b.test>").startswith("250"))
            self.assertEqual(self.send(server), "550 5.7.1 <a@b.test>... Command rejected")

    def test_filters_may_name_their_macros(self):
        one = self.filter(macros={1: "{client_addr} j", 2: ""})
        server = self.ours(one)
        self.send(server)
        self.assertEqual(one.macros["H"], {"{client_addr}": "127.0.0.1", "j": "our.test"})
        self.assertNotIn("M", one.macros)

    def start(self, *command):
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    @staticmethod
    def listens(path):
        with socket.socket(socket.AF_UNIX) as one:
            return one.connect_ex(str(path)) == 0

    def test_libmilter(self):
        if not pathlib.Path(PYTHON).exists() or subprocess.run([PYTHON, "-c", "import Milter"], capture_output=True).returncode:
            self.skipTest("NOT RUN WITH LIBMILTER: python3-milter is not installed")
        path = pathlib.Path(self.folder) / "socket"
        self.start(PYTHON, "-B", pathlib.Path(__file__).with_name("libmilter_filter.py"), path)
        wait_until("the filter to listen", lambda: self.listens(path))

        class Real:
            spec = f"unix:{path}"
        server = self.ours(Real(), more=", F=T")
        with server.client() as client:
            client.ehlo("c.test")
            client.say("MAIL FROM:<a@b.test> SIZE=100")
            self.assertEqual(client.say("RCPT TO:<not-me@our.test>"), "550 5.1.1 <not-me@our.test>... User unknown")
            client.say("RCPT TO:<alice@our.test>")
            client.say("DATA")
            client.send(TEXT)
            self.assertIn("accepted", client.say("."))
        text = self.delivered(server)
        for seen in (f"connect={LOCAL}/127.0.0.1", "j=our.test", "helo=c.test", "from=<a@b.test>", "SIZE=100",
                     "mail_addr=a@b.test", "X-A='2'"):
            self.assertIn(f"\nX-Seen: {seen}\n", text)
        self.assertIn("\nSubject: changed\n", text)
        self.assertIn("\n\nBODY\n", text)
        self.assertIn("\n\nBODY\n", self.delivered(server, "bob"))

    def test_opendkim_signs(self):
        program = shutil.which("opendkim", path="/usr/sbin:/usr/bin")
        if program is None:
            self.skipTest("NOT RUN WITH OPENDKIM: it is not installed")
        key, port = self.folder / "key.pem", free_port()
        run("openssl", "genrsa", "-out", key, "2048")
        key.chmod(0o600)
        conf = self.folder / "opendkim.conf"
        conf.write_text(f"Mode s\nDomain our.test\nSelector sel\nKeyFile {key}\nCanonicalization simple/simple\nSyslog no\n"
                        f"Socket inet:{port}@127.0.0.1\nRequireSafeKeys no\nBackground no\n")
        self.start(program, "-f", "-x", conf)

        class Real:
            spec = f"inet:{port}@127.0.0.1"
        server = self.ours(Real(), more=", F=T")

        def signed():
            return "accepted" in self.send(server, sender="alice@our.test", text="From: alice@our.test\r\n" + TEXT)
        wait_until("OpenDKIM to answer", signed)
        text = self.delivered(server)
        header, body = text.split("\n\n", 1)
        self.assertIn("\nDKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=our.test; s=sel;", header)
        digest = base64.b64encode(hashlib.sha256(b"body\r\n").digest()).decode()
        self.assertIn(f"bh={digest}", re.sub(r"\s", "", header))
        server.wait_for(r"Milter \(one\) insert \(\d\): header: DKIM-Signature: ")


if __name__ == "__main__":
    unittest.main()
