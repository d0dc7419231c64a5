"""Where mail goes by the DNS: preferences, hosts that are down, null MX, names that do not exist or do not resolve."""
import unittest

from harness import NextHop, Scenario

SITE = """FEATURE(`accept_unresolvable_domains')dnl
define(`ESMTP_MAILER_ARGS', `TCP $h {port}')dnl
"""

ZONE = {
    "order.test": "MX 30 mx3.dest.test, MX 10 mx1.dest.test, MX 20 mx2.dest.test",
    "equal.test": "MX 10 mx1.dest.test, MX 10 mx2.dest.test",
    "down.test": "MX 10 dead.dest.test, MX 20 mx2.dest.test",
    "greets554.test": "MX 10 mx4.dest.test, MX 20 mx2.dest.test",
    "both.test": "MX 10 twins.dest.test",
    "nullmx.test": "MX 0 .",
    "notquitenull.test": "MX 0 ., MX 10 mx1.dest.test",
    "implicit.test": "A 127.0.3.1",
    "broken.test": "SERVFAIL",
    "brokenhost.test": "MX 10 broken.dest.test",
    "nohost.test": "MX 10 gone.dest.test",
    "partlygone.test": "MX 10 gone.dest.test, MX 20 mx1.dest.test",
    "loop.test": "MX 10 relay.test, MX 20 mx1.dest.test",
    "backup.test": "MX 10 mx1.dest.test, MX 20 relay.test, MX 30 mx3.dest.test",
    "backupdown.test": "MX 10 dead.dest.test, MX 20 relay.test, MX 30 mx3.dest.test",
    "alias.test": "CNAME order.test",
    "aliasmx.test": "MX 10 also-mx1.dest.test",
    "also-mx1.dest.test": "CNAME mx1.dest.test",
    "aliasloop.test": "CNAME aliasloop.test",
    "nothing.test": "TXT nothing",
    "six.test": "MX 10 six.dest.test",
    "six.dest.test": "AAAA ::1",
    "truncated.test": "TC, " + ", ".join(f"MX {10 + i} x{i}-{'y' * 40}.dest.test" for i in range(40)) + ", MX 5 mx1.dest.test",
    "under_score.test": "MX 10 mx1.dest.test",
    "xn--bcher-kva.test": "MX 10 mx1.dest.test",
    "a" * 63 + ".test": "MX 10 mx1.dest.test",
    "mx1.dest.test": "A 127.0.3.1",
    "mx2.dest.test": "A 127.0.3.2",
    "mx3.dest.test": "A 127.0.3.3",
    "mx4.dest.test": "A 127.0.3.4",
    "dead.dest.test": "A 127.0.3.9",
    "twins.dest.test": "A 127.0.3.9, A 127.0.3.2",
    "broken.dest.test": "SERVFAIL",
    "relay.test": "A 127.0.0.1",
}


