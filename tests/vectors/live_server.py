"""The `live-server` kind: one session with the running daemon per row, its replies and log lines compared."""
import re
import ssl

from harness import Client, Signet, anybody, wait_until
from material import site_beside

SHOWN = ("access", "src", "tls", "client_cert")  # of a row that fails
COLUMNS = ("id access src tls client_cert verify_logged starttls_reply ehlo_after mail_reply rcpt_local_reply "
           "rcpt_remote_reply log_reject_lines")
SHOWN_EHLO = 60  # the rows cut it there


def sender_of(row):
    """The rows do not say it where it is not the usual one, but what was logged of it does."""
    found = re.search(r"ruleset=check_mail, arg1=(<.*?>),", row["log_reject_lines"])
    return found.group(1) if found else "<a@sender.test>"


def tls_of(row, world):
    context = anybody(None if row["client_cert"] == "-" else world.certificates.pair(row["client_cert"]))
    if row["tls"] == "TLS1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AES128")  # the rows count on 128 bits
    return context


class Session:
    """Says the lines of every row; answers as the rows write them."""

    def __init__(self, port, row, world):
        self.got = {"verify_logged": "-", "starttls_reply": "-"}
        self.gone = False
        self.client = Client(port, source=row["src"])
        if self.client.greeting.startswith("421"):
            self.gone = True
            self.got["ehlo_after"] = "!EOF"
        else:
            self.client.ehlo("client.good.test")
            if row["tls"] != "none":
                self.start_tls(row, world)
            self.got["ehlo_after"] = self.client.ehlo("client.good.test").split("\n")[0][:SHOWN_EHLO]
        for column, line in (("mail_reply", f"MAIL FROM:{sender_of(row)}"), ("rcpt_local_reply", "RCPT TO:<u@mx.spec.test>"),
                             ("rcpt_remote_reply", "RCPT TO:<x@dest.test>")):
            self.got[column] = "!send" if self.gone else self.client.say(line)
        if not self.gone:
            self.client.say("QUIT")
        self.client.close()

    def start_tls(self, row, world):
        self.got["starttls_reply"] = self.client.say("STARTTLS")
        if self.got["starttls_reply"].startswith("220"):
            self.client.wrap(tls_of(row, world))


def log_of(server):
    """What the rows keep of the log: the word of verify=, and what rulesets refused, queue ids as <qid>."""
    verify, rules = "-", []
    for line in server.lines():
        if found := re.search(r"STARTTLS=server, relay=.*, verify=(\w+),", line):
            verify = found.group(1)
        if "ruleset=" in line:
            rules.append(re.sub(r"^\w+: (?=ruleset=)", "<qid>: ", line))
    return {"verify_logged": verify, "log_reject_lines": " || ".join(rules) or "-"}


def answer(row, world):
    folder = world.folder_for(row)
    access = world.access_map(folder, row)
    server = Signet(folder, world.certificates.mc() + world.names.mc() + site_beside(world.vectors, "live9", access),
                    host="mx.spec.test", users=("u",))
    server.start()
    try:
        session = Session(server.port(), row, world)
        try:
            wait_until("the log", lambda: world.agrees(row, session.got | log_of(server)), 2)
        except AssertionError:
            pass  # told as a difference
        return session.got | log_of(server)
    finally:
        server.stop()
