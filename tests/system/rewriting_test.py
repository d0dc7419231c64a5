"""Addresses on their way out, held against a real sendmail (`/try` of -bt, address by address) and seen on the wire and in a mailbox."""
import os
import re
import subprocess
import unittest

from harness import BIN, PEERS, Scenario, route_to, run, tool

CF = PEERS / "usr/share/sendmail/cf"
HEAD = """OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `us.test')dnl
define(`confDONT_BLAME_SENDMAIL', `MapInUnsafeDirPath,GroupWritableDirPathSafe')dnl
FEATURE(`nocanonify')dnl
LOCAL_DOMAIN(`w.test other-w.test')dnl
"""
TAIL = "MAILER(`local')dnl\nMAILER(`smtp')dnl\n"
MASQUERADE = """MASQUERADE_AS(`shown.test')dnl
MASQUERADE_DOMAIN(`m.test')dnl
MASQUERADE_EXCEPTION(`n.m.test other-w.test')dnl
EXPOSED_USER(`root')dnl
"""
GENERICS = """user@w.test\tnew@shown.test
bob\tbobby
plus+*@w.test\t%1-x@shown.test
full+det@w.test\tq%0-%1@s.test
full@w.test\tz%0z%1z%%@s.test
@dom.test\t%1@else.test
+*@dom.test\tnever@x.test
localp+*\tlp-%1
carl@us.test\tcarl2
here@w.test\tyy@localhost
chain@w.test\tuser@w.test
bare@w.test\troot
gone@w.test\tx@m.test
renamed@w.test\tx@old.test
det\tdd
"""
DOMAINS = "old.test\tnew.test\nother-w.test\tw.test\n"
ADDRESSES = """user@w.test USER@W.Test bob bob@w.test Bob+d@w.test bob@other-w.test plus+det@w.test plus+@w.test plus@w.test +x@w.test
full+det@w.test full@w.test any@dom.test any+d@dom.test any@sub.dom.test localp+dd localp+dd@w.test carl carl+x carl@localhost here@w.test
chain@w.test bare@w.test gone@w.test renamed@w.test det+1+2 root Root root+x@m.test root@m.test root@sub.m.test Root@w.test x@m.test X@M.Test
x@sub.m.test x@n.m.test x@sub.n.m.test x@subm.test x x+y@localhost x@localhost.test x@[127.0.0.1] x@[192.0.2.1] x@w.test. x@old.test x@sub.old.test
x@other-w.test x@far.test x@old.test.BITNET x@none.BITNET MAILER-DAEMON "odd user"@w.test""".replace('"odd user"', '"odd.user"').split()
SITES = {
    "nothing": "",
    "masquerade": MASQUERADE,
    "envelope": MASQUERADE + "FEATURE(`masquerade_envelope')dnl\n",
    "entire domain": MASQUERADE + "FEATURE(`masquerade_entire_domain')dnl\nFEATURE(`masquerade_envelope')dnl\n",
    "limited": MASQUERADE + "FEATURE(`limited_masquerade')dnl\n",
    "recipients": MASQUERADE + "FEATURE(`allmasquerade')dnl\nFEATURE(`always_add_domain')dnl\n",
    "local as it is": MASQUERADE + "FEATURE(`local_no_masquerade')dnl\nFEATURE(`allmasquerade')dnl\nFEATURE(`always_add_domain')dnl\n"
                                   "FEATURE(`masquerade_envelope')dnl\n",
    "a domain": "FEATURE(`always_add_domain')dnl\n",
    "another domain": MASQUERADE + "FEATURE(`always_add_domain', `added.test')dnl\nFEATURE(`masquerade_envelope')dnl\n",
    "as nothing": "MASQUERADE_AS(`')dnl\nMASQUERADE_DOMAIN(`m.test')dnl\n",
    "lmtp": MASQUERADE + "FEATURE(`local_lmtp')dnl\n",
    "generics": "FEATURE(`genericstable', `hash {generics}')dnl\nGENERICS_DOMAIN(`w.test dom.test')dnl\n",
    "all of it": MASQUERADE + "FEATURE(`genericstable', `hash {generics}')dnl\nGENERICS_DOMAIN(`w.test dom.test')dnl\n"
                 "FEATURE(`generics_entire_domain')dnl\nFEATURE(`masquerade_envelope')dnl\nFEATURE(`allmasquerade')dnl\n"
                 "FEATURE(`always_add_domain')dnl\nFEATURE(`domaintable', `hash {domains}')dnl\n",
    "domaintable": "FEATURE(`domaintable', `hash {domains}')dnl\n",
    "bitnet": MASQUERADE + "FEATURE(`bitdomain', `hash {domains}')dnl\n",
}
USES = [(flags, mailer) for flags in ("HS", "HR", "ES", "ER") for mailer in ("esmtp", "relay", "local")
        if (flags, mailer) != ("ER", "local")]     # the mailbox gets a user, whatever the address was


