"""Where recipients go: hubs, unknown users, moved users, mailertable. Real sendmail's -bv is the oracle where build/peers has it."""
import os
import pathlib
import re
import subprocess
import unittest

from harness import BIN, Scenario, Signet, run, tool, wait_until

LIBRARY = "usr/share/sendmail/cf"
# Its own name space: without a name that has a dot sendmail sleeps for a minute, with a network it waits for DNS.
ALONE = ("unshare", "-un", "sh", "-c", 'hostname me.test; exec "$@"', "sh")
USERS = ("bin", "root")    # whom the system knows as well
LOCAL = ("root", "bin+x", "Bin@me.test", "root@me.test", "nobodyx", "nobodyx+y@me.test")

THEIRS = """divert(0)dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `me.test')dnl
define(`QUEUE_DIR', `{dir}/mqueue')dnl
undefine(`ALIAS_FILE')dnl
define(`confSERVICE_SWITCH_FILE', `{dir}/switch')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
FEATURE(`nocanonify')dnl
"""
OURS = """OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `me.test')dnl
define(`QUEUE_DIR', `{dir}/queue')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`confMAILBOX_DATABASE', `file:{dir}/users')dnl
undefine(`ALIAS_FILE')dnl
"""
MAILERS = "MAILER(`local')dnl\nMAILER(`smtp')dnl\n"
CYRUS = "define(`confLOCAL_MAILER', `cyrus')dnl\ndefine(`CYRUS_MAILER_USER', `nobody')dnl\nFEATURE(`mailertable', `hash {dir}/table')dnl\n"
CYRUSV2 = "define(`confLOCAL_MAILER', `cyrusv2')dnl\n"
LMTP = "FEATURE(`local_lmtp', `[IPC]', `TCP 127.0.0.1 24')dnl\n"
LUSER = "define(`LUSER_RELAY', `smtp:lost.test')dnl\n"
BOXES = ("bin", "bin+x@me.test", "nobodyx", "nobodyx+y@me.test")
BY_TABLE = (*BOXES, "u@l.test", "u@m.test")

