"""The `live-client` kind: one delivery to a scripted next hop per row, what the log says of it compared."""
import re
import ssl

from harness import NextHop, Signet, server_context, wait_until
from material import site_beside

SHOWN = ("cf", "access", "rcpt")  # of a row that fails
COLUMNS = "id cf access rcpt server_behaviour verify_logged version to_line_dsn to_line_stat reject_or_error_log"

CERTIFICATES = {1: "mx1", 2: "srvcltonly", 3: "mx3u", 4: "mismatch", 5: "expired", 7: "mx1", 8: "mx1", 9: "mx1"}
RECIPIENTS = {"RCPT TO:<DEFER": "450 4.2.1 try later", "RCPT TO:<BAD": "550 5.1.1 no such user here"}

# Lines of a real sendmail that tell of its own teardown, not of the session.
NOISE = re.compile(r"STARTTLS=read: |STARTTLS: read error=|STARTTLS=client: error:0A000197:")
KEPT = re.compile(r"ruleset=|AUTH=client|tls_clt_features=|STARTTLS=client, error|STARTTLS=client: error")


def kill(connection, _):
    connection.sendall(b"421 4.3.2 closing\r\n")
    return None


def garbage(connection, _):
    connection.sendall(b"220 2.0.0 go\r\n")
    connection.recv(4096)
    connection.sendall(b"this is no handshake\r\n")
    return None


class Hops:
    """mx1 to mx9 of the README on one port of 127.0.3.N, made once for all rows."""

    def __init__(self, certificates):
        self.hops = {}
        port = 0
        for number in range(1, 10):
            self.hops[number] = NextHop(port=port, address=f"127.0.3.{number}", tls=self.tls(number, certificates),
                                        under_tls=("AUTH PLAIN LOGIN",) if number == 1 else (),
                                        replies={**RECIPIENTS, "RCPT TO:<KILL": kill, "AUTH": "235 2.7.0 ok", ".": "250 2.0.0 queued as FAKE1",
                                                 **self.starttls(number)})
            port = self.hops[number].port
        self.port = port

    @staticmethod
    def tls(number, certificates):
        if number not in CERTIFICATES:
            return None
        context = server_context(certificates.pair(CERTIFICATES[number]))
        if number == 4:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    @staticmethod
    def starttls(number):
        reply = {7: "454 4.3.3 TLS not available right now", 8: garbage, 9: "554 5.7.1 nope"}.get(number)
        return {"STARTTLS": reply} if reply else {}

    def close(self):
        for hop in self.hops.values():
            hop.close()


def neat(line):
    """Without queue ids, and without the places in OpenSSL's source."""
    line = re.sub(r"^\w+: (?=ruleset=)", "<qid>: ", line)
    return re.sub(r"(error:0A\w+:[^:]*:[^:]*:[^:]*):.*", r"\1", line)


def lines_of(text):
    return [] if text == "-" else [neat(line) for line in text.split(" || ") if not NOISE.match(line)]


def expected(row):
    return row | {"reject_or_error_log": " || ".join(lines_of(row["reject_or_error_log"])) or "-"}


def log_of(server, row):
    got = {"verify_logged": "-", "version": "-", "to_line_dsn": "-", "to_line_stat": "-"}
    kept = []
    for line in server.lines():
        if found := re.search(r"STARTTLS=client, relay=.*, version=(.*?), verify=(\w+),", line):
            got["version"], got["verify_logged"] = found.groups()
        elif found := re.search(rf"to=<{re.escape(row['rcpt'])}>,.* dsn=([\d.]+),.* stat=(.*)", line):
            got["to_line_dsn"], got["to_line_stat"] = found.groups()
        elif KEPT.search(line) and not NOISE.search(line):
            kept.append(neat(line.replace(str(server.folder.parent), "@ROOT@")))
    return got | {"reject_or_error_log": " || ".join(kept) or "-"}


def answer(row, world):
    folder = world.folder_for(row)
    access = world.access_map(folder, row)
    args = "".join(f"define(`{name}_MAILER_ARGS', `TCP $h {world.hops.port}')dnl\n" for name in ("RELAY", "ESMTP", "SMTP"))
    server = Signet(folder, world.certificates.mc() + world.names.mc() + args + site_beside(world.vectors, row["cf"], access),
                    host="mx.spec.test", queue="-q1h")
    server.start()
    try:
        with server.client() as client:
            client.ehlo("localhost")
            client.send_mail("a@sender.test", row["rcpt"])
            client.say("QUIT")
        server.wait_for(r"to=<.*stat=")
        try:
            wait_until("the log", lambda: world.agrees(row, log_of(server, row)), 1)
        except AssertionError:
            pass  # told as a difference
        return log_of(server, row)
    finally:
        server.stop()
