"""What DNS says of who takes mail for a domain, and who may send it: badmx, relay_based_on_MX, bestmx_is_local, mtamark; and check_compat."""
import os
import pathlib
import subprocess
import sys
import unittest

from harness import BIN, Scenario, Signet, run, tool, wait_until

STRANGER = "127.0.0.2"
ZONE = {"good.test": "MX 10 mx.good.test", "mx.good.test": "A 192.0.2.1", "bare.test": "A 192.0.2.2",
        "trap.test": "MX 10 mx.good.test, MX 20 lost.trap.test", "lost.trap.test": "A 127.0.0.1",
        "odd.test": "MX 10 192.0.2.9", "null.test": "MX 0 .", "broken.test": "SERVFAIL",
        "served.test": "MX 10 mx.good.test, MX 20 us.test", "us.test": "A 192.0.2.3",
        "best.test": "MX 10 us.test, MX 20 mx.good.test", "sub.best.test": "MX 10 us.test", "equal.test": "MX 10 mx.good.test, MX 10 us.test",
        "table.test": "MX 10 us.test", "virt.test": "MX 10 us.test",
        "9.0.0.127.bl.test": "A 127.0.0.2", "_perm._smtp._srv.2.0.0.127.in-addr.arpa": "TXT 1", "_perm._smtp._srv.3.0.0.127.in-addr.arpa": "TXT 0",
        "_perm._smtp._srv.4.0.0.127.in-addr.arpa": "SERVFAIL"}