CASES = [
    ("hub", "define(`MAIL_HUB', `hub.test')dnl\nLOCAL_USER(`root')dnl\n", LOCAL),
    ("hub with mailer", "define(`MAIL_HUB', `smtp:[192.0.2.1]')dnl\n", LOCAL),
    ("hub with user", "define(`MAIL_HUB', `esmtp:all@hub.test')dnl\n", LOCAL),
    ("hub is this host", "define(`MAIL_HUB', `me.test')dnl\n", LOCAL),
    ("sticky hub", "define(`MAIL_HUB', `hub.test')dnl\nFEATURE(`stickyhost')dnl\nLOCAL_USER(`root')dnl\n", LOCAL),
    ("local relay", "define(`LOCAL_RELAY', `hub.test')dnl\nLOCAL_USER(`root')dnl\n", LOCAL),
    ("sticky local relay", "define(`LOCAL_RELAY', `hub.test')dnl\nFEATURE(`stickyhost')dnl\n", LOCAL),
    ("hub and local relay", "define(`MAIL_HUB', `hub.test')dnl\ndefine(`LOCAL_RELAY', `relay.test')dnl\n", LOCAL),
    ("unknown users", "define(`LUSER_RELAY', `smtp:lost.test')dnl\nLOCAL_USER(`lou')dnl\n", (*LOCAL, "lou", "lou@me.test")),
    ("unknown users, no mailer", "define(`LUSER_RELAY', `lost.test')dnl\n", LOCAL),
    ("unknown users to one", "define(`LUSER_RELAY', `smtp:one@lost.test')dnl\n", LOCAL),
    ("unknown users to nowhere", "define(`LUSER_RELAY', `error:5.1.1:550 no such')dnl\n", ("bin", "nobodyx", "nobodyx@me.test")),
    ("unknown users keep their host", "define(`LUSER_RELAY', `lost.test')dnl\nFEATURE(`preserve_luser_host')dnl\n",
     ("Bin@me.test",)),
    ("smart host is this host", "define(`SMART_HOST', `me.test')dnl\n", ("a@other.test",)),
    ("smart host", "define(`SMART_HOST', `smtp:hub.test')dnl\n", ("a@other.test", "bin")),
    ("redirect", "FEATURE(`redirect')dnl\n", ("old@new.test.REDIRECT",)),
    ("null client", "FEATURE(`nullclient', `hub.test')dnl\n", (*LOCAL, "a@other.test")),
    ("mailertable", "FEATURE(`mailertable', `hash {dir}/table')dnl\n",
     ("u@a.test", "u@x.y.b.test", "u@c.test", "u@d.test", "u@e.test", "u@f.test", "u@h.test", "u@i.test", "u@j.test",
      "u@x.k.test", "u@none.test")),
    ("a program has the mailboxes", CYRUS, (*BOXES, "u@l.test")),
    ("it, unknown users", CYRUS + LUSER, BY_TABLE),
    ("it, users of class L", CYRUS + LUSER + "LOCAL_USER(`nobodyx')dnl\n", BY_TABLE),
    ("it, unknown users to one", CYRUS + LUSER.replace("smtp:lost.test", "local:bin+q"), BY_TABLE),
    ("it, unknown users to nowhere", CYRUS + LUSER.replace("smtp:lost.test", "error:5.1.1:550 no such"), BY_TABLE),
    ("it, flag w", CYRUS + "define(`CYRUS_MAILER_FLAGS', `Ah5@/:|w')dnl\n", BY_TABLE),
    ("it, flag w, unknown users", CYRUS + LUSER + "define(`CYRUS_MAILER_FLAGS', `Ah5@/:|w')dnl\n", BY_TABLE),
    ("it, without flag 5", CYRUS + LUSER + "define(`CYRUS_MAILER_FLAGS', `Ah@/:|')dnl\n", BOXES),
    ("it, details preserved", CYRUS + LUSER + "FEATURE(`preserve_local_plus_detail')dnl\n", BOXES),
    ("it, hub", CYRUS + "define(`MAIL_HUB', `hub.test')dnl\n", BOXES),
    ("LMTP, unknown users", CYRUSV2 + LUSER, BOXES),
    ("LMTP, hub", CYRUSV2 + "define(`MAIL_HUB', `hub.test')dnl\n", BOXES),
    ("local LMTP", LMTP, BOXES),
    ("local LMTP, unknown users", LMTP + LUSER, BOXES),
]
TABLE = """a.test\trelay:x%1.%0.y
.b.test\tsmtp:%1.in%2%0
c.test\tesmtp:joe@[192.0.2.1]
d.test\tlocal:bin
e.test\tlocal:bin@x.test
f.test\trelay:me.test
h.test\terror:5.1.6:550 moved
i.test\tsmtp:m1:m2
j.test\terror:nohost:550 no host
.k.test\tsmtp:%3h
l.test\tlocal:bin+z
m.test\tlocal:nobodyz
"""


def mailers(mc):
    """The lines that bring the mailers of a site along."""
    if "nullclient" in mc:
        return ""
    return MAILERS + "".join(f"MAILER(`{name}')dnl\n" for name in ("cyrus", "cyrusv2") if f"`{name}'" in mc)



def ours(answer):
    """"relay hub.test u@hub.test", "local bin", or the refusal's words."""
    if "no such user" in answer:
        return "User unknown"
    found = re.findall(r"^mailer (\S+), (?:host (\S+), )?user (\S+)$", answer, re.M)
    if found:
        mailer, _, user = found[0]
        if mailer == "local":
            return "local " + user.split("+")[0].lower()
        return f"{mailer} {':'.join(host for _, host, _ in found)} {user}"
    return re.sub(r"^\d\d\d (\d\.\d\.\d )?", "", re.search(r"^mailer error, reply (.*)$", answer, re.M)[1])


def theirs(answer):
    found = re.search(r"deliverable: mailer (\S+), (?:host (\S+), )?user (\S+)$", answer)
    if not found:
        return answer.split("... ", 1)[-1]
    mailer, host, user = found.groups()
    if mailer == "local":    # the detail is called the host
        return f"local {user}"
    return f"{mailer} {(host or '').rstrip('.')} {user}"


