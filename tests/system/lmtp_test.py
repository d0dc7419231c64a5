"""Mailboxes of another program, by LMTP over a socket or TCP: Cyrus, Dovecot. A scripted server has the mailboxes."""
import re
import unittest

from harness import BIN, Listener, Scenario, run


class Mailboxes(Listener):
    """An LMTP server: users `full` and `nobody` are what they are called, others take their mail."""

    def __init__(self, path=None):
        self.mail, self.greetings = [], []  # mail: (sender, recipient, text)
        super().__init__(path=path)

    def serve(self, connection):
        with connection.makefile("rwb") as file:
            def say(*lines):
                file.write("".join(f"{line}\r\n" for line in lines).encode())
                file.flush()
            say("220 mailboxes LMTP")
            sender, users = "", []
            while line := file.readline().decode("latin-1").rstrip("\r\n"):
                verb = line[:4].upper()
                if verb == "LHLO":
                    self.greetings.append(line)
                    say("250-mailboxes", "250-PIPELINING", "250 8BITMIME")
                elif verb == "MAIL":
                    sender, users = re.search("<(.*?)>", line).group(1), []
                    say("250 2.1.0 ok")
                elif verb == "RCPT":
                    user = re.search("<(.*?)>", line).group(1)
                    if user == "nobody":
                        say("550 5.1.1 no such mailbox")
                    else:
                        users.append(user)
                        say("250 2.1.5 ok")
                elif verb == "DATA":
                    if not users:
                        say("503 5.5.1 no recipients")
                        continue
                    say("354 go on")
                    text = b""
                    while (piece := file.readline()) != b".\r\n":
                        text += piece
                    for user in users:
                        if user == "full":
                            say("452 4.2.2 mailbox full")
                        else:
                            self.mail.append((sender, user, text))
                            say("250 2.1.5 Ok")
                    users = []
                elif verb == "QUIT":
                    say("221 2.0.0 bye")
                    return
                else:
                    say("500 5.5.1 what?")


class Lmtp(Scenario):
    def mailboxes(self, path=None):
        server = Mailboxes(path)
        self.addCleanup(server.close)
        return server

    def send(self, site, *recipients):
        with site.client() as client:
            client.ehlo()
            answer = client.send_mail("boss@relay.test", list(recipients))
            self.assertTrue(answer.startswith("250"), answer)
            return answer.split()[2]

    def test_cyrus_has_the_mailboxes(self):
        path = self.folder / "lmtp"
        self.folder.chmod(0o755)
        boxes = self.mailboxes(path)
        site = self.signet("relay", "FEATURE(`accept_unresolvable_domains')dnl\ndefine(`confLOCAL_MAILER', `cyrusv2')dnl\n"
                           f"define(`CYRUSV2_MAILER_ARGS', `FILE {path}')dnl\nMAILER(`cyrusv2')dnl\n", users=())
        queue_id = self.send(site, "Carol@relay.test", "dave+box@relay.test", "full@relay.test", "nobody@relay.test")
        site.wait_for(rf"^{queue_id}: to=<Carol@relay\.test>.*, mailer=cyrusv2, pri=\d+, relay=localhost, dsn=2\.1\.5, stat=Sent \(Ok\)$")
        site.wait_for(rf"^{queue_id}: to=<full@relay\.test>, .*relay=localhost, dsn=4\.2\.2, .*stat=Deferred: 452 4\.2\.2 mailbox full$")
        site.wait_for(rf"^{queue_id}: to=<nobody@relay\.test>, .*relay=localhost, dsn=5\.1\.1, .*stat=User unknown$")
        self.assertEqual([(sender, user) for sender, user, _ in boxes.mail[:2]],
                         [("boss@relay.test", "Carol"), ("boss@relay.test", "dave+box")])
        self.assertEqual(boxes.greetings[0], "LHLO relay.test")
        self.assertNotIn(b"Return-Path:", boxes.mail[0][2])
        explained, verified = self.shown(site, "dave+box@relay.test")
        self.assertIn("to the mailbox of dave+box by LMTP, mailer cyrusv2: ", explained)
        self.assertIn(f"socket {path}", explained)
        self.assertEqual(verified, "dave+box@relay.test... deliverable: mailer cyrusv2, user dave+box")

    def shown(self, site, address):
        """What `signet explain` and `sendmail -bv` say of an address."""
        return (run(BIN / "signet", "explain", "-C", site.mc, "client=127.0.0.1", "from=a@b.test", f"to={address}", ok=(0, 1)).stdout,
                run(BIN / "sendmail", "-bv", "-C", site.mc, address, ok=(0, 67)).stdout.strip())

    def test_local_lmtp_by_tcp_knows_the_users_of_this_host(self):
        boxes = self.mailboxes()
        site = self.signet("relay", f"FEATURE(`local_lmtp', `[IPC]', `TCP 127.0.0.1 {boxes.port}')dnl\n")
        with site.client() as client:
            client.ehlo()
            client.say("MAIL FROM:<boss@relay.test>")
            self.assertIn("550 5.1.1", client.say("RCPT TO:<carol@relay.test>"))
        queue_id = self.send(site, "alice@relay.test")
        site.wait_for(rf"^{queue_id}: to=<alice@relay\.test>, .*mailer=local, .*relay=\[127\.0\.0\.1\] \[127\.0\.0\.1\], .*stat=Sent \(Ok\)$")
        self.assertEqual([user for _, user, _ in boxes.mail], ["alice"])

    def test_users_without_an_account_go_to_luser_relay(self):
        boxes = self.mailboxes()
        hop = self.next_hop()
        site = self.signet("relay", "FEATURE(`accept_unresolvable_domains')dnl\n"
                           f"FEATURE(`local_lmtp', `[IPC]', `TCP 127.0.0.1 {boxes.port}')dnl\ndefine(`LUSER_RELAY', `relay:[127.0.0.1]:{hop.port}')dnl\n")
        queue_id = self.send(site, "alice@relay.test", "carol@relay.test")
        site.wait_for(rf"^{queue_id}: to=<carol@relay\.test>, .*mailer=relay, .*stat=Sent")
        site.wait_for(rf"^{queue_id}: to=<alice@relay\.test>, .*mailer=local, .*stat=Sent \(Ok\)$")
        self.assertEqual([user for _, user, _ in boxes.mail], ["alice"])
        self.assertEqual([recipients for _, recipients, _ in hop.messages], [["carol@[127.0.0.1]"]])
        explained, verified = self.shown(site, "carol")
        self.assertRegex(explained, "goes on by mailer relay: .*LUSER_RELAY")
        self.assertIn("mailer relay, host [127.0.0.1]", verified)
        self.assertIn("mailer local, user alice", self.shown(site, "alice")[1])


if __name__ == "__main__":
    unittest.main()
