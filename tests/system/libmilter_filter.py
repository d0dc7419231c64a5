"""A filter in libmilter's own words (python3-milter): SOCKET is what it listens on. Signs with the macros it was told, adds a
recipient, makes the body loud. Run by the system's python, which has the module.
"""
import sys

import Milter


class Filter(Milter.Base):
    def connect(self, name, family, address):
        self.seen = [f"connect={name}/{address[0]}", f"j={self.getsymval('j')}"]
        return Milter.CONTINUE

    def hello(self, name):
        self.seen.append(f"helo={name}")
        return Milter.CONTINUE

    @Milter.symlist("{mail_addr}", "i")
    def envfrom(self, path, *arguments):
        self.seen += [f"from={path}", *arguments, f"mail_addr={self.getsymval('{mail_addr}')}"]
        self.body_text = b""
        return Milter.CONTINUE

    def envrcpt(self, path, *arguments):
        if path.startswith("<not-"):
            self.setreply("550", "5.7.1", "not this one", "nor that")
            return Milter.REJECT
        return Milter.CONTINUE

    def header(self, name, value):
        self.seen.append(f"{name}={value!r}")
        return Milter.CONTINUE

    def eoh(self):
        return Milter.CONTINUE

    def body(self, chunk):
        self.body_text += chunk
        return Milter.CONTINUE

    def eom(self):
        self.progress()
        for one in self.seen:
            self.addheader("X-Seen", one)
        self.chgheader("Subject", 1, "changed")
        self.addrcpt("<bob@our.test>")
        self.replacebody(self.body_text.upper())
        return Milter.ACCEPT


Milter.factory = Filter
Milter.set_flags(Milter.ADDHDRS | Milter.CHGHDRS | Milter.CHGBODY | Milter.ADDRCPT)
Milter.runmilter("scenario", sys.argv[1], 30)