class AsSendmail(Scenario):
    def theirs(self, program, mc, table, addresses):
        root = pathlib.Path(program).parents[1]
        self.folder.chmod(0o755)
        (self.folder / "mqueue").mkdir(exist_ok=True)
        (self.folder / "switch").write_text("hosts files\naliases files\n")
        site = self.folder / "theirs.mc"
        site.write_text(THEIRS.format(dir=self.folder) + mc + mailers(mc))
        made = run("m4", f"-D_CF_DIR_={root / LIBRARY}/", root / LIBRARY / "m4/cf.m4", site)
        cf = self.folder / "theirs.cf"
        cf.write_text(made.stdout)
        answers = []
        for address in addresses:
            done = subprocess.run([*ALONE, str(program), "-C", str(cf), "-bv", address], capture_output=True, text=True,
                                  timeout=50, cwd=self.folder)
            answers.append(theirs((done.stdout + done.stderr).strip().splitlines()[-1]))
        return answers

    def ours(self, mc, addresses):
        site = self.folder / "ours.mc"
        (self.folder / "users").write_text("\n".join(USERS) + "\n")
        site.write_text(OURS.format(dir=self.folder) + mc + mailers(mc))
        done = run(BIN / "sendmail", "-bt", "-C", site, input="".join(f"/parse {one}\n" for one in addresses))
        return [ours(one) for one in done.stdout.split("<address>\n> ", 1)[1].split("\n> ")[:-1]]

    def test_each_recipient_goes_where_sendmail_sends_it(self):
        program = tool("sendmail", peers_only=True)
        if program is None or os.geteuid() != 0 or subprocess.run([*ALONE, "true"], capture_output=True).returncode:
            self.skipTest("needs root, unshare, and sendmail in build/peers (tools/peers)")
        for name, mc, addresses in CASES:
            mc = mc.format(dir=self.folder)
            with self.subTest(name):
                table = self.make_map("table", TABLE) if "mailertable" in mc else None
                self.assertEqual(dict(zip(addresses, self.ours(mc, addresses))),
                                 dict(zip(addresses, self.theirs(program, mc, table, addresses))))


class WithoutMailers(Signet):
    TAIL = ""    # FEATURE(nullclient) brings them along


