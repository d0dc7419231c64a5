"""What a compiled configuration means, read from its O, D, C, F, K and M lines, and how two of them differ.

For holding our m4 library against sendmail's own. Left out is what only rewriting rules read: helper maps, their classes
and macros, the ruleset fields of mailers. An option that stands at the value that sendmail-cf writes for everybody may be
absent. How a value is spelt does not matter: case, yes and no, units of time, order of words that are a set."""
import re

MACROS = {"S", "M", "R", "H", "L", "E", "j", "MTAHost", "B", "C", "F", "Y"}
CLASSES = {"w", "M", "E", "R", "L", "N", "G", "t", "P", "TrustAuthMech", "VirtHost", "Canonify", "LDAPRoute", "LDAPRouteEquiv", "B"}
# Maps that no site names: rulesets call them.
HELPERS = {"resolve", "arith", "dequote", "macro", "storage", "mxserved", "dnsbl", "ednsbl", "bestmx", "dnsA", "mxlist", "user",
           "badmx", "BadMXIP", "CERTIssuer", "CERTSubject", "badcmd", "canonicalRcpt", "mtamark",
           "stsxsni", "stsxsni2", "stsxmatch", "stsxnodaneflag"}
EVERYBODYS = {
    "sevenbitinput": "no", "aliaswait": 600, "minfreeblocks": "100", "blanksub": ".", "holdexpensive": "no",
    "deliverymode": "background", "tempfilemode": "0600", "sendmimeerrors": "yes", "forwardpath": "$z/.forward.$w:$z/.forward",
    "connectioncachesize": "2", "connectioncachetimeout": 300, "useerrorsto": "no", "loglevel": "9", "checkaliases": "no",
    "oldstyleheaders": "yes", "privacyoptions": frozenset({"authwarnings"}), "timeout.queuereturn": 432000,
    "timeout.queuewarn": 14400, "supersafe": "yes", "operatorchars": ".:%@!^/[]+", "unixfromline": "from $g $d",
    "queuedirectory": "/var/spool/mqueue", "helpfile": "/etc/mail/helpfile", "smtpgreetingmessage": "$j sendmail $v/$z; $b"}
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
BARE_UNIT = {"aliaswait": "m", "connectioncachetimeout": "m", "timeout.queuereturn": "d", "timeout.queuewarn": "h"}
SETS = ("privacyoptions", "dontblamesendmail", "authmechanisms")
LISTS = ("inputmailfilters",)


def in_seconds(name, text):
    """Seconds, or the text when it is no time."""
    text = text.lower()
    if not re.fullmatch(r"(\d+[smhdw]?\s*)+", text):
        return text
    return sum(int(number) * SECONDS[unit or BARE_UNIT.get(name, "m")] for number, unit in re.findall(r"(\d+)([smhdw]?)", text))


def port(text):
    """A port's parameters; of a name only the first letter counts, Delivery mode aside."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, _, value = part.partition("=")
        key = key.strip().lower()
        if not key.startswith("del"):
            key = key[:1]
        found.setdefault(key, "".join(sorted(value.strip())) if key == "m" else value.strip().lower())
    return tuple(sorted(found.items()))


def option(name, text):
    low = " ".join(text.lower().split())
    if name.startswith("timeout.") or name in ("aliaswait", "connectioncachetimeout", "minqueueage", "maxqueueage",
                                               "connectionratewindowsize", "rejectloginterval", "dialdelay"):
        return in_seconds(name, low)
    if name in ("daemonportoptions", "clientportoptions"):
        return port(text)
    if name in SETS:
        return frozenset(filter(None, re.split(r"[\s,]+", low)))
    if name == "authoptions":
        return frozenset(low) - {" ", ","}
    if name in LISTS or name.startswith("milter.macros"):
        return tuple(filter(None, re.split(r"[\s,]+", low)))
    return {"t": "yes", "true": "yes", "y": "yes", "f": "no", "false": "no", "n": "no"}.get(low, low)


def fields(text):
    """K=value parts of a mailer's line; a comma inside a value is not in front of the next."""
    return {part[0]: " ".join(part[2:].split()).rstrip(",") for part in re.split(r",\s*(?=[A-Za-z]=)", text) if part[1:2] == "="}


def mailer(text):
    parts = fields(text)
    wanted = ("P", "A", "T", "E", "L", "M", "m", "r", "C", "F") if parts.get("P") in ("[IPC]", "[TCP]") else ("P", "A", "F", "U", "D", "T", "M", "m", "r", "C")
    return {name: "".join(sorted(parts.get(name, ""))) if name == "F" else parts.get(name, "") for name in wanted}


def read(text):
    """{(kind, name): value} of a cf."""
    found = {}
    text = re.sub(r"\n[ \t]+(?=\S)", " ", text)
    for line in text.split("\n"):
        kind, rest = line[:1], line[1:]
        if kind == "O":
            name, _, value = rest.strip().partition("=")
            found.setdefault(("O", name.strip().lower()), []).append(option(name.strip().lower(), value.strip()))
        elif kind in "DC" and (match := re.match(r"(?:\{(\w+)\}|(\S))(.*)", rest)):
            name, value = match[1] or match[2], match[3].strip().lower()
            if kind == "D" and name in MACROS:
                found["D", name] = value
            elif kind == "C" and name in CLASSES:
                found.setdefault(("C", name), set()).update(set(value.split()) - {"."})
        elif kind == "F" and (match := re.match(r"(?:\{(\w+)\}|(\w))\s*(-o\s+)?(.*)", rest)):
            found.setdefault(("F", match[1] or match[2]), set()).add((bool(match[3]), match[4].strip()))
        elif kind == "K" and (words := rest.split()) and words[0] not in HELPERS:
            flags = frozenset(word for word in words[2:] if word.startswith("-"))
            found["K", words[0]] = (words[1].lower(), flags, " ".join(word.removesuffix(".db") for word in words[2:] if word not in flags))
        elif kind == "M":
            name, _, value = rest.partition(",")
            found["M", name.strip()] = mailer(value.strip())
        elif kind == "X":
            found.setdefault(("X", ""), []).append("".join(rest.split()))
        elif kind == "Q":
            found.setdefault(("Q", ""), []).append("".join(rest.split()))
    return {key: sorted(value, key=repr) if key[0] == "O" else value for key, value in found.items() if value not in ("", set())}


def differences(ours, theirs):
    """A line for each thing that two texts of a cf do not have in common."""
    a, b = read(ours), read(theirs)
    said = []
    for key in sorted(set(a) | set(b)):
        kind, name = key
        one, other = a.get(key), b.get(key)
        if kind == "O" and name in EVERYBODYS:
            one, other = one or [EVERYBODYS[name]], other or [EVERYBODYS[name]]
        if kind == "M" and one and other:
            for field in one.keys() | other.keys():
                if one.get(field, "") != other.get(field, ""):
                    said.append(f"M {name} {field}=: {one.get(field, '')!r}, theirs {other.get(field, '')!r}")
        elif one != other:
            said.append(f"{kind} {name}: {one!r}, theirs {other!r}")
    return said
