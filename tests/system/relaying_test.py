"""Who may send what where: the access map, domains, AUTH and certificates; and what the log says of it."""
import base64
import hmac
import re
import unittest

from harness import BIN, Scenario, anybody, run, tls_lines, wait_until

STRANGER = "127.0.0.2"
ZONE = {"20.0.0.127.in-addr.arpa": "PTR mail.good.test", "mail.good.test": "A 127.0.0.20",
        "21.0.0.127.in-addr.arpa": "PTR mail.good.test",    # the name does not lead back
        "22.0.0.127.in-addr.arpa": "SERVFAIL",
        "23.0.0.127.in-addr.arpa": "PTR x.spam.test", "x.spam.test": "A 127.0.0.23",
        "24.0.0.127.in-addr.arpa": "PTR out.partner.test", "out.partner.test": "A 127.0.0.24"}
ACCESS = """Connect:127.0.0.10\tREJECT
Connect:127.0.0.11\tDISCARD
Connect:127.0.0.12\tERROR:4.3.2:421 bye
Connect:127.0.0.13\tERROR:5.7.1:550 We know you
Connect:127.0.0.14\tRELAY
Connect:127.0.0.15\tOK
Connect:127.0.1\tRELAY
Connect:good.test\tRELAY
Connect:spam.test\tREJECT
From:bad@sender.test\tREJECT
From:told@sender.test\tERROR:5.7.1:551 Not you
From:later@sender.test\tERROR:4.7.1:450 Come back
From:gone@sender.test\tDISCARD
From:odd@sender.test\tno code here
From:evil.test\t550 5.7.1 Whole domain refused
From:good@evil.test\tOK
To:nomail@mx.test\tREJECT
To:left@\tERROR:5.1.1:550 Left the company
To:lost@mx.test\tDISCARD
To:friend.test\tRELAY
To:ok.test\tOK
To:spamtrap@elsewhere.test\t553 Listed
CERTISSUER:/O=Test/CN=Test+20CA\tSUBJECT
CERTSUBJECT:/O=Test/CN=branch.test\tRELAY
CERTISSUER:/O=Home/CN=Home+20CA\tRELAY
"""


