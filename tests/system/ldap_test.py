"""Maps in a directory: what flags make of entries, as real sendmail's `/map` answered; features in LDAP; passwords; a server that goes and
comes back. slapd is the one that tools/peers unpacks."""
import re
import socket
import unittest

from harness import BIN, Scenario, run, wait_until
from ldap_server import ADMIN, BASE, PASSWORD, LdapServer, entry


def user(uid, *addresses, **more):
    return entry(f"uid={uid},ou=p", objectClass=["account", "inetLocalMailRecipient"], uid=uid, mailLocalAddress=list(addresses), **more)


def map_entry(name, key, cn, **more):
    return entry(f"sendmailMTAKey={cn},ou=p", objectClass="sendmailMTAMapObject", sendmailMTAMapName=name, sendmailMTAKey=[key, cn], **more)


ENTRIES = (entry("ou=p", objectClass="organizationalUnit", ou="p")
           + user("a", "a@site.test", "alias@site.test", mailRoutingAddress="alice@us.test")
           + user("b", "twin@site.test", mailRoutingAddress="b1@us.test", description=["d1", "d2"])
           + user("c", "twin@site.test", mailRoutingAddress="b2@us.test")
           + user("star", "x*(y)@site.test", mailRoutingAddress="star@us.test", seeAlso=f"uid=a,ou=p,{BASE}")
           + user("round", "round@site.test", seeAlso=[f"uid=round,ou=p,{BASE}", f"uid=b,ou=p,{BASE}", f"uid=none,ou=p,{BASE}"])
           + user("d", "moved@laf.test", mailRoutingAddress="alice@us.test") + user("e", "there@laf.test", mailHost="store.test")
           + user("f", "both@laf.test", mailRoutingAddress="box7@store.test", mailHost="store.test")
           + user("g", "@all.test", mailRoutingAddress="bob@us.test")
           + map_entry("mailer", "dest.test", "m1", sendmailMTACluster="farm", sendmailMTAMapValue="local:bob")
           + map_entry("mailer", "other.test", "m2", sendmailMTACluster="elsewhere", sendmailMTAMapValue="local:bob")
           + map_entry("mailer", "led.test", "m3", sendmailMTAHost="us.test", sendmailMTAMapSearch="(sendmailMTAKey=m1)")
           + map_entry("mailer", "url.test", "m4", sendmailMTAHost="us.test", sendmailMTAMapURL=f"ldap:///{BASE}??sub?(sendmailMTAKey=m1)")
           + map_entry("access", "from:bad@else.test", "a1", sendmailMTACluster="farm", sendmailMTAMapValue="REJECT"))

ROUTING = "mailRoutingAddress"
ADDRESS = "-k (mailLocalAddress=%0)"
# Flags, key, what `/map` of sendmail 8.17 answers; None: no match. "!": its "no match (75)", a temporary failure.
ANSWERS = [
    (f"-1 {ADDRESS} -v {ROUTING}", "A@SITE.test", "alice@us.test"), (f"-1 {ADDRESS} -v {ROUTING}", "twin@site.test", None),
    (f"{ADDRESS} -v {ROUTING}", "twin@site.test", "b1@us.test"), (f"{ADDRESS} -v {ROUTING}", "none@site.test", None),
    (f"-z, {ADDRESS} -v {ROUTING},description", "twin@site.test", "b1@us.test,d1,d2,b2@us.test"),
    (f"-z, -V= {ADDRESS} -v {ROUTING},description", "twin@site.test",
     "mailRoutingAddress=b1@us.test,description=d1,description=d2,mailRoutingAddress=b2@us.test"),
    (f"{ADDRESS} -v {ROUTING}", "x*(y)@site.test", "star@us.test"), (f"{ADDRESS} -v {ROUTING}", "*", None),
    (f"-z, {ADDRESS} -v {ROUTING},seeAlso:DN", "x*(y)@site.test", "star@us.test,alice@us.test"),
    (f"-z, {ADDRESS} -v {ROUTING}:NORMAL:account,uid:NORMAL:person", "a@site.test", "alice@us.test"),
    (f"-Z1 -z, {ADDRESS} -v {ROUTING}", "twin@site.test", "!"), (f"-m -a.X {ADDRESS} -v {ROUTING}", "A@site.test", "A@site.test.X"),
    (f"-s base {ADDRESS} -v {ROUTING}", "a@site.test", None), (f"-b dc=none,dc=test {ADDRESS} -v {ROUTING}", "a@site.test", "!"),
    ("-k (mailLocalAddress) -v uid", "a@site.test", "!"),
    # Here sendmail gives up, with entries that lead round or with all attributes.
    (f"-z, {ADDRESS} -v {ROUTING},seeAlso:DN", "round@site.test", "b1@us.test"),
    (f"-z, -V: {ADDRESS} -b uid=c,ou=p,{BASE}", "twin@site.test",
     "objectClass:account,objectClass:inetLocalMailRecipient,uid:c,mailLocalAddress:twin@site.test,mailRoutingAddress:b2@us.test"),
]


