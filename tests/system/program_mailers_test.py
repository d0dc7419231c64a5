"""Mailers that are programs: procmail, cyrus, fax and a site's own, here scripts; arguments, rights, results and the log."""
import os
import pwd
import re
import shutil
import unittest

from harness import BIN, PEERS, Scenario, run, wait_until

PROCMAIL = PEERS / "usr/bin/procmail"
ROOT = os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody") if ROOT else pwd.getpwuid(os.geteuid())

SCRIPT = """#!/bin/sh
out={out}
cat > $out/letter.$$
printf '%s|' "$@" > $out/arguments.$$
id -un > $out/user.$$
case "$*" in *later*) exit 75;; *never*) echo no such drawer; exit 67;; esac
mv $out/letter.$$ $out/letter; mv $out/user.$$ $out/user; mv $out/arguments.$$ $out/arguments
"""

MC = """FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`mailertable', `hash {map}')dnl
define(`PROCMAIL_MAILER_PATH', `{script}')dnl
define(`FAX_MAILER_PATH', `{script}')dnl
define(`FAX_MAILER_MAX', `2000')dnl
define(`CYRUS_MAILER_PATH', `{script}')dnl
define(`CYRUS_MAILER_USER', `nobody')dnl
{more}MAILER(`procmail')dnl
MAILER(`fax')dnl
MAILER(`cyrus')dnl
MAILER_DEFINITIONS
Mpigeon, P={script}, F=su, U=nobody,
	A=pigeon -t $h $u
"""


