"""A name server for the scenarios: answers from a dictionary, over UDP and TCP, on one port of 127.0.0.1.

Zone: {"example.test": "MX 10 mx1.example.test, MX 20 mx2.example.test", "mx1.example.test": "A 127.0.3.1",
"broken.test": "SERVFAIL", "big.test": "TC, A 127.0.3.2"}. Names that are not in it do not exist. TC: the answer
over UDP is empty and truncated, the whole comes over TCP only.
"""
import ipaddress
import socket
import struct
import threading

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
SERVFAIL, NXDOMAIN, REFUSED = 2, 3, 5


def wire_name(name):
    labels = [label for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode("latin-1") for label in labels) + b"\0"


def wire_value(kind, words):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(words[0]).packed
    if kind == "MX":
        return struct.pack("!H", int(words[0])) + wire_name(words[1])
    if kind == "TXT":
        return bytes([len(words[0])]) + words[0].encode("latin-1")
    return wire_name(words[0])


class DnsServer:
    def __init__(self, zone, port=0):
        self.zone = {name.lower(): text for name, text in zone.items()}
        self.asked = []  # (name, type number, "udp" or "tcp")
        self.udp, self.tcp = self.listen(port)
        self.port = self.udp.getsockname()[1]
        threading.Thread(target=self.serve_udp, daemon=True).start()
        threading.Thread(target=self.serve_tcp, daemon=True).start()

    @staticmethod
    def listen(port):
        """A port that is free for UDP may be taken for TCP; then another one is tried."""
        while True:
            tcp = socket.create_server(("127.0.0.1", port), backlog=64)
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                udp.bind(tcp.getsockname())
                return udp, tcp
            except OSError:
                udp.close()
                tcp.close()

    def close(self):
        for one in (self.udp, self.tcp):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def mc(self):
        return f"define(`confRESOLVER', `127.0.0.1@{self.port}')dnl\n"

    def questions(self, name, kind):
        return [one for one in self.asked if one[0] == name and one[1] == TYPES[kind]]

    def serve_udp(self):
        while True:
            try:
                query, peer = self.udp.recvfrom(4096)
            except OSError:
                return
            if not query:
                return
            self.udp.sendto(self.answer(query, "udp"), peer)

    def serve_tcp(self):
        while True:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with connection, connection.makefile("rb") as file:
            while len(head := file.read(2)) == 2:
                reply = self.answer(file.read(struct.unpack("!H", head)[0]), "tcp")
                connection.sendall(struct.pack("!H", len(reply)) + reply)

    def answer(self, query, way):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
            at += 1 + query[at]
        kind = struct.unpack("!H", query[at + 1:at + 3])[0]
        question = query[12:at + 5]
        name = ".".join(labels).lower()
        self.asked.append((name, kind, way))
        code, truncated, records = self.find(name, kind, way)
        flags = 0x8480 | code | (0x0200 if truncated else 0)
        body = b"".join(wire_name(owner) + struct.pack("!HHIH", number, 1, 60, len(value)) + value
                        for owner, number, value in records)
        return query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + question + body

    def find(self, name, kind, way):
        records = []
        for _ in range(8):  # as long as a chain of aliases may be
            text = self.zone.get(name)
            if text is None:
                return NXDOMAIN, False, records
            parts = [part.split() for part in text.split(",") if part.strip()]
            if ["SERVFAIL"] in parts:
                return SERVFAIL, False, []
            if ["REFUSED"] in parts:
                return REFUSED, False, []
            if ["TC"] in parts and way == "udp":
                return 0, True, []
            alias = [words[1] for words in parts if words[0] == "CNAME"]
            if alias and kind != TYPES["CNAME"]:
                records.append((name, TYPES["CNAME"], wire_name(alias[0])))
                name = alias[0].lower()
                continue
            records += [(name, kind, wire_value(words[0], words[1:])) for words in parts
                        if TYPES.get(words[0]) == kind]
            break
        return 0, False, records
