"""What tools/bench runs: one Signet between the load generator and its sink."""
import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = TOP / "build/release/bin"
LOAD = TOP / "build/release/tests/bench/signet_load"
MICRO = TOP / "build/release/tests/bench/bench_micro"
RECORD = TOP / "docs/performance.md"
TICK = os.sysconf("SC_CLK_TCK")


class Server:
    def __init__(self, folder, sink, certificate, mode="background"):
        self.folder = folder
        folder.mkdir()
        tls = "" if certificate is None else (
            f"define(`confSERVER_CERT', `{certificate}.pem')dnl\ndefine(`confSERVER_KEY', `{certificate}.key')dnl\n"
            "define(`confTLS_SRV_OPTIONS', `V')dnl\n")
        (folder / "site.mc").write_text(
            "OSTYPE(`linux')dnl\n"
            "define(`confDOMAIN_NAME', `bench.test')dnl\n"
            f"define(`confLOG_TARGET', `file:{folder}/maillog')dnl\ndefine(`QUEUE_DIR', `{folder}/queue')dnl\n"
            f"define(`confPID_FILE', `{folder}/pid')dnl\ndefine(`confDELIVERY_MODE', `{mode}')dnl\n"
            "define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit,GroupWritableDirPathSafe')dnl\n"
            + ("define(`confRUN_AS_USER', `root')dnl\n" if os.geteuid() == 0 else "") + tls
            + f"define(`SMART_HOST', `[127.0.0.1]:{sink}')dnl\nFEATURE(`no_default_msa')dnl\n"
            "FEATURE(`accept_unresolvable_domains')dnl\nDAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MTA')dnl\n"
            "MAILER(`local')dnl\nMAILER(`smtp')dnl\n")
        subprocess.run([BIN / "sendmail", "-bd", "-q1m", "-C", folder / "site.mc"], check=True)
        self.pid = int((folder / "pid").read_text().split()[0])
        log = until(lambda: re.search(r"listening on 127\.0\.0\.1:(\d+)", (folder / "maillog").read_text()))
        self.port = int(log.group(1))

    def processes(self):
        found = [self.pid]
        for pid in found:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
            found += [int(word) for word in children.read_text().split()]
        return found

    def cpu(self):
        ticks = 0
        for pid in self.processes():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICK

    def written(self):
        total = 0
        for pid in self.processes():
            try:
                total += int(re.search(r"^write_bytes: (\d+)", pathlib.Path(f"/proc/{pid}/io").read_text(), re.M)[1])
            except (OSError, TypeError):
                return None
        return total

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        until(lambda: not pathlib.Path(f"/proc/{self.pid}").exists())