class Mx(Scenario):
    def setUp(self):
        super().setUp()
        self.mx1 = self.next_hop(address="127.0.3.1")
        port = self.mx1.port
        self.mx2 = self.next_hop(address="127.0.3.2", port=port)
        self.mx3 = self.next_hop(address="127.0.3.3", port=port)
        self.mx4 = self.next_hop(address="127.0.3.4", port=port, replies={"GREETING": "554 5.3.2 go away"})
        self.names = self.name_server(ZONE)
        self.relay = self.signet("relay", SITE.format(port=port) + self.names.mc())
        self.client = self.relay.client()
        self.addCleanup(self.client.close)
        self.client.ehlo()

    def send(self, *domains):
        for domain in domains:
            answer = self.client.send_mail("alice@relay.test", f"u@{domain}")
            self.assertTrue(answer.startswith("250"), answer)

    def expect(self, domain, relay, dsn, stat):
        self.relay.wait_for(rf"to=<u@{domain}>, delay=\S+, xdelay=\S+, mailer=esmtp, pri=\d+, relay={relay}, "
                            rf"dsn={dsn}(, reply=[^,]*)?, stat={stat}")

    def test_mail_goes_to_the_best_host_that_answers(self):
        sent = r"Sent \(queued as \d+\)$"
        table = [
            ("order.test", r"mx1\.dest\.test\. \[127\.0\.3\.1\]"),
            ("down.test", r"mx2\.dest\.test\. \[127\.0\.3\.2\]"),
            ("greets554.test", r"mx2\.dest\.test\. \[127\.0\.3\.2\]"),
            ("both.test", r"twins\.dest\.test\. \[127\.0\.3\.2\]"),
            ("notquitenull.test", r"mx1\.dest\.test\. \[127\.0\.3\.1\]"),
            ("implicit.test", r"implicit\.test\. \[127\.0\.3\.1\]"),
            ("partlygone.test", r"mx1\.dest\.test\. \[127\.0\.3\.1\]"),
            ("backup.test", r"mx1\.dest\.test\. \[127\.0\.3\.1\]"),
            ("alias.test", r"mx1\.dest\.test\. \[127\.0\.3\.1\]"),
            ("aliasmx.test", r"also-mx1\.dest\.test\. \[127\.0\.3\.1\]"),
            ("truncated.test", r"mx1\.dest\.test\. \[127\.0\.3\.1\]"),
            ("under_score.test", r"mx1\.dest\.test\. \[127\.0\.3\.1\]"),
            ("xn--bcher-kva.test", r"mx1\.dest\.test\. \[127\.0\.3\.1\]"),
            ("a" * 63 + ".test", r"mx1\.dest\.test\. \[127\.0\.3\.1\]"),
            ("[127.0.3.3]", r"\[127\.0\.3\.3\] \[127\.0\.3\.3\]"),
        ]
        self.send(*(domain for domain, _ in table))
        for domain, relay in table:
            with self.subTest(domain):
                self.expect(domain.replace("[", r"\[").replace("]", r"\]"), relay, r"2\.0\.0", sent)
        self.assertTrue(any(way == "tcp" for *_, way in self.names.questions("truncated.test", "MX")))

    def test_names_that_cannot_have_mail_are_refused(self):
        table = [
            ("nonexist.test", r"nonexist\.test", r"5\.1\.2", r"Host unknown \(Name server: nonexist\.test: host not found\)$"),
            ("nullmx.test", r"nullmx\.test\.", r"5\.1\.10", "Service unavailable$"),
            ("nohost.test", r"nohost\.test", r"5\.1\.2", r"Host unknown \(Name server: gone\.dest\.test: host not found\)$"),
            ("nothing.test", r"nothing\.test", r"5\.1\.2", r"Host unknown \(Name server: nothing\.test: host not found\)$"),
            ("loop.test", r"loop\.test\.", r"5\.3\.5", "Local configuration error$"),
        ]
        self.send("aliasloop.test", *(line[0] for line in table))
        for domain, relay, dsn, stat in table:
            with self.subTest(domain):
                self.expect(domain, relay, dsn, stat)
        # The resolver's SERVFAIL says no more than that of a server in trouble.
        self.expect("aliasloop.test", r"aliasloop\.test", r"4\.4\.3", r"Deferred: Name server: aliasloop\.test: host name lookup failure$")
        self.relay.wait_for(r"SYSERR\(root\): MX list for loop\.test\. points back to relay\.test$")
        self.relay.wait_for(r"DSN: Host unknown \(Name server: nonexist\.test: host not found\)$")
        self.relay.wait_for(r"to=<alice@relay\.test>.*mailer=local.*stat=Sent$", count=len(table))

    def test_what_may_be_known_later_waits(self):
        later = r"Deferred: Name server: {}: host name lookup failure$"
        table = [
            ("broken.test", r"broken\.test", r"4\.4\.3", later.format(r"broken\.test")),
            ("brokenhost.test", r"brokenhost\.test", r"4\.4\.3", later.format(r"broken\.dest\.test")),
            ("backupdown.test", r"dead\.dest\.test\. \[127\.0\.3\.9\]", r"4\.4\.1",
             r"Deferred: Connection refused by dead\.dest\.test\.$"),
        ]
        self.send(*(line[0] for line in table))
        for domain, relay, dsn, stat in table:
            with self.subTest(domain):
                self.expect(domain, relay, dsn, stat)
        self.assertEqual(self.mx3.messages, [])
        self.names.zone["broken.test"] = "MX 10 mx1.dest.test"
        # Unbound remembers failures for some seconds; the queue run is repeated until it asks anew.
        self.expect("broken.test", r"mx1\.dest\.test\. \[127\.0\.3\.1\]", r"2\.0\.0", "Sent")

    def test_equal_hosts_share(self):
        # Each domain has connections of its own, so each throws the dice anew.
        for i in range(40):
            answer = self.client.send_mail("alice@relay.test", f"u@eq{i}.test")
            self.assertTrue(answer.startswith("250"), answer)
        self.relay.wait_for(r"to=<u@eq\d+\.test>.*stat=Sent", count=40)
        counts = [len(hop.messages) for hop in (self.mx1, self.mx2)]
        self.assertEqual(sum(counts), 40)
        self.assertGreater(min(counts), 3)

    def test_ipv6_only_host(self):
        try:
            six = NextHop(address="::1", port=self.mx1.port)
        except OSError as why:
            self.skipTest(f"no ::1 here: {why}")
        self.addCleanup(six.close)
        self.send("six.test")
        self.expect("six.test", r"six\.dest\.test\. \[IPv6:(::1|0:0:0:0:0:0:0:1)\]", r"2\.0\.0", "Sent")


for number in range(40):
    ZONE[f"eq{number}.test"] = ZONE["equal.test"]

if __name__ == "__main__":
    unittest.main()
