"""Runs files of measured vectors against Signet: vectors/run.py [--otherwise ID,ID...] FILE.tsv...

The kind of a file is told by the columns that its first line names. Each failing row is printed with what was
expected and what came; the last line counts. Status 0: every row passed; 1: not; 2: a file that is no vectors.
Rows named behind --otherwise are known to be answered otherwise (docs/differences.md): they count as failed, but the
status is 0 as long as exactly those fail.
"""
import argparse
import concurrent.futures
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]

import live_client  # noqa: E402
import live_server  # noqa: E402
import policy  # noqa: E402
from dns_server import DnsServer  # noqa: E402
from harness import BIN, run  # noqa: E402
from material import Certificates, zone_beside  # noqa: E402

WORKERS = 4  # of them most wait
LIVE = {live_server.COLUMNS: live_server, live_client.COLUMNS: live_client}


def neat(text):
    return " || ".join(piece.rstrip() for piece in text.split(" || "))


def expected(kind, row):
    return kind.expected(row) if hasattr(kind, "expected") else row


class World:
    """What all rows of one file share; `agrees` judges an answer by the columns it has."""

    def __init__(self, vectors, kind, folder):
        self.vectors, self.kind, self.folder = vectors, kind, folder
        self.certificates = Certificates(folder / "pki")
        self.names = DnsServer(zone_beside(vectors))
        self.hops = live_client.Hops(self.certificates) if kind is live_client else None

    def close(self):
        self.names.close()
        if self.hops:
            self.hops.close()

    def folder_for(self, row):
        (self.folder / row["id"]).mkdir(mode=0o755)
        return self.folder / row["id"]

    def access_map(self, folder, row):
        entries = [] if row["access"] == "-" else row["access"].replace("@ROOT@", str(self.folder)).split(" ;; ")
        run(BIN / "makemap", "hash", folder / "access", input="".join(entry.replace(" ", "\t", 1) + "\n" for entry in entries))
        return folder / "access"

    def differences(self, row, got):
        """{column: (expected, got)}. Blanks at the end of a line are nobody's: they do not count."""
        wanted = expected(self.kind, row)
        return {column: (wanted.get(column, "a session"), value) for column, value in got.items()
                if neat(wanted.get(column, "")) != neat(value)}

    def agrees(self, row, got):
        return not self.differences(row, got)


def read(path):
    lines = path.read_text().splitlines()
    columns = lines[0].lstrip("#").split("\t")
    return " ".join(columns), [dict(zip(columns, line.split("\t"))) for line in lines[1:] if line]


def answer(kind, row, world):
    try:
        return kind.answer(row, world)
    except (AssertionError, OSError) as failure:
        return {"session": str(failure)}


def run_live(path, kind, rows, folder):
    world = World(path, kind, folder)
    failed = []
    try:
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            answers = pool.map(lambda row: answer(kind, row, world), rows)
            for row, got in zip(rows, answers):
                differences = world.differences(row, got)
                if differences:
                    failed.append(row["id"])
                    print(row["id"], " ".join(f"{name}={row[name]}" for name in kind.SHOWN if row[name] != "-"))
                for column, (wanted, value) in differences.items():
                    print(f"  {column}\n    expected {wanted}\n    got      {value}")
    finally:
        world.close()
    return len(rows) - len(failed), failed


def main():
    words = argparse.ArgumentParser(add_help=False)
    words.add_argument("--otherwise", default="")
    words.add_argument("files", nargs="+", type=pathlib.Path)
    wanted = words.parse_args()
    passed, failed = 0, []
    for path in wanted.files:
        columns, rows = read(path)
        if columns != policy.COLUMNS and columns not in LIVE:
            print(f"{path}: its first line names the columns of no kind of vectors", file=sys.stderr)
            return 2
        folder = pathlib.Path(tempfile.mkdtemp(prefix="signet-"))
        folder.chmod(0o755)
        try:
            if columns == policy.COLUMNS:
                good, bad = policy.run_rows(path, rows, folder)
            else:
                good, bad = run_live(path, LIVE[columns], rows, folder)
        finally:
            shutil.rmtree(folder, True)
        passed += good
        failed += bad
    print(f"{passed} passed, {len(failed)} failed")
    return 0 if sorted(failed) == sorted(word for word in wanted.otherwise.split(",") if word) else 1


if __name__ == "__main__":
    raise SystemExit(main())