class MailHosts(Scenario):
    def start(self, mc, access=""):
        self.dns = self.name_server(ZONE)
        table = self.make_map("access", access)
        self.us = self.signet("us", f"FEATURE(`access_db', `hash -T<TMPF> {table}')dnl\n"
                              "define(`confDELIVERY_MODE', `queue')dnl\n" + mc + self.dns.mc(), queue="-q1h", users=("alice", "bob", "carol"))

    def replies(self, *lines, source=STRANGER):
        with self.us.client(source=source) as client:
            client.say("HELO x.test")
            return [client.say(line) for line in lines]

    def check(self, command, cases):
        for domain, want in cases:
            with self.subTest(domain):
                self.assertEqual(self.replies(*command(domain))[-1], want)

    def test_senders_with_a_useless_mx_are_refused(self):
        self.start("FEATURE(`badmx')dnl\n")
        cases = [("good.test", "250 2.1.0 <a@good.test>... Sender ok"), ("bare.test", "250 2.1.0 <a@bare.test>... Sender ok"),
                 ("trap.test", "550 5.1.2 <a@trap.test>... Invalid MX record for trap.test"),
                 ("odd.test", "550 5.1.2 <a@odd.test>... Illegal MX record for odd.test"),
                 ("null.test", "550 5.1.2 <a@null.test>... Illegal MX record for null.test"),
                 ("gone.test", "553 5.1.8 <a@gone.test>... Domain of sender address a@gone.test does not exist"),
                 ("broken.test", "451 4.1.8 Domain of sender address a@broken.test does not resolve")]
        self.check(lambda domain: [f"MAIL FROM:<a@{domain}>"], cases)
        self.us.wait_for(r"ruleset=check_mail, arg1=<a@trap\.test>, .*reject=550 5\.1\.2 <a@trap\.test>\.\.\. Invalid MX record")

    def test_domains_that_name_us_as_mx_are_relayed_to(self):
        self.start("FEATURE(`relay_based_on_MX')dnl\nFEATURE(`accept_unresolvable_domains')dnl\n")
        cases = [("served.test", "250 2.1.5 <u@served.test>... Recipient ok"),
                 ("good.test", "550 5.7.1 <u@good.test>... Relaying denied. IP name lookup failed [127.0.0.2]"),
                 ("broken.test", "450 4.4.0 <u@broken.test>... Can not check MX records for recipient host broken.test")]
        self.check(lambda domain: ["MAIL FROM:<a@else.test>", f"RCPT TO:<u@{domain}>"], cases)

    def test_domains_whose_best_mx_we_are_are_local(self):
        accepted, denied = "250 2.1.5 <{}>... Recipient ok", "550 5.7.1 <{}>... Relaying denied. IP name lookup failed [127.0.0.2]"
        unknown, later = "550 5.1.1 <{}>... User unknown", "451 4.3.0 "
        table = self.make_map("mailertable", "table.test\tesmtp:[127.0.0.9]\n")
        virtual = self.make_map("virtusertable", "v@virt.test\tbob\n")
        aliases = self.make_map("aliases", "sales\tbob\n")
        self.start("FEATURE(`bestmx_is_local')dnl\nFEATURE(`accept_unresolvable_domains')dnl\n"
                   f"FEATURE(`mailertable', `hash {table}')dnl\nFEATURE(`virtusertable', `hash {virtual}')dnl\nVIRTUSER_DOMAIN(`virt.test')dnl\n"
                   f"define(`ALIAS_FILE', `hash:{aliases}')dnl\ndefine(`confDELIVERY_MODE', `background')dnl\n")
        cases = [("alice@best.test", accepted), ("Alice+x@BEST.test", accepted), ("nobody@best.test", unknown), ("sales@best.test", accepted),
                 ("alice@equal.test", accepted), ("alice@served.test", denied), ("alice@bare.test", denied), ("alice@gone.test", denied),
                 ("alice@null.test", denied), ("alice%far.test@best.test", denied), ("u@table.test", accepted), ("v@virt.test", accepted),
                 ("alice@virt.test", accepted), ("nobody@virt.test", unknown), ("alice@broken.test", later)]
        with self.us.client(source=STRANGER) as client:
            client.say("HELO x.test")
            client.say("MAIL FROM:<a@good.test>")
            for address, want in cases:
                with self.subTest(address):
                    self.assertTrue(client.say(f"RCPT TO:<{address}>").startswith(want.format(address)))
            client.say("RSET")
            self.assertRegex(client.send_mail("a@good.test", ["alice@best.test", "Alice@equal.test", "alice@us.test", "sales@equal.test", "v@virt.test"]), "^250 2.0.0 ")
        for user in ("alice", "bob"):
            wait_until(user, lambda user=user: self.us.mailbox(user))
        wait_until("an empty queue", lambda: "empty" in self.us.mailq())
        self.assertEqual(self.us.mailbox("alice").count("\nSubject: test\n"), 1)    # however many of her names were said

        def said(address):
            return run(BIN / "signet", "explain", "-C", self.us.mc, "client=127.0.0.2", "from=a@good.test", f"to={address}", ok=(0, 1)).stdout
        self.assertRegex(said("alice@best.test"), r"to: +.*bestmx_is_local\n(?s:.*)result: +to the mailbox of alice: bestmx_is_local\n")
        self.assertIn("mailertable:table.test", said("u@table.test"))
        parsed = run(BIN / "sendmail", "-bt", "-C", self.us.mc, input="/parse alice@best.test\n/parse alice@served.test\n").stdout
        self.assertIn("rule bestmx_is_local\nmailer local, user alice\n", parsed)
        self.assertIn("mailer esmtp, host served.test, user alice@served.test\n", parsed)

    def test_only_the_domains_that_are_named_may_be_local_by_mx(self):
        self.start("FEATURE(`bestmx_is_local', `best.test other.test')dnl\nFEATURE(`accept_unresolvable_domains')dnl\n")
        denied = "550 5.7.1 <alice@{0}>... Relaying denied. IP name lookup failed [127.0.0.2]"
        cases = [("best.test", "250 2.1.5 <alice@best.test>... Recipient ok"), ("sub.best.test", "250 2.1.5 <alice@sub.best.test>... Recipient ok"),
                 ("equal.test", denied.format("equal.test")), ("broken.test", denied.format("broken.test"))]
        self.check(lambda domain: ["MAIL FROM:<a@else.test>", f"RCPT TO:<alice@{domain}>"], cases)
        self.assertEqual(self.dns.questions("equal.test", "MX"), [])

    def test_explain_and_the_address_test_ask_as_the_daemon_does(self):
        self.start("FEATURE(`dnsbl', `bl.test')dnl\nFEATURE(`badmx')dnl\nFEATURE(`relay_based_on_MX')dnl\nFEATURE(`compat_check')dnl\n",
                   "Compat:a@good.test<@>u@served.test\tREJECT\n")

        def explain(client, sender, recipient, status=1):
            return run(BIN / "signet", "explain", "-C", self.us.mc, f"client={client}", f"from={sender}", f"to={recipient}",
                       ok=(status,)).stdout
        said = explain("127.0.0.9", "b@good.test", "u@served.test")
        self.assertRegex(said, r"DNS: +dnsbl 9\.0\.0\.127\.bl\.test: listed 127\.0\.0\.2\n"
                               r"connect: +550 5\.7\.1 Rejected: 127\.0\.0\.9 listed at bl\.test: dnsbl:bl\.test\n")
        said = explain("127.0.0.2", "b@trap.test", "u@served.test")
        self.assertRegex(said, r"DNS: +dnsbl 2\.0\.0\.127\.bl\.test: not listed\n")
        self.assertRegex(said, r"DNS: +MX trap\.test: mx\.good\.test lost\.trap\.test \[192\.0\.2\.1\] \[127\.0\.0\.1\]\n"
                               r"from: +550 5\.1\.2 <b@trap\.test>\.\.\. Invalid MX record for trap\.test: badmx\n")
        said = explain("127.0.0.2", "b@good.test", "u@served.test", status=0)
        self.assertRegex(said, r"DNS: +MX served\.test: mx\.good\.test us\.test\nto: +relaying allowed: relay_based_on_MX\n")
        self.assertRegex(explain("127.0.0.2", "a@good.test", "u@served.test"), r"both: +550 5\.7\.1 Access denied: access:Compat:")
        lines = (".D{client_addr}127.0.0.2\n.Dfa@good.test\ncheck_relay [127.0.0.9] $| 127.0.0.9\ncheck_mail b@trap.test\n"
                 "check_rcpt u@served.test\ncheck_compat u@served.test\n")
        said = run(BIN / "sendmail", "-bt", "-C", self.us.mc, input=lines).stdout
        for part in ("dnsbl 9.0.0.127.bl.test: listed 127.0.0.2\n", "rule dnsbl:bl.test\n", "rule badmx\n",
                     "MX served.test: mx.good.test us.test\n", "returns: RELAY\nrule relay_based_on_MX\n", "Access denied"):
            self.assertIn(part, said)

    def test_clients_that_are_no_mail_servers_are_refused(self):
        self.start("FEATURE(`mtamark', `', `t')dnl\nFEATURE(`accept_unresolvable_domains')dnl\n")
        cases = [("127.0.0.2", "250 2.1.0 <a@else.test>... Sender ok"), ("127.0.0.5", "250 2.1.0 <a@else.test>... Sender ok"),
                 ("127.0.0.3", "550 5.7.1 Rejected: 127.0.0.3 not listed as MTA"),
                 ("127.0.0.4", "451 4.4.3 Temporary lookup failure of _perm._smtp._srv.127.0.0.4")]
        for source, want in cases:
            with self.subTest(source):
                self.assertEqual(self.replies("MAIL FROM:<a@else.test>", source=source), [want])

    def test_sender_and_recipient_are_judged_together(self):
        self.start("FEATURE(`compat_check')dnl\nFEATURE(`accept_unresolvable_domains')dnl\n",
                   "Compat:a@else.test<@>alice@us.test\tERROR:550 5.7.1 not you\nCompat:a@else.test<@>bob@us.test\tDISCARD\n")
        mail, alice, bob = "MAIL FROM:<a@else.test>", "RCPT TO:<alice@us.test>", "RCPT TO:<bob@us.test>"
        self.assertEqual(self.replies(mail, alice)[-1], "550 5.7.1 <alice@us.test>... not you error from check_compat")
        self.assertEqual(self.replies("MAIL FROM:<b@else.test>", alice)[-1], "250 2.1.5 <alice@us.test>... Recipient ok")
        self.us.wait_for(r"ruleset=check_compat, arg1=a@else\.test, arg2=alice@us\.test, relay=.*, reject=550 5\.7\.1 not you")
        # Bob gets nothing; who is named beside him gets his.
        with self.us.client(source=STRANGER) as client:
            client.say("HELO x.test")
            self.assertRegex(client.send_mail("a@else.test", ["bob@us.test"]), "^250 2.0.0 ")
            self.assertRegex(client.send_mail("a@else.test", ["bob@us.test", "carol@us.test"]), "^250 2.0.0 ")
        listed = wait_until("one message", lambda: "(1 request)" in self.us.mailq() and self.us.mailq())
        self.assertIn("<carol@us.test>", listed)
        self.assertNotIn("bob", listed)
        self.us.wait_for(r"ruleset=check_compat, arg1=a@else\.test, arg2=bob@us\.test, relay=.*, discard")