class Ldap(Scenario):
    def setUp(self):
        super().setUp()
        if not LdapServer.is_there():
            self.skipTest("NOT TRIED WITH LDAP: slapd is not there: run tools/peers")

    def serve(self, **more):
        self.server = LdapServer(self.folder / "ldap", ENTRIES, **more)
        self.addCleanup(self.server.stop)

    def start(self, mc, defaults=""):
        self.us = self.signet("us", f"""FEATURE(`accept_unresolvable_domains')dnl
define(`confLDAP_DEFAULT_SPEC', `{self.server.flags()} -l 20 {defaults}')dnl
define(`confLDAP_CLUSTER', `farm')dnl
{self.name_server({}).mc()}{mc}""")

    def replies(self, *commands):
        with self.us.client() as client:
            client.ehlo()
            return [client.say(command)[:3] for command in commands]

    def asked(self, flags, key, more=""):
        """What `/map` says."""
        file = self.folder / "one.mc"
        file.write_text(f"""define(`confDOMAIN_NAME', `us.test')dnl
define(`confLDAP_DEFAULT_SPEC', `{self.server.flags()}')dnl
{more}FEATURE(`virtusertable', `ldap {flags}')dnl
MAILER(`local')dnl
""")
        told = run(BIN / "sendmail", "-C", file, "-bt", input=f"/map virtuser {key}\n", ok=range(256)).stdout
        self.assertIn("map_lookup", told, flags)
        found = re.search(r"(?:returns (.*) \(0\)|(no match \(75\))|no match)", told)
        return "!" if found[2] else found[1]

    def test_answers_are_those_of_sendmail(self):
        self.serve()
        for flags, key, want in ANSWERS:
            self.assertEqual(self.asked(flags, key), want, (flags, key))

    def test_features_ask_it(self):
        self.serve()
        self.start(f"""FEATURE(`access_db', `LDAP')dnl
FEATURE(`mailertable', `LDAP')dnl
FEATURE(`virtusertable', `ldap -T<TMPF> {ADDRESS} -v {ROUTING}')dnl
VIRTUSER_DOMAIN(`site.test')dnl
RELAY_DOMAIN(`dest.test other.test led.test url.test')dnl
""")
        self.assertEqual(self.replies("MAIL FROM:<bad@else.test>", "MAIL FROM:<good@else.test>", "RCPT TO:<alias@site.test>", "RCPT TO:<none@site.test>"),
                         ["550", "250", "250", "550"])
        for address, hop in {"x@dest.test": "mailer local", "x@led.test": "mailer local", "x@url.test": "mailer local", "x@other.test": "mailer esmtp"}.items():
            parsed = run(BIN / "sendmail", "-C", self.us.mc, "-bt", input=f"/parse {address}\n", ok=range(256)).stdout
            self.assertIn(hop, parsed, address)
        with self.us.client() as client:
            client.ehlo()
            client.send_mail("a@else.test", ["alias@site.test"])
        self.us.wait_for(r"to=<?alice.*stat=Sent")

    def test_a_server_that_comes_back_and_one_that_does_not(self):
        self.serve()
        self.start(f"FEATURE(`virtusertable', `ldap -T<TMPF> {ADDRESS} -v {ROUTING}')dnl\nVIRTUSER_DOMAIN(`site.test')dnl\n")
        asked = ("MAIL FROM:<good@else.test>", "RCPT TO:<{}@site.test>")
        self.assertEqual(self.replies(asked[0], asked[1].format("a")), ["250", "250"])
        self.server.stop()
        self.server.start()
        self.assertEqual(self.replies(asked[0], asked[1].format("alias")), ["250", "250"])     # the connection was closed meanwhile
        self.server.stop()
        self.assertEqual(self.replies(asked[0], asked[1].format("twin"), asked[1].format("a")), ["250", "451", "250"])   # a is remembered
        self.us.wait_for(r"ldap:ldap://127\.0\.0\.1:\d+: connecting: Can't contact LDAP server; mail waits")

    def test_routing(self):
        self.serve()
        store = self.next_hop()
        self.start(f"""FEATURE(`ldap_routing', , , `sendertoo', `preserve')dnl
LDAPROUTE_DOMAIN(`laf.test all.test')dnl
LDAPROUTE_EQUIVALENT(`old.test')dnl
MASQUERADE_AS(`laf.test')dnl
RELAY_DOMAIN(`laf.test all.test old.test')dnl
FEATURE(`mailertable', `hash {self.make_map("mailertable", f"store.test esmtp:[127.0.0.1]:{store.port}")}')dnl
""")
        to = "RCPT TO:<{}>".format
        self.assertEqual(self.replies("MAIL FROM:<none@laf.test>", "MAIL FROM:<there@laf.test>", to("none@laf.test"), to("moved@laf.test"), to("x@all.test"),
                                      to("moved@old.test"), to("there+x@laf.test")), ["550", "250", "550", "250", "250", "250", "250"])
        with self.us.client() as client:
            client.ehlo()
            client.send_mail("a@else.test", ["moved@old.test", "x@all.test", "there@laf.test", "both+d@laf.test"])
        wait_until("both are at the store", lambda: sorted(to for _, recipients, _ in store.messages for to in recipients)
                   == ["box7+d@store.test", "there@laf.test"])
        self.us.wait_for(r"to=<?alice.*stat=Sent")
        self.us.wait_for(r"to=<?bob.*stat=Sent")

    def test_passwords(self):
        self.serve(access="access to dn.base=\"\" by * read\naccess to * by anonymous auth by * read")
        secret = self.folder / "secret"
        secret.write_text(PASSWORD + "\n")
        secret.chmod(0o600)
        flags = f"{ADDRESS} -v {ROUTING}"
        self.assertEqual(self.asked(flags, "a@site.test"), "!")     # nobody may read
        self.assertEqual(self.asked(f"{flags} -d {ADMIN} -M simple -P {secret}", "a@site.test"), "alice@us.test")
        secret.write_text("wrong\n")
        self.assertEqual(self.asked(f"{flags} -d {ADMIN} -P {secret}", "a@site.test"), "!")

    def test_encrypted(self):
        certs = self.pki()
        certs.make_ca("other", "/O=Test/CN=Other CA")
        pem, key = certs.make("ldap", names="IP:127.0.0.1")
        self.serve(certificate=(pem, key))
        flags, plain, tls = f"{ADDRESS} -v {ROUTING} -b {BASE}", f"ldap://127.0.0.1:{self.server.port}", f"ldaps://127.0.0.1:{self.server.tls_port}"
        found = "alice@us.test"
        for more, want in ((f"-H {plain} -e starttls -C {certs.ca}", found), (f"-H {tls} -C {certs.ca}", found),
                           (f"-H {plain} -e starttls -C {certs.folder}/other.pem", "!"), (f"-H {tls} -C {certs.folder}/other.pem", "!"),
                           (f"-H {plain} -e starttls -C {certs.folder}/none.pem", "!"), (f"-H {tls} -C {certs.folder}/none.pem", "!"),
                           (f"-H ldap://localhost:{self.server.port} -e starttls -C {certs.ca}", "!"),    # the name is another
                           (f"-H ldaps://localhost:{self.server.tls_port} -C {certs.ca}", "!")):
            self.assertEqual(self.asked(f"{flags} {more}", "a@site.test"), want, more)
        self.assertEqual(self.asked(f"{flags} -H {plain} -e starttls", "a@site.test", f"define(`confCACERT', `{certs.ca}')dnl\n"), found)
        self.assertEqual(self.asked(f"{flags} -H {tls}", "a@site.test", f"define(`confCACERT', `{certs.ca}')dnl\n"), found)

    def test_a_server_that_cannot_encrypt_is_not_asked(self):
        self.serve()
        flags = f"{ADDRESS} -v {ROUTING} -e starttls -d {ADMIN} -P {self.folder}/secret"
        (self.folder / "secret").write_text(PASSWORD + "\n")
        self.assertEqual(self.asked(flags, "a@site.test"), "!")
        self.assertNotIn(" BIND ", (self.folder / "ldap/log").read_text())

    def test_nobody_chooses_the_server_by_a_file_where_we_are_started(self):
        with socket.create_server(("127.0.0.1", 0)) as trap:
            here = self.folder / "here"
            here.mkdir()
            (here / "ldaprc").write_text(f"URI ldap://127.0.0.1:{trap.getsockname()[1]}\n")
            mc = self.folder / "trap.mc"
            for server in (f"-H ldap://127.0.0.1:{self.deaf_port().port}", ""):
                mc.write_text(f"OSTYPE(`linux')dnl\nFEATURE(`virtusertable', `ldap {server} -l 1 -b {BASE} {ADDRESS} -v {ROUTING}')dnl\nMAILER(`local')dnl\n")
                told = run(BIN / "sendmail", "-C", mc, "-bt", input="/map virtuser a@site.test\n", cwd=here, ok=range(256)).stdout
                self.assertIn("no match (75)", told)
            trap.settimeout(0)
            with self.assertRaises(BlockingIOError):
                trap.accept()

    def test_an_entry_too_many_speaks_of_its_key_only(self):
        self.serve()
        self.start(f"FEATURE(`virtusertable', `ldap -T<TMPF> -Z1 {ADDRESS} -v {ROUTING}')dnl\nVIRTUSER_DOMAIN(`site.test')dnl\n")
        self.assertEqual(self.replies("MAIL FROM:<good@else.test>", "RCPT TO:<twin@site.test>", "RCPT TO:<a@site.test>"), ["250", "451", "250"])


if __name__ == "__main__":
    unittest.main()