class ProgramMailers(Scenario):
    def start(self, more="", entries=""):
        self.folder.chmod(0o755)
        self.out = self.folder / "out"
        self.out.mkdir()
        self.out.chmod(0o777)
        self.script = self.folder / "mailer"
        self.script.write_text(SCRIPT.format(out=self.out))
        self.script.chmod(0o755)
        table = self.make_map("mailertable", f"""list.test procmail:/etc/Rules/%0
phone.test fax:5551234
birds.test pigeon:Loft
box.test cyrus:Archive
missing.test raven:tower
slip.test pigeon:-v
{entries}""")
        self.text = MC.format(map=table, script=self.script, more=more)
        self.us = self.signet("us", self.text, users=("alice",))

    def send(self, recipient, sender="Boss@else.test", text="Subject: test\r\n\r\nFrom here\r\nhello\r\n"):
        with self.us.client() as client:
            client.ehlo()
            answer = client.send_mail(sender, [recipient], text)
        self.assertTrue(answer.startswith("250"), answer)
        return answer.split()[2]

    def sent(self, recipient, **more):
        """The log line of mail that went well, and what the program was given."""
        queue_id = self.send(recipient, **more)
        line = self.us.wait_for(rf"^{queue_id}: (to=.*stat=Sent)$").group(1)
        return line, (self.out / "arguments").read_text()

    def test_each_gets_what_its_line_says(self):
        self.start("RELAY_DOMAIN(`list.test phone.test birds.test box.test missing.test slip.test')dnl\n")
        line, arguments = self.sent("Ann+x@list.test")
        self.assertRegex(line, r"^to=<Ann\+x@list\.test>, delay=\S+, xdelay=\S+, mailer=procmail, pri=\d+, relay=/etc/Rules/list\.test, dsn=2\.0\.0, stat=Sent$")
        self.assertEqual(arguments, "-Y|-m|/etc/Rules/list.test|Boss@else.test|Ann+x@list.test|")
        self.assertRegex((self.out / "letter").read_text(), r"\AReturn-Path: <Boss@else\.test>\nReceived: (.|\n)*\n\nFrom here\nhello\n\Z")
        self.assertNotEqual((self.out / "user").read_text().strip(), "root")

        line, arguments = self.sent("`id`|'$x@phone.test", sender="")
        self.assertIn("mailer=fax", line)
        self.assertEqual(arguments, "-d|`id`|'$x@phone.test@5551234|<>|")
        self.assertTrue((self.out / "letter").read_text().startswith("From MAILER-DAEMON "))

        line, arguments = self.sent('"Ann B"@birds.test')
        self.assertIn("mailer=pigeon", line)
        self.assertEqual(arguments, "-t|loft|Ann B@birds.test|")
        self.assertEqual((self.out / "user").read_text().strip(), NOBODY.pw_name)

        line, arguments = self.sent("Carl@box.test")
        self.assertIn("mailer=cyrus", line)
        self.assertEqual(arguments, "-e|-m|Archive|--|carl|")

        for recipient, said in (("later@list.test", r"mailer=procmail, .*dsn=4\.0\.0, stat=Deferred: procmail mailer \(\S+/mailer\) exited with EX_TEMPFAIL$"),
                                ("never@list.test", r"mailer=procmail, .*dsn=5\.1\.1, stat=User unknown$"),
                                ("a@missing.test", r"dsn=4\.3\.5, stat=Deferred: 451 4\.3\.5 Local configuration error: raven:tower$"),
                                ("a@slip.test", r"dsn=4\.3\.5, stat=Deferred: 451 4\.3\.5 Local configuration error: pigeon:-v$")):
            queue_id = self.send(recipient)
            self.us.wait_for(rf"^{queue_id}: to=<{recipient}>, .*{said}")
        queue_id = self.send("big@phone.test", text="Subject: x\r\n\r\n" + "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 30)
        self.us.wait_for(rf"^{queue_id}: to=<big@phone\.test>, .*mailer=fax, .*dsn=5\.2\.3, stat=Service unavailable$")

        explained = run(BIN / "signet", "explain", "-C", self.us.mc, "client=127.0.0.1", "from=a@b.test", "to=Ann@list.test").stdout
        self.assertRegex(explained, r"to the program of mailer procmail, host /etc/Rules/list\.test, user Ann@list\.test: mailertable:list\.test")
        tested = run(BIN / "sendmail", "-bt", "-C", self.us.mc, input="/parse Ann@phone.test\n=M\n").stdout
        self.assertIn("mailer fax, host 5551234, user Ann@phone.test", tested)
        self.assertRegex(tested, rf"\(pigeon\): P={self.script} A=pigeon -t \$h \$u")
        self.assertIn("deliverable: mailer fax, host 5551234", run(BIN / "sendmail", "-bv", "-C", self.us.mc, "a@phone.test").stdout)

    def test_no_address_is_an_option(self):
        self.start("RELAY_DOMAIN(`list.test birds.test box.test slip.test')dnl\n")
        with self.us.client() as client:
            client.ehlo()
            client.say("MAIL FROM:<a@b.test>")
            for refused in ("-x@birds.test", '"-x"@birds.test', "-x@list.test"):
                self.assertEqual(client.say(f"RCPT TO:<{refused}>"), f"553 5.1.3 <{refused}>... Invalid recipient address")
            self.assertTrue(client.say("RCPT TO:<x-y@birds.test>").startswith("250"))
        self.us.wait_for(r"<-x@birds\.test>\.\.\. Invalid recipient address$")
        _, arguments = self.sent("-x@box.test")  # behind --
        self.assertEqual(arguments, "-e|-m|Archive|--|-x|")
        # What RCPT does not see bounces: procmail is told the sender.
        queue_id = self.send("ann@list.test", sender="-boss@else.test")
        self.us.wait_for(rf"^{queue_id}: to=<ann@list\.test>, .*mailer=procmail, .*dsn=5\.1\.3, stat=an address that begins with - would be an option of the program$")
        # As others tell it beforehand.
        asked = run(BIN / "sendmail", "-bv", "-C", self.us.mc, "--", "-x@birds.test", "a@slip.test", ok=range(100)).stdout
        self.assertIn("-x@birds.test... Invalid recipient address\n", asked)
        self.assertIn("a@slip.test... Local configuration error: pigeon:-v\n", asked)
        explained = run(BIN / "signet", "explain", "-C", self.us.mc, "client=127.0.0.1", "from=a@b.test", "to=-x@birds.test", ok=range(100)).stdout
        self.assertIn("553 5.1.3 an option for the program of mailer pigeon: mailertable:birds.test", explained)

    def test_a_changed_user_waits_for_a_restart(self):
        self.start()
        self.us.write(self.text.replace("F=su, U=nobody", "F=su, U=daemon"))
        self.us.reload()
        self.us.wait_for(r"reload: \S+:\d+: mailer pigeon: U= changes at a restart only; until then its program runs as nobody, not as daemon$")
        self.assertFalse([line for line in self.us.lines() if "next start" in line])
        if not ROOT:
            self.skipTest("NOT RUN: only root changes users")
        self.us.write(self.text.replace("F=su, U=nobody", "F=su, U=no-such-user"))
        self.us.reload()
        self.us.wait_for(r"reload: the next start will refuse this: \S+:\d+: mailer pigeon: U=no-such-user: no such user or group$")
        found = run(BIN / "signet", "check", "-C", self.us.mc, ok=(78,)).stdout
        self.assertRegex(found, r"mailer pigeon: U=no-such-user: no such user or group")
        self.us.stop()
        with self.assertRaisesRegex(AssertionError, r"mailer pigeon: U=no-such-user: no such user or group"):
            self.us.start()

    def test_cyrus_has_the_mailboxes_and_nobody_the_hub(self):
        self.start("define(`confLOCAL_MAILER', `cyrus')dnl\n")
        line, arguments = self.sent("Carol+Work@us.test")
        self.assertIn("to=<Carol+Work@us.test>", line)
        self.assertIn("mailer=cyrus", line)
        self.assertEqual(arguments, "-e|-m|Work|--|carol|")
        line, arguments = self.sent('"a+b c"@us.test')  # in quotes + is a letter
        self.assertRegex(arguments, r'\+b c')
        queue_id = self.send("never@us.test")  # only Cyrus knows who is nobody
        self.us.wait_for(rf"^{queue_id}: to=<never@us\.test>, .*mailer=cyrus, .*dsn=5\.1\.1, stat=User unknown$")
        self.script.chmod(0o757)
        found = run(BIN / "signet", "check", "-C", self.us.mc, ok=(0, 78)).stdout
        self.assertRegex(found, rf"{self.script}.*everybody may write it")
        self.script.unlink()
        found = run(BIN / "signet", "check", "-C", self.us.mc, ok=(0, 78)).stdout
        self.assertRegex(found, rf"mailer pigeon: {self.script} is no program that can be run")

    def shown(self, address):
        """What `signet explain`, `sendmail -bv` and `-bt` say of an address."""
        explained = run(BIN / "signet", "explain", "-C", self.us.mc, "client=127.0.0.1", "from=a@b.test", f"to={address}", ok=(0, 1)).stdout
        return (re.findall(r"^result: +(.*)$", explained, re.M)[-1],
                run(BIN / "sendmail", "-bv", "-C", self.us.mc, address, ok=(0, 67)).stdout.strip(),
                re.search(r"^mailer .*$", run(BIN / "sendmail", "-bt", "-C", self.us.mc, input=f"/parse {address}\n").stdout, re.M)[0])

    def test_it_is_named_wherever_the_way_is_shown(self):
        self.start("define(`confLOCAL_MAILER', `cyrus')dnl\n", "alias.test local:dave+box\n")
        for address, words in (("carol+Work@us.test", "mailer cyrus, host Work, user carol"), ("carol", "mailer cyrus, user carol"),
                               ("x@alias.test", "mailer cyrus, host box, user dave")):
            explained, verified, parsed = self.shown(address)
            self.assertIn(f"to the program of {words}: ", explained)
            self.assertEqual(verified, f"{address}... deliverable: {words}")
            self.assertEqual(parsed, words)

    def test_users_without_an_account_go_to_luser_relay(self):
        hop = self.next_hop()
        self.start(f"define(`confLOCAL_MAILER', `cyrus')dnl\ndefine(`LUSER_RELAY', `relay:[127.0.0.1]:{hop.port}')dnl\nLOCAL_USER(`lou')dnl\n")
        line, arguments = self.sent("Alice+box@us.test")
        self.assertIn("mailer=cyrus", line)
        self.assertEqual(arguments, "-e|-m|box|--|alice|")
        line, arguments = self.sent("lou@us.test")  # class L
        self.assertEqual(arguments, "-e|-m||--|lou|")
        queue_id = self.send("carol@us.test")
        self.us.wait_for(rf"^{queue_id}: to=<carol@us\.test>, .*mailer=relay, .*stat=Sent")
        self.assertEqual([recipients for _, recipients, _ in hop.messages], [["carol@[127.0.0.1]"]])
        explained, verified, parsed = self.shown("carol")
        self.assertRegex(explained, "goes on by mailer relay: .*LUSER_RELAY")
        self.assertIn("deliverable: mailer relay, host [127.0.0.1], user carol", verified)
        self.assertEqual(parsed, "mailer relay, host [127.0.0.1], user carol@[127.0.0.1]")

    def test_users_must_be_known_where_the_mailer_says_so(self):
        self.start("define(`confLOCAL_MAILER', `cyrus')dnl\ndefine(`CYRUS_MAILER_FLAGS', `Ah5@/:|w')dnl\n")
        explained, verified, _ = self.shown("carol")
        self.assertIn("550 5.1.1 User unknown", explained)
        self.assertEqual(verified, "carol... User unknown")
        self.assertIn("mailer cyrus, user alice", self.shown("alice")[0])

    def test_users_without_a_mailbox_may_have_one(self):
        self.start("define(`LUSER_RELAY', `procmail:/etc/nobody')dnl\n")
        _, arguments = self.sent("who@us.test")
        self.assertEqual(arguments, "-Y|-m|/etc/nobody|Boss@else.test|who@us.test|")


@unittest.skipUnless(PROCMAIL.exists(), "NOT RUN: procmail is not unpacked (tools/peers)")
class RealProcmail(Scenario):
    def test_sorts_by_the_rules_of_the_entry(self):
        self.folder.chmod(0o755)
        out = self.folder / "out"
        out.mkdir()
        out.chmod(0o777)
        program = shutil.copy(PROCMAIL, self.folder)
        os.chmod(program, 0o755)
        rules = self.folder / "rules"
        rules.write_text(f":0\n* ^Subject: keep\n{out}/kept\n\n:0\n/dev/null\n")
        table = self.make_map("mailertable", f"list.test procmail:{rules}\n")
        us = self.signet("us", "FEATURE(`accept_unresolvable_domains')dnl\nRELAY_DOMAIN(`list.test')dnl\n"
                         f"FEATURE(`mailertable', `hash {table}')dnl\ndefine(`PROCMAIL_MAILER_PATH', `{program}')dnl\n"
                         "MAILER(`procmail')dnl\n")
        with us.client() as client:
            client.ehlo()
            client.send_mail("a@b.test", ["x@list.test"], "Subject: keep\r\n\r\nthis\r\n")
        wait_until("the kept letter", lambda: (out / "kept").exists() and (out / "kept").read_text().endswith("\nthis\n\n"))
        us.wait_for(r"mailer=procmail, .*stat=Sent$")


if __name__ == "__main__":
    unittest.main()