class Sink:
    def __init__(self, certificate):
        more = [] if certificate is None else [f"{certificate}.pem", f"{certificate}.key"]
        self.process = subprocess.Popen([LOAD, "sink", *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def count(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        received, cpu = self.process.stdout.readline().split()
        return int(received), float(cpu)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise SystemExit("bench: waited in vain")
        time.sleep(0.01)
    return value


def make_certificate(folder, name, *algorithm):
    subprocess.run(["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", "-keyout", folder / f"{name}.key",
                    "-out", folder / f"{name}.pem", "-days", "2", "-subj", "/CN=bench.test"],
                   check=True, capture_output=True)
    (folder / f"{name}.key").chmod(0o600)
    return folder / name


def measure(folder, certificate, connections, messages, per_connection, size):
    sink = Sink(certificate)
    server = Server(folder, sink.port, certificate)
    try:
        cpu, written, began = server.cpu(), server.written(), time.monotonic()
        words = [LOAD, "send", server.port, connections, messages, per_connection, size, *(["tls"] if certificate else [])]
        sent = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True).stdout.split()
        until(lambda: sink.count()[0] >= messages)
        took = time.monotonic() - began
        ms = 1000 / messages
        return {"accept/s": messages / float(sent[2]), "relay/s": messages / took, "cpu ms": (server.cpu() - cpu) * ms,
                "tools ms": (float(sent[3]) + sink.count()[1]) * ms,
                "KiB written": 0 if written is None else (server.written() - written) / messages / 1024}
    finally:
        server.stop()
        sink.stop()
        shutil.rmtree(folder)


def steps(folder, quick):
    """Single steps, in microseconds of CPU a piece; the map of a million entries, which takes long to make, not quickly."""
    words = [MICRO, "--benchmark_format=json", *(["--benchmark_min_time=0.05", "--benchmark_filter=-million"] if quick else [])]
    run = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True, check=True)
    return {f"step: {one['name'].removesuffix('/real_time')}": one["cpu_time"] / 1000
            for one in json.loads(run.stdout)["benchmarks"]}


# ---- the last recorded run: the lines of a table in RECORD ----

LINE = re.compile(r"^\| `(?P<name>[^`]+)` \| (?P<figure>[0-9.]+) \|$", re.M)


def short(figure):
    return f"{figure:.0f}" if figure >= 100 else f"{figure:.3g}"


def recorded():
    return {found["name"]: float(found["figure"]) for found in LINE.finditer(RECORD.read_text())}


def record(figures):
    text = RECORD.read_text()
    lines = [found.start() for found in LINE.finditer(text)]
    end = text.index("\n", max(lines)) + 1
    table = "".join(f"| `{name}` | {short(figure)} |\n" for name, figure in figures.items())
    text = text[:min(lines)] + table + text[end:]
    today = datetime.date.today().isoformat()
    RECORD.write_text(re.sub(r"(?<=Last recorded run: )\S+", today, text))


def compare(figures):
    print("\nbeside the last recorded run (docs/performance.md; below 1 is better now)")
    before = recorded()
    for name, now in figures.items():
        then = before.get(name)
        print(f"{name:46} {short(now):>6}" + ("   not recorded" if not then else f"   was {short(then):>6}   {now / then:.2f} x"))


def main():
    arguments = argparse.ArgumentParser(prog="tools/bench")
    arguments.add_argument("--quick", action="store_true", help="one short round")
    arguments.add_argument("--record", action="store_true", help="this run is the one to compare with from now on")
    arguments = arguments.parse_args()
    quick = arguments.quick
    rounds, messages = (1, 1000) if quick else (3, 5000)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="signet-bench-", dir=TOP / "build"))
    try:
        ecdsa = make_certificate(scratch, "ecdsa", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        rsa = make_certificate(scratch, "rsa", "rsa:2048")
        plans = [("clear, 20 connections, 1 message each", None, 20, 1), ("clear, 20 connections, 20 messages each", None, 20, 20),
                 ("STARTTLS in and out, ECDSA, 1 message each", ecdsa, 20, 1),
                 ("STARTTLS in and out, RSA, 1 message each", rsa, 20, 1)]
        print(f"4 KB messages accepted and relayed, durable (fdatasync before 250), {os.cpu_count()} cores, "
              f"medians of {rounds} round(s) of {messages}")
        base = None
        figures = {}
        for title, certificate, connections, per_connection in plans:
            results = [measure(scratch / "run", certificate, connections, messages, per_connection, 4096)
                       for _ in range(rounds)]
            middle = {key: statistics.median(result[key] for result in results) for key in results[0]}
            base = base or middle["cpu ms"]
            figures[f"message: {title}"] = 1000 * middle["cpu ms"]
            print(f"{title:46} relay/s {middle['relay/s']:7.0f}   cpu {middle['cpu ms']:.3f} ms/message "
                  f"({middle['cpu ms'] / base:.2f} x clear; generator and sink {middle['tools ms']:.3f})   "
                  f"written {middle['KiB written']:.1f} KiB/message")
        figures |= steps(scratch, quick)
        compare(figures)
        if arguments.record:
            record(figures)
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
