"""Aliases on the real daemon: newaliases, lists, postmaster, what explain, VRFY and EXPN say; sendmail's own aliases.db."""
import os
import pwd
import unittest

from harness import BIN, Scenario, route_to, run, wait_until

TEXT = """# who gets what
postmaster: root
MAILER-DAEMON: postmaster
Root:\talice
list: alice,
\tbob, boss@dest.test, Alice@us.test
bob: bob, archive@dest.test
lost: nobody
a: b
b: a
prog: "|/bin/cat"
tag+*: bob
"""


class Aliases(Scenario):
    def start(self, text=TEXT, build=True):
        self.dest = self.next_hop()
        routes = self.make_map("mailertable", route_to(dest_test=self.dest))
        self.text = self.folder / "aliases"
        self.text.write_text(text)
        self.mc = f"""FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`mailertable', `hash {routes}')dnl
define(`ALIAS_FILE', `{self.text}')dnl
"""
        if build:
            cf = self.folder / "build.mc"
            cf.write_text("OSTYPE(`linux')dnl\n" + self.mc + "MAILER(`local')dnl\nMAILER(`smtp')dnl\n")
            self.built = run(BIN / "newaliases", "-C", cf)
        self.us = self.signet("us", self.mc, users=("alice", "bob"))

    def send(self, *recipients):
        with self.us.client() as client:
            client.ehlo()
            client.say("MAIL FROM:<a@else.test>")
            return [client.say(f"RCPT TO:<{one}>") for one in recipients]

    def test_newaliases_counts_and_praliases_prints(self):
        self.start()
        self.assertEqual(self.built.stdout.splitlines()[-1], f"{self.text}: 10 aliases, longest 41 bytes, 153 bytes total")
        self.assertEqual(self.built.stderr, "")
        shown = run(BIN / "praliases", "-f", self.text).stdout.splitlines()
        for line in ("@:@", "root:alice", "mailer-daemon:postmaster", "list:alice,\tbob, boss@dest.test, Alice@us.test"):
            self.assertIn(line, shown)
        self.assertEqual(run(BIN / "praliases", "-f", self.text, "Root", "nosuch").stdout, "Root:alice\nnosuch: No such key\n")

    @unittest.skipIf(os.geteuid() != 0, "NOT RUN: needs root")
    def test_the_trusted_user_owns_what_root_builds(self):
        text, mc = self.folder / "aliases", self.folder / "build.mc"
        text.write_text("root: alice\n")

        def build(user):
            mc.write_text(f"OSTYPE(`linux')dnl\ndefine(`ALIAS_FILE', `{text}')dnl\ndefine(`confTRUSTED_USER', `{user}')dnl\nMAILER(`local')dnl\n")
            done = run(BIN / "newaliases", "-C", mc)
            return done.stderr, (self.folder / "aliases.db").stat()
        said, made = build("games")
        self.assertEqual((said, made.st_uid), ("", pwd.getpwnam("games").pw_uid))
        said, made = build("no-such-user")
        self.assertEqual(said, "newaliases: warning: TrustedUser=no-such-user: no such user\n")
        self.assertEqual(made.st_uid, pwd.getpwnam("games").pw_uid, "the owner stays")

    def test_recipients_hear_of_the_address_they_were_given(self):
        self.start()
        for one in ("list@us.test", "LIST@us.test", "postmaster", "lost@us.test", "tag+x@us.test"):
            self.assertEqual(self.send(one), [f"250 2.1.5 <{one}>... Recipient ok"])
        for one, reply in (("nobody@us.test", "550 5.1.1 <nobody@us.test>... User unknown"),
                           ("a@us.test", "554 5.4.6 aliasing/forwarding loop broken")):
            self.assertEqual(self.send(one), [reply])

    def test_a_list_reaches_each_member_once(self):
        self.start()
        with self.us.client() as client:
            client.ehlo()
            self.assertEqual(client.say("VRFY list"), "250 2.1.5 <list@us.test>")
            self.assertEqual(client.say("EXPN <list@us.test>"), "\n".join((
                "250-2.1.5 <alice@us.test>", "250-2.1.5 <bob@us.test>", "250-2.1.5 <archive@dest.test>",
                "250 2.1.5 <boss@dest.test>")))
            answer = client.send_mail("a@else.test", ["list@us.test", "alice@us.test", "postmaster"])
            self.assertTrue(answer.startswith("250"), answer)
        wait_until("both mailboxes", lambda: self.us.mailbox("alice") and self.us.mailbox("bob"))
        got = sorted(one for _, recipients, _ in self.dest.wait(1) for one in recipients)
        self.assertEqual(got, ["archive@dest.test", "boss@dest.test"])
        self.assertEqual(self.us.mailbox("alice").count("\nSubject: test\n"), 1)
        self.assertEqual(self.us.mailbox("bob").count("\nSubject: test\n"), 1)

    def test_an_unknown_member_bounces(self):
        self.start()
        with self.us.client() as client:
            client.ehlo()
            self.assertTrue(client.send_mail("bob@us.test", ["lost@us.test"]).startswith("250"))
        wait_until("the report", lambda: "User unknown" in self.us.mailbox("bob"))

    def test_new_aliases_are_taken_up(self):
        self.start(build=False)
        self.us.wait_for(r"alias database \S+aliases\.db missing: there are no aliases until newaliases is run$")
        self.assertEqual(self.send("list@us.test"), ["550 5.1.1 <list@us.test>... User unknown"])
        run(BIN / "sendmail", "-bi", "-C", self.us.mc)
        wait_until("the new aliases", lambda: self.send("list@us.test")[0].startswith("250"))

    def test_explain_names_each_entry(self):
        self.start()
        done = run(BIN / "signet", "explain", "-C", self.us.mc, "client=127.0.0.1", "from=a@else.test", "to=postmaster")
        self.assertEqual([line for line in done.stdout.splitlines() if line.startswith(("alias:", "result:"))], [
            "alias:       alias:postmaster root", "alias:       alias:root alice",
            "result:      to the mailbox of alice: unqualified"])


if __name__ == "__main__":
    unittest.main()
