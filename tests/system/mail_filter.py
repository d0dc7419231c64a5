"""A mail filter as a scenario wants it: speaks the milter protocol, gives any answer, misbehaves on order. Standard
library only.
"""
import struct
import threading

from harness import PATIENCE, Listener

# What answers an event: each has no letter in common with what a filter may say besides.
ANSWERED = "CHMRTLNBEU"
CONTINUE, ACCEPT, REJECT, TEMPFAIL, DISCARD, SKIP, PROGRESS = "cartdsp"


def frame(letter, data=b""):
    data = data if isinstance(data, bytes) else data.encode("latin-1")
    return struct.pack("!I", len(data) + 1) + letter.encode() + data


def strings(*texts, number=None):
    """NUL behind each; a number of four octets in front."""
    head = b"" if number is None else struct.pack("!I", number)
    return head + b"".join((text if isinstance(text, bytes) else text.encode("latin-1")) + b"\0" for text in texts)


def reply(text):
    return frame("y", strings(text))


class MailFilter(Listener):
    """answers: {letter of the event: bytes to send, a list of them, or what a function of (filter, data) gives}; everything
    else is answered with "continue". Bytes None: the connection is closed."""

    def __init__(self, answers=None, path=None, actions=0x1FF, protocol=0, version=6, macros=None, negotiation=None):
        self.answers = dict(answers or {})
        self.no_answer = protocol
        macros = b"".join(strings(text, number=stage) for stage, text in (macros or {}).items())
        self.negotiation = negotiation or frame("O", struct.pack("!III", version, actions, protocol) + macros)
        self.heard = []         # (letter, octets) of all connections
        self.macros = {}        # letter of the event: {name: value}, the latest
        self.all_macros = {}    # letter of the event: all of them
        self.offered = None     # version, actions, protocol
        self.connections = 0
        self.changed = threading.Condition()
        super().__init__(path=path)
        self.spec = f"unix:{path}" if path else f"inet:{self.port}@[127.0.0.1]"

    def serve(self, connection):
        self.connections += 1
        with connection.makefile("rb") as file:
            self.talk(connection, file)

    def talk(self, connection, file):
        while head := file.read(5):
            length, letter = struct.unpack("!I", head[:4])[0], chr(head[4])
            data = file.read(length - 1)
            with self.changed:
                self.heard.append((letter, data))
                self.changed.notify_all()
            if letter == "O":
                self.offered = struct.unpack("!III", data)
                connection.sendall(self.negotiation)
            elif letter == "D":
                words = data[1:].decode("latin-1").split("\0")[:-1]
                self.macros[chr(data[0])] = dict(zip(words[::2], words[1::2]))
                self.all_macros.setdefault(chr(data[0]), []).append(self.macros[chr(data[0])])
            elif letter == "Q":
                return
            elif letter in ANSWERED:
                answer = self.answers.get(letter, frame(CONTINUE))
                if callable(answer):
                    answer = answer(self, data)
                for piece in answer if isinstance(answer, list) else [answer]:
                    if piece is None:
                        return
                    connection.sendall(piece)

    def letters(self):
        """What was heard, without macros: one letter an event."""
        return "".join(letter for letter, _ in self.heard if letter != "D")

    def data(self, letter):
        return [data for one, data in self.heard if one == letter]

    def wait_for(self, letter, count=1):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.data(letter)) >= count, PATIENCE):
                raise AssertionError(f"filter did not hear {letter} x{count}, but {self.letters()}")
