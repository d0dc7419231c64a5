"""Real sendmail on the other side: as the next hop over STARTTLS, and as the client that relays to us."""
import os
import re
import socket
import subprocess
import unittest

from harness import PEERS, Client, Scenario, free_port, run, tool, wait_until
from mail_filter import MailFilter, frame, reply, strings

CF = PEERS / "usr/share/sendmail/cf"
THEIRS = """divert(0)dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `their.test')dnl
define(`QUEUE_DIR', `{dir}/mqueue')dnl
define(`STATUS_FILE', `{dir}/statistics')dnl
define(`confPID_FILE', `{dir}/pid')dnl
define(`ALIAS_FILE', `')dnl
define(`confSERVICE_SWITCH_FILE', `{dir}/switch')dnl
define(`confCACERT', `{ca}')dnl
define(`confCACERT_PATH', `{certs}')dnl
define(`confSERVER_CERT', `{pem}')dnl
define(`confSERVER_KEY', `{key}')dnl
define(`confCLIENT_CERT', `{pem}')dnl
define(`confCLIENT_KEY', `{key}')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`confTO_IDENT', `0')dnl
define(`confQUEUE_LA', `10000')dnl
define(`confREFUSE_LA', `10000')dnl
define(`LOCAL_MAILER_PATH', `{dir}/mailer')dnl
define(`LOCAL_MAILER_ARGS', `mailer $u')dnl
MODIFY_MAILER_FLAGS(`LOCAL', `-A')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`nocanonify')dnl
FEATURE(`no_default_msa')dnl
{more}
MAILER(`local')dnl
MAILER(`smtp')dnl
"""
OURS = """FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`mailertable', `hash {table}')dnl
FEATURE(`access_db', `hash -T<TMPF> {access}')dnl
LOCAL_DOMAIN(`our.test')dnl
define(`confCACERT', `{ca}')dnl
define(`confCACERT_PATH', `{certs}')dnl
define(`confSERVER_CERT', `{pem}')dnl
define(`confSERVER_KEY', `{key}')dnl
define(`confCLIENT_CERT', `{pem}')dnl
define(`confCLIENT_KEY', `{key}')dnl
"""