LIBRARY = "usr/share/sendmail/cf"
THEIRS = """divert(0)dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `us.test')dnl
define(`QUEUE_DIR', `{dir}/mqueue')dnl
undefine(`ALIAS_FILE')dnl
define(`confSERVICE_SWITCH_FILE', `{dir}/switch')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
FEATURE(`nocanonify')dnl
{more}MAILER(`local')dnl
MAILER(`smtp')dnl
"""
# In name spaces of its own: our name server has the port that sendmail asks, and this host a name with a dot.
SETTLE = """hostname us.test && ip link set lo up && mount --bind {dir}/resolv.conf /etc/resolv.conf &&
mount --bind {dir}/hosts /etc/hosts && exec "$@\""""
# -bv says where mail goes, check_rcpt whether strangers may send it.
ASK = """
import subprocess, sys
from dns_server import DnsServer
program, cf, zone, addresses = sys.argv[1], sys.argv[2], eval(sys.argv[3]), sys.argv[4:]
server = DnsServer(zone, port=53)
lines = ".D{client_addr}192.0.2.77\\n.D{client_name}stranger.test\\n.D{client_resolve}OK\\n"
lines += "".join(f"check_rcpt <{one}>\\n" for one in addresses)
judged = subprocess.run([program, "-C", cf, "-bt"], input=lines, capture_output=True, text=True).stdout
judged = [line for line in judged.splitlines() if line.startswith("check_rcpt") and "returns:" in line]
for one, verdict in zip(addresses, judged, strict=True):
    way = subprocess.run([program, "-C", cf, "-bv", one], capture_output=True, text=True).stdout.strip()
    print(one, "RELAY" in verdict, way.split("mailer ")[-1])
"""


