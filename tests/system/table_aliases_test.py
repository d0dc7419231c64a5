"""Aliases and classes that are in no hash or btree map: text, expressions, other programs, directories. The agent, which runs their programs, asks
whoever holds them itself."""
import os
import unittest

from harness import BIN, Scenario, run, wait_until
from ldap_server import BASE, LdapServer, entry
from socket_map_test import MapServer

# Where root runs the tests the engine is somebody else, and so is whoever asks servers for the agent.
RUN_AS = "define(`confRUN_AS_USER', `nobody')dnl\n" if os.geteuid() == 0 else ""


def alias(key, *values, **more):
    return entry(f"sendmailMTAKey={key},ou=p", objectClass="sendmailMTAAliasObject", sendmailMTAAliasGrouping="aliases", sendmailMTAKey=key,
                 **({"sendmailMTAAliasValue": list(values)} if values else {}), **more)


def class_entry(name, *values, **more):
    return entry(f"sendmailMTAClassName={name},ou=p", objectClass="sendmailMTAClass", sendmailMTAClassName=name, sendmailMTAClassValue=list(values), **more)


class TableAliases(Scenario):
    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)
        self.out = self.folder / "out"
        self.out.mkdir()
        self.out.chmod(0o777)

    def start(self, aliases, more="", **options):
        self.us = self.signet("us", f"""FEATURE(`accept_unresolvable_domains')dnl
define(`ALIAS_FILE', `{aliases}')dnl
define(`confFORWARD_PATH', `')dnl
{self.name_server({}).mc()}{RUN_AS}{more}""", **options)

    def serve_directory(self, entries, **more):
        if not LdapServer.is_there():
            self.skipTest("NOT TRIED WITH LDAP: slapd is not there: run tools/peers")
        self.server = LdapServer(self.folder / "ldap", entry("ou=p", objectClass="organizationalUnit", ou="p") + entries, **more)
        self.addCleanup(self.server.stop)
        return f"define(`confLDAP_DEFAULT_SPEC', `{self.server.flags()} -l 20')dnl\ndefine(`confLDAP_CLUSTER', `farm')dnl\n"

    def send(self, *recipients):
        with self.us.client() as client:
            client.ehlo()
            answer = client.send_mail("a@else.test", [f"{one}@us.test" for one in recipients])
            self.assertEqual(answer[:3], "250", answer)

    def replies(self, *commands):
        with self.us.client() as client:
            client.ehlo()
            return [client.say(command)[:3] for command in commands]

    def written(self, name):
        wait_until(f"the program has written {name}", lambda: (self.out / name).exists() and (self.out / name).read_bytes())

    def test_files_and_expressions_in_their_order(self):
        text, hashed = self.folder / "text", self.folder / "hash"
        text.write_text(f'# who\nboth: alice\nprog: "|cat > {self.out}/prog"\n')
        run(BIN / "makemap", "hash", hashed, input="both bob\nlast bob\n")
        self.start(f"text:-z: {text}, -o hash:{self.folder}/none, regex:-aalice ^r[0-9]+$, sequence:second, null:",
                   f"LOCAL_CONFIG\nKsecond hash {hashed}\n", queue="-q1h")
        told = run(BIN / "newaliases", "-C", self.us.mc).stdout
        self.assertIn(f"text:{text}: there is nothing to build\n", told)
        self.assertIn("sequence:second: there is nothing to build\n", told)
        told = run(BIN / "sendmail", "-C", self.us.mc, "-bt", input="/map aliases both\n/map aliases r7\n/map aliases last\n/map aliases none\n").stdout
        for answer in ("both) returns alice (0)", "r7) returns alice (0)", "last) returns bob (0)", "none) no match (0)"):
            self.assertIn(answer, told)
        self.send("both", "r7", "last", "prog")
        self.us.wait_for(r"to=<?alice.*stat=Sent")
        self.us.wait_for(r"to=<?bob.*stat=Sent")
        self.written("prog")
        text.chmod(0o666)
        self.assertIn(f"{text}: everybody may write it", run(BIN / "signet", "check", "-C", self.us.mc, ok=range(256)).stdout)

    def test_another_program(self):
        answers = {"Alias0 prog": f'"|cat > {self.out}/prog"', "Alias0 list": f":include:{self.folder}/list", "Alias0 user": "alice",
                   "Alias0 changed": f'"|cat > {self.out}/changed"'}
        listed = self.folder / "list"
        listed.write_text(f'bob\n"|cat > {self.out}/listed"\n')
        listed.chmod(0o644)
        server = MapServer(answers)
        self.addCleanup(server.close)
        self.start(f"socket:-d3 inet:{server.port}@127.0.0.1")
        self.send("user", "prog", "list")
        self.us.wait_for(r"to=<?alice.*stat=Sent")
        self.us.wait_for(r"to=<?bob.*stat=Sent")
        self.written("prog")
        self.written("listed")
        self.assertGreaterEqual(server.asked.count("Alias0 prog"), 2, "the agent asks itself")
        with self.us.client() as client:
            client.ehlo()
            self.assertEqual([client.say(command)[:3] for command in ("MAIL FROM:<a@else.test>", "RCPT TO:<changed@us.test>")], ["250", "250"])
            answers.clear()     # the agent hears something else than the engine
            self.assertEqual(client.say("DATA")[:3], "354")
            client.send("Subject: t\r\n\r\n.\r\n")
            self.assertEqual(client.reply()[:3], "250")
        self.us.wait_for(r"to=\S*\|cat > \S+changed.*dsn=5\.7\.1")
        self.assertFalse((self.out / "changed").exists())
        server.silent.set()
        self.assertEqual(self.replies("MAIL FROM:<a@else.test>", "RCPT TO:<other@us.test>", "RCPT TO:<user@us.test>"), ["250", "451", "250"])

    def test_a_directory(self):
        more = self.serve_directory(alias("team", "alice", "bob", sendmailMTACluster="farm")
                                    + alias("led", sendmailMTAHost="us.test", sendmailMTAAliasSearch="(sendmailMTAKey=team)")
                                    + alias("prog", f"|cat > {self.out}/prog", sendmailMTAHost="us.test")
                                    + alias("other", "bob", sendmailMTAHost="elsewhere.test"))
        hashed = self.folder / "hash"
        hashed.write_text("team: nobody-here\nhashed: bob\n")
        self.start(f"ldap:, {hashed}", more)
        run(BIN / "newaliases", "-C", self.us.mc)
        wait_until("the new aliases", lambda: self.replies("MAIL FROM:<a@else.test>", "RCPT TO:<hashed@us.test>")[1] == "250")
        self.assertEqual(self.replies("MAIL FROM:<a@else.test>", "RCPT TO:<led@us.test>", "RCPT TO:<other@us.test>"), ["250", "250", "550"])
        self.assertEqual(run(BIN / "praliases", "-C", self.us.mc, "team").stdout, "team:alice,bob\nteam:nobody-here\n")
        told = run(BIN / "sendmail", "-C", self.us.mc, "-bt", input="/map aliases team\n/map aliases hashed\n").stdout
        self.assertIn("map_lookup: aliases (team) returns alice,bob (0)", told)
        self.assertIn("map_lookup: aliases (hashed) returns bob (0)", told)
        self.send("led", "prog")
        for user in ("alice", "bob"):
            self.us.wait_for(rf"to=<?{user}.*stat=Sent")
        self.written("prog")

    def test_classes(self):
        more = self.serve_directory(class_entry("VirtHost", "v1.test", "v2.test v3.test", sendmailMTACluster="farm")
                                    + class_entry("w", "w1.test", sendmailMTAHost="us.test", sendmailMTAClassSearch="(sendmailMTAClassName=more)")
                                    + class_entry("more", "w2.test") + class_entry("R", "relayed.test", sendmailMTACluster="elsewhere"))
        words = self.make_map("words", "relays kept.test also.test\n")
        self.start("", more + f"""VIRTUSER_DOMAIN_FILE(`@LDAP')dnl
FEATURE(`virtusertable', `regex -aalice ^info@v[0-9].test$')dnl
FEATURE(`use_cw_file')dnl
define(`confCW_FILE', `@LDAP')dnl
RELAY_DOMAIN_FILE(`@LDAP')dnl
RELAY_DOMAIN_FILE(`relays@hash:{words}')dnl
""")
        to = "RCPT TO:<{}>".format
        asked = ("MAIL FROM:<a@else.test>", to("info@v3.test"), to("info@v4.test"), to("bob@w1.test"), to("bob@w2.test"), to("x@kept.test"),
                 to("x@also.test"), to("x@relayed.test"))
        with self.us.client(source="127.0.0.9") as client:
            client.ehlo()
            self.assertEqual([client.say(one)[:3] for one in asked], ["250", "250", "550", "250", "250", "250", "250", "550"])
        self.server.modify(f"dn: sendmailMTAClassName=more,ou=p,{BASE}\nchangetype: modify\nreplace: sendmailMTAClassValue\nsendmailMTAClassValue: w9.test\n")
        self.us.reload()
        with self.us.client(source="127.0.0.9") as client:
            client.ehlo()
            self.assertEqual([client.say(one)[:3] for one in (asked[0], to("bob@w2.test"), to("bob@w9.test"))], ["250", "550", "250"])
        self.server.stop()
        self.us.stop()
        with self.assertRaisesRegex(AssertionError, "members of class VirtHost: ldap:"):
            self.us.start()

    def test_a_class_that_may_be_missing(self):
        self.start("", f"LOCAL_CONFIG\nFw-o @ldap:-H ldap://127.0.0.1:{self.deaf_port().port} -k (x=*) -v x\nCwkept.test\n")
        self.us.wait_for(r"members of class w: ldap:ldap://127\.0\.0\.1:\d+: connecting: Can't contact LDAP server$")
        self.assertEqual(self.replies("MAIL FROM:<a@else.test>", "RCPT TO:<bob@kept.test>"), ["250", "250"])


if __name__ == "__main__":
    unittest.main()