class AgainstSendmail(Scenario):
    def setUp(self):
        super().setUp()
        program, makemap = tool("sendmail", peers_only=True), tool("makemap", peers_only=True)
        if program is None or makemap is None or os.geteuid() != 0:
            self.skipTest("needs root and sendmail in build/peers (tools/peers)")
        if subprocess.run(["unshare", "-m", "-u", "true"], capture_output=True).returncode != 0:
            self.skipTest("unshare -m -u is not permitted here")
        self.folder.chmod(0o755)
        (self.folder / "hosts").write_text("127.0.0.1 us.test localhost\n")
        # Without a full host name sendmail waits a minute for one.
        settle = f'hostname us.test && mount --bind {self.folder}/hosts /etc/hosts && exec {program} "$@"'
        self.theirs = ["unshare", "-m", "-u", "sh", "-c", settle, "sendmail"]
        (self.folder / "empty.cf").write_text("O DontBlameSendmail=MapInUnsafeDirPath\n")
        self.maps = {}
        for name, text in (("generics", GENERICS), ("domains", DOMAINS)):
            self.maps[name] = self.folder / name
            run(makemap, "-C", self.folder / "empty.cf", "hash", self.maps[name], input=text)
            (self.folder / (name + ".db")).chmod(0o644)

    @staticmethod
    def answers(program, cf):
        script = "".join(f"/tryflags {flags}\n" + "".join(f"/try {mailer} {one}\n" for one in ADDRESSES) for flags, mailer in USES)
        done = run(*program, "-bt", "-C", cf, input=script)
        found = re.findall(r"Rcode = (\d+), addr = (.*)", done.stdout)
        return dict(zip([(*use, one) for use in USES for one in ADDRESSES], found, strict=True))

    def test_every_address_becomes_what_sendmail_makes_of_it(self):
        for site, more in SITES.items():
            mc, cf = self.folder / "site.mc", self.folder / "their.cf"
            mc.write_text(HEAD + more.format(**self.maps) + TAIL)
            cf.write_text(run("m4", f"-D_CF_DIR_={CF}/", CF / "m4/cf.m4", mc).stdout)
            theirs = self.answers(self.theirs, cf)
            ours = self.answers([BIN / "sendmail"], mc)
            wrong = [f"{' '.join(case)}: {ours[case]}, sendmail {theirs[case]}" for case in theirs if ours[case] != theirs[case]]
            with self.subTest(site):
                self.assertEqual(wrong, [])


class OnTheWire(Scenario):
    def start(self, more):
        self.dest = self.next_hop()
        routes = self.make_map("mailertable", route_to(dest_test=self.dest))
        self.us = self.signet("us", f"FEATURE(`accept_unresolvable_domains')dnl\nFEATURE(`mailertable', `hash {routes}')dnl\n{more}",
                              users=("alice", "bob"))

    def send(self, sender, recipients, text):
        with self.us.client() as client:
            client.ehlo()
            answer = client.send_mail(sender, recipients, text)
            self.assertTrue(answer.startswith("250"), answer)

    def test_each_way_shows_the_message_as_it_must(self):
        self.start(MASQUERADE + "FEATURE(`masquerade_envelope')dnl\nFEATURE(`local_no_masquerade')dnl\nLOCAL_DOMAIN(`us.test')dnl\n")
        body = "line\r\n" * 200000        # not kept in memory
        for extra in ("", body):
            self.send("carl@us.test", ["alice@us.test", "x@dest.test"],
                      "From: Carl <carl@us.test>\r\nTo: alice,\r\n x@dest.test\r\nX-Odd: carl@us.test\r\nSubject: one\r\n\r\n"
                      "From: carl@us.test\r\n" + extra)
        for sender, _, raw in self.dest.wait(2):
            content = raw.decode()
            self.assertIn("<carl@shown.test> ", sender)
            head, _, rest = content.partition("\r\n\r\n")
            self.assertIn("\r\nFrom: Carl <carl@shown.test>\r\nTo: alice@us.test,\r\n x@dest.test\r\nX-Odd: carl@us.test\r\nSubject: one", head)
            self.assertIn("\r\nReceived: from", "\r\n" + head)
            self.assertEqual(rest.replace("line\r\n", "").strip(), "From: carl@us.test")
        self.assertEqual(max(raw.count(b"line\r\n") for _, _, raw in self.dest.messages), 200000)
        self.us.wait_for(r"to=<alice@us.test>.* stat=Sent", count=2)
        mailbox = self.us.mailbox("alice")
        self.assertEqual(mailbox.count("Return-Path: <carl@us.test>\n"), 2)
        self.assertEqual(mailbox.count("\nFrom: Carl <carl@us.test>\nTo: alice,\n x@dest.test\n"), 2)
        self.us.wait_for(r"from=<carl@us.test>", count=2)

    def test_maps_lead_senders_out_and_renamed_domains_in(self):
        self.make_map("generics", "carl\tCarl.Smith@shown.test\n")
        self.make_map("domains", "old.test\tus.test\nwas.test\tdest.test\n")
        self.start(f"FEATURE(`genericstable', `hash {self.folder}/generics')dnl\nGENERICS_DOMAIN(`us.test')dnl\n"
                   f"FEATURE(`domaintable', `hash {self.folder}/domains')dnl\nFEATURE(`masquerade_envelope')dnl\n")
        self.send("carl@old.test", ["alice@old.test", "x@was.test"], "From: carl@us.test\r\nTo: x@was.test\r\n\r\nhello\r\n")
        (sender, recipients, raw), = self.dest.wait(1)
        self.assertIn("<Carl.Smith@shown.test> ", sender)
        self.assertEqual(recipients, ["x@dest.test"])
        self.assertIn("From: Carl.Smith@shown.test\r\nTo: x@dest.test\r\n", raw.decode())
        self.us.wait_for(r"to=<alice@us.test>.* stat=Sent")
        said = run(BIN / "signet", "explain", "-C", self.us.mc, "client=127.0.0.1", "from=carl@us.test", "to=x@was.test").stdout
        self.assertIn(f"renamed:     domaintable:was.test dest.test ({self.folder}/domains.db)\n", said)
        self.assertIn("envelope:    from Carl.Smith@shown.test: genericstable:carl Carl.Smith@shown.test (", said)


if __name__ == "__main__":
    unittest.main()