class AsSendmail(Scenario):
    ADDRESSES = [f"bin@{domain}" for domain in ("best.test", "sub.best.test", "equal.test", "served.test", "good.test", "bare.test", "null.test", "us.test")]

    def theirs(self, more):
        program = tool("sendmail", peers_only=True)
        if program is None or os.geteuid() != 0 or subprocess.run(["unshare", "-mun", "true"], capture_output=True).returncode:
            self.skipTest("needs root, unshare, and sendmail in build/peers (tools/peers)")
        self.folder.chmod(0o755)
        (self.folder / "mqueue").mkdir(exist_ok=True)
        for name, text in (("switch", "hosts dns files\n"), ("hosts", "127.0.0.1 us.test localhost\n"),
                           ("resolv.conf", "nameserver 127.0.0.1\n"), ("theirs.mc", THEIRS.format(dir=self.folder, more=more))):
            (self.folder / name).write_text(text)
        root, cf = pathlib.Path(program).parents[1], self.folder / "theirs.cf"
        cf.write_text(run("m4", f"-D_CF_DIR_={root / LIBRARY}/", root / LIBRARY / "m4/cf.m4", self.folder / "theirs.mc").stdout)
        said = run("unshare", "-mun", "sh", "-c", SETTLE.format(dir=self.folder), "sh", sys.executable, "-B", "-c", ASK, program, cf, repr(ZONE),
                   *self.ADDRESSES, env={**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parent)}).stdout
        return said.splitlines()

    def ours(self, more):
        us = Signet(self.folder / "us", more + self.name_server(ZONE).mc(), users=("bin",))
        ways = run(BIN / "sendmail", "-bv", "-C", us.mc, *self.ADDRESSES).stdout.splitlines()
        answers = []
        for one, way in zip(self.ADDRESSES, ways, strict=True):
            told = run(BIN / "signet", "explain", "-C", us.mc, "client=192.0.2.77", f"to={one}", ok=(0, 1)).stdout
            answers.append(f"{one} {'Relaying denied' not in told} {way.split('mailer ')[-1]}")
        return answers

    def test_domains_are_local_by_mx_as_with_sendmail(self):
        for more in ("FEATURE(`bestmx_is_local')dnl\n", "FEATURE(`bestmx_is_local', `best.test')dnl\n"):
            with self.subTest(more):
                theirs = self.theirs(more)
                self.assertEqual(self.ours(more), theirs)


if __name__ == "__main__":
    unittest.main()