class Relaying(Scenario):
    def setUp(self):
        super().setUp()
        self.certs = self.pki()
        self.certs.make_ca("home", "/O=Home/CN=Home CA")
        for name, ca in (("mx", "CA"), ("branch", "CA"), ("other", "CA"), ("house", "home")):
            self.certs.make(name, ca=ca)
        self.access = self.make_map("access", ACCESS)
        sasl = self.sasl("mx.test", bob="secret")
        self.mx = self.signet("mx", tls_lines(self.certs, "mx") + f"""define(`confSASL_CONF_DIR', `{sasl}')dnl
define(`confAUTH_MECHANISMS', `LOGIN PLAIN CRAM-MD5')dnl
TRUST_AUTH_MECH(`PLAIN')dnl
define(`confDELIVERY_MODE', `queue')dnl
RELAY_DOMAIN(`partner.test 127.0.0.16')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`blocklist_recipients')dnl
FEATURE(`access_db', `hash -T<TMPF> {self.access}')dnl
""" + self.name_server(ZONE).mc(), queue="-q1h", users=("alice", "bob", "lost", "nomail"))

    def answer(self, sender, recipient, source=STRANGER, certificate=None, auth=None):
        """The first reply that is a refusal, or the one to RCPT."""
        with self.mx.client(source=source) as client:
            if client.greeting.startswith("4"):
                return client.greeting
            client.ehlo()
            if certificate:
                pair = tuple(self.certs.folder / f"{certificate}.{end}" for end in ("pem", "key"))
                client.starttls(anybody(pair)).ehlo()
            if auth:
                self.assertTrue(client.say(*auth).startswith("235"))
            said = client.say(f"MAIL FROM:<{sender}>")
            return client.say(f"RCPT TO:<{recipient}>") if said[0] == "2" else said

    def test_every_rule(self):
        plain = ("AUTH PLAIN AGJvYgBzZWNyZXQ=",)
        def refused(reason, to="x@far.test", code="550 5.7.1"):
            return re.escape(f"{code} <{to}>... Relaying {reason}")
        denied = refused("denied. IP name lookup failed [127.0.0.2]")
        ok = r"250 2\.1\.5 <.*>\.\.\. Recipient ok"
        me = {"sender": "a@sender.test", "recipient": "x@far.test"}
        table = [
            ("a stranger does not relay", {}, denied),
            ("this host does", {"source": "127.0.0.1"}, ok),
            ("a stranger writes to us", {"recipient": "alice@mx.test"}, ok),
            ("nobody of that name", {"recipient": "nemo@mx.test"}, r"550 5\.1\.1 <nemo@mx\.test>\.\.\. User unknown"),
            ("postmaster always exists", {"recipient": "postmaster"}, ok),
            ("Connect: REJECT", {"source": "127.0.0.10", "recipient": "alice@mx.test"}, r"550 5\.7\.1 Access denied"),
            ("Connect: DISCARD", {"source": "127.0.0.11", "recipient": "alice@mx.test"}, ok),
            ("Connect: 421", {"source": "127.0.0.12"}, r"421 4\.3\.2 bye"),
            ("Connect: ERROR", {"source": "127.0.0.13"}, r"550 5\.7\.1 We know you"),
            ("Connect: RELAY", {"source": "127.0.0.14"}, ok),
            ("Connect: OK is no RELAY", {"source": "127.0.0.15"}, refused("denied. IP name lookup failed [127.0.0.15]")),
            ("Connect: RELAY by name", {"source": "127.0.0.20"}, ok),
            ("a name that is not proved", {"source": "127.0.0.21"}, refused("denied. IP name possibly forged [127.0.0.21]")),
            ("a name that cannot be asked", {"source": "127.0.0.22"},
             refused("temporarily denied. Cannot resolve PTR record for 127.0.0.22", code="450 4.4.0")),
            ("Connect: REJECT by name", {"source": "127.0.0.23"}, r"550 5\.7\.1 Access denied"),
            ("RELAY_DOMAIN by name", {"source": "127.0.0.24"}, ok),
            ("Connect: a network", {"source": "127.0.1.77"}, ok),
            ("RELAY_DOMAIN with an address", {"source": "127.0.0.16"}, ok),
            ("RELAY_DOMAIN as recipient", {"recipient": "x@partner.test"}, ok),
            ("a host in RELAY_DOMAIN", {"recipient": "x@mail.partner.test"}, ok),
            ("no suffix of letters", {"recipient": "x@notpartner.test"}, refused("denied. IP name lookup failed [127.0.0.2]", to="x@notpartner.test")),
            ("From: REJECT", {"sender": "bad@sender.test"}, r"550 5\.7\.1 <bad@sender\.test>\.\.\. Access denied"),
            ("keys know no case", {"sender": "BAD@Sender.Test"}, r"550 5\.7\.1 <BAD@Sender\.Test>\.\.\. Access denied"),
            ("From: 551", {"sender": "told@sender.test"}, r"551 5\.7\.1 Not you"),
            ("From: 450", {"sender": "later@sender.test"}, r"450 4\.7\.1 <later@sender\.test>\.\.\. Come back"),
            ("From: DISCARD", {"sender": "gone@sender.test", "recipient": "alice@mx.test"}, ok),
            ("From: a text", {"sender": "odd@sender.test"}, r"553 5\.3\.0 <odd@sender\.test>\.\.\. no code here"),
            ("From: a domain", {"sender": "x@mail.evil.test"}, r"550 5\.7\.1 <x@mail\.evil\.test>\.\.\. Whole domain refused"),
            ("From: one of a domain", {"sender": "good@evil.test", "recipient": "alice@mx.test"}, ok),
            ("To: REJECT", {"recipient": "nomail@mx.test"},
             r"550 5\.2\.1 <nomail@mx\.test>\.\.\. Mailbox disabled for this recipient"),
            ("To: ERROR", {"recipient": "left@mx.test"}, r"550 5\.1\.1 <left@mx\.test>\.\.\. Left the company"),
            ("To: RELAY", {"recipient": "x@friend.test"}, ok),
            ("To: RELAY, a host", {"recipient": "x@mx.friend.test"}, ok),
            ("To: OK is no RELAY", {"recipient": "x@ok.test"}, refused("denied. IP name lookup failed [127.0.0.2]", to="x@ok.test")),
            ("To: one address", {"recipient": "spamtrap@elsewhere.test", "source": "127.0.0.1"},
             r"553 5\.0\.0 <spamtrap@elsewhere\.test>\.\.\. Listed"),
            ("sent on by %", {"recipient": "x%far.test@mx.test"}, r"550 5\.7\.1 .*Relaying denied.*"),
            ("sent on by !", {"recipient": "far.test!x@mx.test"}, r"550 5\.7\.1 .*Relaying denied.*"),
            ("sent on by quoting", {"recipient": '"x@far.test"@mx.test'}, r"550 5\.7\.1 .*Relaying denied.*"),
            ("AUTH that is trusted", {"auth": plain}, ok),
            ("certificate, issuer and subject", {"certificate": "branch"}, ok),
            ("certificate, another subject", {"certificate": "other"}, denied),
            ("certificate, issuer alone", {"certificate": "house"}, ok),
        ]
        for what, more, expected in table:
            with self.subTest(what):
                self.assertRegex(self.answer(**{**me, **more}), f"^{expected}$")

    def test_auth_that_is_not_trusted_does_not_relay(self):
        with self.mx.client(source=STRANGER) as client:
            client.ehlo()
            challenge = base64.b64decode(client.say("AUTH CRAM-MD5")[4:])
            digest = hmac.new(b"secret", challenge, "md5").hexdigest()
            self.assertTrue(client.say(base64.b64encode(f"bob {digest}".encode()).decode()).startswith("235"))
            self.assertTrue(client.say("MAIL FROM:<a@sender.test>").startswith("250"))
            self.assertRegex(client.say("RCPT TO:<x@far.test>"), r"^550 5\.7\.1 .*Relaying denied")

    def test_the_log_says_it_as_sendmail_does(self):
        self.answer("a@sender.test", "x@far.test")
        self.answer("bad@sender.test", "alice@mx.test")
        self.answer("a@sender.test", "alice@mx.test", source="127.0.0.10")
        self.answer("a@sender.test", "nomail@mx.test")
        self.answer("gone@sender.test", "alice@mx.test")
        self.answer("a@sender.test", "x@far.test", source="127.0.0.12")
        relay = r"\[127\.0\.0\.2\]"
        for line in (
                rf"\w{{8}}\d{{6}}: ruleset=check_rcpt, arg1=<x@far\.test>, relay={relay}, "
                r"reject=550 5\.7\.1 <x@far\.test>\.\.\. Relaying denied\. "
                r"IP name lookup failed \[127\.0\.0\.2\]",
                rf"\w{{8}}\d{{6}}: ruleset=check_mail, arg1=<bad@sender\.test>, relay={relay}, "
                r"reject=550 5\.7\.1 <bad@sender\.test>\.\.\. Access denied",
                rf"\w{{8}}\d{{6}}: ruleset=check_rcpt, arg1=<nomail@mx\.test>, relay={relay}, "
                r"reject=550 5\.2\.1 <nomail@mx\.test>\.\.\. Mailbox disabled for this recipient",
                rf"\w{{8}}\d{{6}}: ruleset=check_mail, arg1=<gone@sender\.test>, relay={relay}, discard",
                r"ruleset=check_relay, arg1=\[127\.0\.0\.10\], arg2=127\.0\.0\.10, relay=\[127\.0\.0\.10\], "
                r"reject=550 5\.7\.1 Access denied",
                r"ruleset=check_relay, arg1=\[127\.0\.0\.12\], arg2=127\.0\.0\.12, relay=\[127\.0\.0\.12\], "
                r"reject=421 4\.3\.2 bye"):
            with self.subTest(line):
                self.mx.wait_for(f"^{line}$")
        self.answer("a@sender.test", "x@far.test", source="127.0.0.21")
        self.mx.wait_for(r"^\w+: ruleset=check_rcpt, arg1=<x@far\.test>, relay=mail\.good\.test \[127\.0\.0\.21\] "
                         r"\(may be forged\), reject=550 5\.7\.1 .* IP name possibly forged \[127\.0\.0\.21\]$")
        # One transaction, one queue id.
        refused = self.mx.wait_for(r"^(\w+): ruleset=check_rcpt, arg1=<x@far").group(1)
        self.mx.wait_for(rf"^{refused}: from=<a@sender\.test>, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=MTA, relay=")

    def test_what_is_discarded_is_not_kept(self):
        for sender, recipient, source in (("gone@sender.test", "alice@mx.test", STRANGER),
                                          ("a@sender.test", "alice@mx.test", "127.0.0.11"),
                                          ("a@sender.test", "lost@mx.test", STRANGER)):
            with self.subTest(sender=sender, recipient=recipient), self.mx.client(source=source) as client:
                client.ehlo()
                answer = client.send_mail(sender, recipient)
                self.assertRegex(answer, r"^250 2\.0\.0 \w{14} Message accepted for delivery$")
                self.mx.wait_for(rf"^{answer.split()[2]}: discarded$")
        self.assertIn("is empty", self.mx.mailq())

    def test_a_refused_client_may_only_leave(self):
        with self.mx.client(source="127.0.0.10") as client:
            self.assertTrue(client.greeting.startswith("220 "))
            self.assertRegex(client.ehlo(), r"^250-mx\.test Hello .*\n250 ENHANCEDSTATUSCODES$")
            for command in ("MAIL FROM:<a@b>", "RCPT TO:<alice@mx.test>", "DATA", "STARTTLS", "AUTH PLAIN", "VRFY x"):
                self.assertEqual(client.say(command), "550 5.7.1 Access denied", command)
            self.assertEqual(client.say("NOOP"), "250 2.0.0 OK")
            self.assertTrue(client.say("QUIT").startswith("221"))

    def test_a_map_built_anew_counts_at_once(self):
        self.assertRegex(self.answer("new@sender.test", "alice@mx.test"), "^250")
        # Built beside it and renamed, and over it.
        for value, code in (("REJECT", "550"), ("ERROR:4.7.1:450 later", "450"), ("OK", "250")):
            text = ACCESS + f"From:new@sender.test\t{value}\n"
            if code == "450":
                run(BIN / "makemap", "hash", self.folder / "fresh", input=text)
                (self.folder / "fresh.db").rename(self.folder / "access.db")
            else:
                run(BIN / "makemap", "hash", self.access, input=text)
            wait_until(f"{code} after the map was built", lambda: self.answer(
                "new@sender.test", "alice@mx.test").startswith(code))

    def test_a_map_that_breaks_opens_nothing(self):
        whole = (self.folder / "access.db").read_bytes()
        broken = (b"this is no map" * 1000, b"", whole[: len(whole) // 2])
        for bytes_ in broken:
            (self.folder / "broken.db").write_bytes(bytes_)
            (self.folder / "broken.db").rename(self.folder / "access.db")
            for _ in range(20):
                self.assertRegex(self.answer("bad@sender.test", "alice@mx.test"), r"^(550 5\.7\.1|451 4\.3\.0) ")
        run(BIN / "makemap", "hash", self.folder / "fresh", input=ACCESS + "From:a@sender.test\tREJECT\n")
        (self.folder / "fresh.db").rename(self.folder / "access.db")
        wait_until("550", lambda: self.answer("a@sender.test", "alice@mx.test").startswith("550"))


if __name__ == "__main__":
    unittest.main()