class RealSendmail(Scenario):
    def setUp(self):
        super().setUp()
        self.program = tool("sendmail", peers_only=True)
        if self.program is None or os.geteuid() != 0:
            self.skipTest("needs root and sendmail in build/peers (tools/peers)")
        self.certs = self.pki()
        self.folder.chmod(0o755)
        self.theirs = self.folder / "their"
        (self.theirs / "mqueue").mkdir(parents=True)
        (self.theirs / "mqueue").chmod(0o700)
        (self.theirs / "switch").write_text("hosts files\naliases files\n")
        (self.theirs / "mailer").write_text(f"#!/bin/sh\ncat >>{self.theirs}/mailbox\n")
        (self.theirs / "mailer").chmod(0o755)
        (self.theirs / "hosts").write_text("127.0.0.1 their.test localhost\n")
        # Without a full host name sendmail waits a minute for one.
        settle = f"hostname their.test && mount --bind {self.theirs}/hosts /etc/hosts && exec {self.program} \"$@\""
        self.start_program = ["unshare", "-m", "-u", "sh", "-c", settle, "sendmail"]
        if subprocess.run(["unshare", "-m", "-u", "true"], capture_output=True).returncode != 0:
            self.skipTest("unshare -m -u is not permitted here")

    def certificates(self, name):
        pem, key = self.certs.make(name)
        return {"ca": self.certs.ca, "certs": self.certs.folder, "pem": pem, "key": key}

    def configure_theirs(self, more):
        mc, cf = self.theirs / "site.mc", self.theirs / "sendmail.cf"
        mc.write_text(THEIRS.format(dir=self.theirs, more=more, **self.certificates("their")))
        cf.write_text(run("m4", f"-D_CF_DIR_={CF}/", CF / "m4/cf.m4", mc).stdout)
        return cf

    def start_theirs(self, more=""):
        """A daemon of sendmail; gives its port."""
        port = free_port()
        cf = self.configure_theirs(f"DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port={port}')dnl\n{more}")
        daemon = subprocess.Popen([*self.start_program, f"-C{cf}", "-bD"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)

        def listens():
            with socket.socket() as one:
                return one.connect_ex(("127.0.0.1", port)) == 0
        wait_until("sendmail to listen", listens)
        return port

    def start_ours(self, table="", access=""):
        return self.signet("our", OURS.format(table=self.make_map("table", table), access=self.make_map("access", access),
                                              **self.certificates("our")))

    def test_is_a_verified_next_hop(self):
        port = self.start_theirs()
        ours = self.start_ours(table=f"their.test\tesmtp:[127.0.0.1]:{port}\n", access="TLS_Srv:127.0.0.1\tVERIFY:128\n")
        with ours.client() as client:
            client.ehlo()
            text = "From: a@our.test\r\nSubject: to sendmail\r\n\r\n..dotted\r\nlast\r\n"
            self.assertIn("Message accepted", client.send_mail("a@our.test", "root@their.test", text))
        ours.wait_for(r"STARTTLS=client, relay=\S*127\.0\.0\.1\S*, version=TLSv1\.3, verify=OK, ")
        ours.wait_for(r"to=<root@their\.test>, .*dsn=2\.0\.0, stat=Sent ")
        box = self.theirs / "mailbox"
        mail = wait_until("the message in their mailbox", lambda: box.exists() and "last" in box.read_text() and box.read_text())
        self.assertRegex(mail, r"by their\.test .*with ESMTPS id \S+\s+\(version=TLSv1\.3 cipher=\S+ bits=256 verify=OK\)")
        self.assertIn("\n.dotted\nlast", mail)

    def test_relays_to_us_over_tls(self):
        ours = self.start_ours(access="TLS_Clt:127.0.0.1\tVERIFY\n")
        cf = self.configure_theirs(f"define(`SMART_HOST', `relay:[127.0.0.1]')dnl\n"
                                   f"define(`RELAY_MAILER_ARGS', `TCP $h {ours.port()}')dnl")
        run(*self.start_program, f"-C{cf}", "-odi", "-f", "b@their.test", "alice@our.test",
            input="From: b@their.test\nSubject: from sendmail\n\n.alone\nlast\n", timeout=60)
        ours.wait_for(r"STARTTLS=server, relay=\S+ \[127\.0\.0\.1\], version=TLSv1\.3, verify=OK, ")
        ours.wait_for(r"from=<b@their\.test>, .*daemon=MTA, ")
        mail = wait_until("the message in our mailbox", lambda: "last" in ours.mailbox("alice") and ours.mailbox("alice"))
        self.assertIn("\n.alone\nlast", mail)
        self.assertRegex(mail, r"by our\.test .*with ESMTPS id \S+\s+\(version=TLSv1\.3 cipher=\S+ bits=256 verify=OK\)")

    def test_mailer_smtp_greets_as_theirs_does(self):
        """HELO, unless the greeting says ESMTP."""
        more = "define(`SMART_HOST', `smtp:[127.0.0.1]')dnl\ndefine(`SMTP_MAILER_ARGS', `TCP $h {}')dnl\n"
        for number, (greeting, verb) in enumerate((("220 hop.test ready", "HELO"), ("220 hop.test esmtp", "HELO"), ("220 hop.test ESMTP", "EHLO"),
                                                   ("220-hop.test\r\n220 speaks ESMTP", "EHLO"))):
            hop = self.next_hop(replies={"GREETING": greeting, "HELO": "250 hop.test"})
            run(*self.start_program, f"-C{self.configure_theirs(more.format(hop.port))}", "-odi", "-f", "b@their.test", "x@far.test",
                input="Subject: x\n\nx\n", timeout=60)
            ours = self.signet(f"our{number}", "FEATURE(`accept_unresolvable_domains')dnl\n" + more.format(hop.port))
            with ours.client() as client:
                client.ehlo()
                self.assertIn("250", client.send_mail(f"a@our{number}.test", "x@far.test"))
            ours.wait_for(r"to=<x@far\.test>, .*mailer=smtp, .*stat=Sent")
            said = [line.split()[0] for line in hop.commands if line[1:4].upper() in ("HLO", "ELO")]
            self.assertEqual(said, [verb, verb], greeting)

    def test_mail_filters_hear_the_same_of_both(self):
        """One dialog with sendmail and with us; replies, events and macros are the same, but for names and numbers."""
        every = "i, s, f, {client_addr}, {client_resolve}, {daemon_name}, {daemon_family}, {mail_mailer}, {mail_host}, {mail_addr}, " \
                "{rcpt_mailer}, {rcpt_host}, {rcpt_addr}, {nrcpts}, {nbadrcpts}, {msg_id}, {verify}, {auth_type}, {if_addr}"
        stages = "CONNECT HELO ENVFROM ENVRCPT DATA EOH EOM".split()
        macros = "".join(f"define(`confMILTER_MACROS_{stage}', `{every}')dnl\n" for stage in stages)

        def talk(filter, port):
            with Client(port) as client:
                said = [client.ehlo("c.test")[:3]]
                for line in ("FOO", "MAIL FROM:<a@else.test> SIZE=80", "RCPT TO:<root@their.test>", "RCPT TO:<who-else@their.test>",
                             "RCPT TO:<not-this@far.test>", "RCPT TO:<b@far.test>", "DATA"):
                    said.append(client.say(line))
                client.send("Subject: x\r\nX-Fold: a\r\n\tb\r\nX-Tight:c\r\n\r\nbody\r\n..dot\r\n")
                said.append(client.say("."))
                said += [client.say(line) for line in ("MAIL FROM:<root@their.test>", "RSET", "MAIL FROM:<>", "RSET", "QUIT")]
            filter.wait_for("Q")
            heard = [(letter, data) for letter, data in filter.heard if letter not in "OC"]
            # Ids differ from run to run.
            told = [re.sub(rb"\w{14}(?=[@\0])|<\d{12}\.", b"ID", data) if letter == "D" else data for letter, data in heard]
            return [re.sub(r"\w{14}", "ID", line) for line in said], list(zip((letter for letter, _ in heard), told))

        def answer(_, data):
            return reply("550 5.7.1 not this") if data.startswith(b"<not-") else frame("c")
        talks = []
        for ours in (False, True):
            filter = MailFilter(answers={"R": answer, "E": [frame("h", strings("X-A", "b")), frame("c")]}, protocol=0x800)
            self.addCleanup(filter.close)
            spec = filter.spec.replace("[", "").replace("]", "")  # a bracket is too much for 8.17.1
            site = macros + f"INPUT_MAIL_FILTER(`one', `S={spec}, F=T')dnl\nFEATURE(`promiscuous_relay')dnl\n"
            if ours:
                server = self.signet("our", "FEATURE(`accept_unresolvable_domains')dnl\nLOCAL_DOMAIN(`their.test')dnl\n" + site,
                                     users=("root",), host="their.test")
                port = server.port()
            else:
                port = self.start_theirs(site)
                filter.wait_for("Q")  # of the look whether it listens
                filter.heard.clear()
            talks.append(talk(filter, port))
        self.assertEqual(talks[0][0], talks[1][0])
        self.assertEqual([letter for letter, _ in talks[0][1]], [letter for letter, _ in talks[1][1]])
        self.assertEqual([], [(theirs, our) for theirs, our in zip(talks[0][1], talks[1][1]) if theirs != our])


if __name__ == "__main__":
    unittest.main()
