"""Maps that another program (socketmap) or DNS holds: every decision asks them, none waits on a loop; who is silent or gone means 451."""
import socket
import threading
import time
import unittest

from harness import Scenario, route_to

RELAYED = ("MAIL FROM:<a@else.test>", "RCPT TO:<b@far.test>")


class MapServer:
    """Answers requests "NAME KEY" from a dictionary; `silent` holds answers back."""

    def __init__(self, answers):
        self.answers, self.asked, self.silent = answers, [], threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rwb") as file:
            while length := self.read_length(file):
                request = file.read(length + 1)[:-1].decode()
                self.asked.append(request)
                if self.silent.is_set():
                    time.sleep(60)
                value = self.answers.get(request)
                reply = (value if value and value.split()[0] in ("TEMP", "PERM") else f"OK {value}" if value else "NOTFOUND ").encode()
                file.write(b"%d:%s," % (len(reply), reply))
                file.flush()

    @staticmethod
    def read_length(file):
        digits = b""
        while (c := file.read(1)) not in (b":", b""):
            digits += c
        return int(digits) if c else 0

    def close(self):
        self.socket.close()


class SocketMap(Scenario):
    def start(self, answers, more="", wait=60):
        self.server = MapServer(answers)
        self.addCleanup(self.server.close)
        where = f"inet:{self.server.port}@127.0.0.1"
        self.us = self.signet("us", f"""FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`access_db', `socket -d{wait} -T<TMPF> {where}')dnl
FEATURE(`mailertable', `socket -d{wait} -T<TMPF> {where}')dnl
FEATURE(`virtusertable', `socket -d{wait} -T<TMPF> {where}')dnl
VIRTUSER_DOMAIN(`shop.test')dnl
{self.name_server({}).mc()}{more}""")

    def replies(self, source, *commands):
        with self.us.client(source=source) as client:
            client.ehlo()
            return [client.say(command)[:3] for command in commands]

    def test_decisions_and_deliveries(self):
        dest = self.next_hop()
        route = route_to(dest_test=dest).split(None, 1)[1].strip()
        self.start({"access connect:127.0.0.3": "RELAY", "access connect:127.0.0.4": "REJECT", "access from:bad@else.test": "ERROR:5.7.1:550 not you",
                    "access from:wait@else.test": "TEMP busy", "access to:closed@us.test": "REJECT",
                    "virtuser info@shop.test": "alice", "mailertable dest.test": route, "access tls_rcpt:secret@dest.test": "ENCR:112"},
                   "FEATURE(`blocklist_recipients')dnl\n")
        self.assertEqual(self.replies("127.0.0.3", *RELAYED), ["250", "250"])
        self.assertEqual(self.replies("127.0.0.2", *RELAYED), ["250", "550"])
        self.assertEqual(self.replies("127.0.0.4", RELAYED[0]), ["550"])
        sender = "MAIL FROM:<{}@else.test>".format
        self.assertEqual(self.replies("127.0.0.2", sender("bad"), sender("wait"), sender("good"), "RCPT TO:<closed@us.test>",
                                      "RCPT TO:<info@shop.test>", "RCPT TO:<none@shop.test>", "RCPT TO:<bob@us.test>"),
                         ["550", "451", "250", "550", "250", "550", "250"])
        with self.us.client(source="127.0.0.3") as client:
            client.ehlo()
            client.send("MAIL FROM:<a@else.test>\r\nRCPT TO:<info@shop.test>\r\nRCPT TO:<x@dest.test>\r\nRCPT TO:<secret@dest.test>\r\nDATA\r\n")
            self.assertEqual([client.reply()[:3] for _ in range(5)], ["250", "250", "250", "250", "354"])   # pipelined
            client.send("Subject: t\r\n\r\nhello\r\n.\r\n")
            self.assertEqual(client.reply()[:3], "250")
        self.us.wait_for(r"to=<alice@us\.test>|to=alice|to=<info@shop\.test>|to=<alice>.*stat=Sent")
        self.us.wait_for(r"to=<x@dest\.test>.*stat=Sent")
        self.us.wait_for(r"ruleset=tls_rcpt, arg1=secret@dest\.test.*reject=")

    def test_who_does_not_answer_stops_nobody_else(self):
        self.start({"access connect:127.0.0.3": "RELAY"}, wait=3)
        self.assertEqual(self.replies("127.0.0.3", *RELAYED), ["250", "250"])
        self.server.silent.set()
        before = len(self.server.asked)
        with self.us.client(source="127.0.0.3") as known:     # what is known still counts
            known.ehlo()
            first = known.say("MAIL FROM:<new@else.test>")
            self.assertEqual(first, "451 4.3.0 Temporary system failure. Please try again later.")
            self.assertEqual(known.say("NOOP")[:3], "250")
        self.assertLessEqual(len(self.server.asked) - before, 2)     # who is silent is asked once, and once more on a fresh connection
        self.us.wait_for(r"socket:inet:\d+@127\.0\.0\.1: no answer in time; mail waits")
        self.server.close()

    def test_maps_in_a_row(self):
        access = self.make_map("access", "Connect:127.0.0.5 RELAY\n")
        server = MapServer({"far connect:127.0.0.3": "RELAY"})
        self.addCleanup(server.close)
        self.us = self.signet("us", f"""FEATURE(`accept_unresolvable_domains')dnl
LOCAL_CONFIG
Knear hash {access}
Kfar socket inet:{server.port}@127.0.0.1
FEATURE(`access_db', `sequence near far')dnl
{self.name_server({}).mc()}""")
        self.assertEqual(self.replies("127.0.0.3", *RELAYED), ["250", "250"])
        self.assertEqual(self.replies("127.0.0.5", *RELAYED), ["250", "250"])
        self.assertEqual(self.replies("127.0.0.6", *RELAYED), ["250", "550"])

    def test_dns(self):
        dest = self.next_hop()
        zone = {"dest.test.route.test": f"TXT esmtp:[127.0.0.1]:{dest.port}", "broken.test.route.test": "SERVFAIL"}
        self.us = self.signet("us", f"""FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`mailertable', `dns -R TXT -B route.test -d3 -T<TMPF>')dnl
RELAY_DOMAIN(`dest.test broken.test')dnl
{self.name_server(zone).mc()}""")
        with self.us.client() as client:
            client.ehlo()
            self.assertEqual([client.say(command)[:3] for command in ("MAIL FROM:<a@else.test>", "RCPT TO:<y@broken.test>", "RSET")],
                             ["250", "451", "250"])
            client.send_mail("a@else.test", ["x@dest.test"])
        dest.wait()
        self.us.wait_for(r"to=<x@dest\.test>.*stat=Sent")


if __name__ == "__main__":
    unittest.main()