class OnTheWire(Scenario):
    def start(self, mc, kind=Signet, **more):
        self.hop = self.next_hop()
        self.us = kind(self.folder / "us", mc.format(hub=f"[127.0.0.1]:{self.hop.port}", dir=self.folder), **more)
        self.addCleanup(self.us.stop)
        return self.us.start()

    def rcpt(self, address):
        with self.us.client() as client:
            client.ehlo()
            client.say("MAIL FROM:<a@else.test>")
            return client.say(f"RCPT TO:<{address}>")

    def send(self, *recipients):
        with self.us.client() as client:
            client.ehlo()
            answer = client.send_mail("a@else.test", list(recipients))
            self.assertTrue(answer.startswith("250"), answer)

    def recipients(self, count=1):
        return sorted(one for _, recipients, _ in self.hop.wait(count) for one in recipients)

    def explain(self, address):
        done = run(BIN / "signet", "explain", "-C", self.us.mc, "client=127.0.0.1", "from=a@else.test", f"to={address}", ok=(0, 1))
        return [line.split(None, 1)[1] for line in done.stdout.splitlines() if line.startswith("result:")][-1]

    def test_a_null_client_gives_everything_to_its_hub(self):
        hop = self.next_hop(address="127.0.3.1")
        names = self.name_server({"hub.test": "A 127.0.3.1"})
        self.start("FEATURE(`accept_unresolvable_domains')dnl\n" + names.mc() +
                   f"define(`RELAY_MAILER_ARGS', `TCP $h {hop.port}')dnl\nFEATURE(`nullclient', `hub.test')dnl\n", kind=WithoutMailers)
        self.hop = hop
        self.send("alice", "nobody@us.test", "b@far.test", "alice+x@us.test")
        self.assertEqual(self.recipients(), ["alice+x@hub.test", "alice@hub.test", "b@far.test", "nobody@hub.test"])
        self.assertEqual(self.us.mailbox("alice"), "")

    def test_the_hub_gets_local_mail_behind_aliases(self):
        self.start("FEATURE(`accept_unresolvable_domains')dnl\ndefine(`MAIL_HUB', `relay:{hub}')dnl\nLOCAL_USER(`bob')dnl\n"
                   "define(`ALIAS_FILE', `{dir}/aliases')dnl\n")
        (self.folder / "aliases").write_text("sales: alice, bob, x@us.test\n")
        run(BIN / "newaliases", "-C", self.us.mc)
        wait_until("the aliases", lambda: "bob" in run(BIN / "signet", "explain", "-C", self.us.mc, "client=127.0.0.1",
                                                       "from=a@else.test", "to=sales", ok=(0, 1)).stdout)
        wait_until("the daemon to see them", lambda: "bob" in self.expn("sales"))
        self.send("sales@us.test", "carol")
        wait_until("the mail of class L", lambda: self.us.mailbox("bob"))
        self.assertEqual(self.recipients(), ["alice@[127.0.0.1]", "carol@[127.0.0.1]", "x@[127.0.0.1]"])
        self.assertIn("MAIL_HUB", self.explain("carol@us.test"))

    def expn(self, name):
        with self.us.client() as client:
            client.ehlo()
            return client.say(f"EXPN {name}")

    def test_unknown_users_go_to_the_luser_relay(self):
        self.start("FEATURE(`accept_unresolvable_domains')dnl\ndefine(`LUSER_RELAY', `relay:{hub}')dnl\nFEATURE(`preserve_luser_host')dnl\n")
        self.send("nobody@us.test", "alice+x@us.test")
        wait_until("the mailbox", lambda: self.us.mailbox("alice"))
        self.assertEqual(self.recipients(), ["nobody@us.test"])
        self.us.wait_for(r"to=<nobody@us\.test>, .*mailer=relay, .*stat=Sent")
        self.assertIn("LUSER_RELAY", self.explain("nobody"))

    def test_unknown_users_may_have_one_who_takes_their_mail(self):
        self.start("FEATURE(`accept_unresolvable_domains')dnl\ndefine(`LUSER_RELAY', `local:bob')dnl\n")
        self.send("nobody@us.test")
        wait_until("the mailbox", lambda: self.us.mailbox("bob"))
        self.us.write("define(`LUSER_RELAY', `error:5.1.1:550 nobody here')dnl\nFEATURE(`accept_unresolvable_domains')dnl\n")
        self.us.reload()
        wait_until("the refusal", lambda: self.rcpt("nobody@us.test") == "550 5.1.1 <nobody@us.test>... nobody here")

    def test_a_detail_finds_its_user(self):
        self.start("FEATURE(`accept_unresolvable_domains')dnl\n")
        self.assertEqual(self.rcpt("nobody+x@us.test"), "550 5.1.1 <nobody+x@us.test>... User unknown")
        self.send("alice+lists@us.test")
        wait_until("the mailbox", lambda: self.us.mailbox("alice"))

    def test_who_has_moved_is_told(self):
        self.start("FEATURE(`accept_unresolvable_domains')dnl\nFEATURE(`redirect')dnl\ndefine(`ALIAS_FILE', `{dir}/aliases')dnl\n")
        (self.folder / "aliases").write_text("old: old@new.test.REDIRECT\n")
        run(BIN / "newaliases", "-C", self.us.mc)
        wait_until("the refusal", lambda: self.rcpt("old@us.test").startswith("551"))
        self.assertEqual(self.rcpt("old@us.test"), "551 5.1.1 User has moved; please try <old@new.test>")

    def test_mailertable_refuses_and_delivers_here_at_rcpt(self):
        self.make_map("table", "gone.test\terror:5.1.6:550 moved away\nhere.test\tlocal:\nslip.test\tsmpt:hub\n")
        self.start("FEATURE(`accept_unresolvable_domains')dnl\nFEATURE(`mailertable', `hash {dir}/table')dnl\n")
        self.assertEqual(self.rcpt("x@gone.test"), "550 5.1.6 <x@gone.test>... moved away")
        self.assertEqual(self.rcpt("nobody@here.test"), "550 5.1.1 <nobody@here.test>... User unknown")
        self.assertTrue(self.rcpt("x@slip.test").startswith("250"))
        self.send("alice@here.test")
        wait_until("the mailbox", lambda: self.us.mailbox("alice"))


if __name__ == "__main__":
    unittest.main()
