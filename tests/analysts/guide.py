#!/usr/bin/python3
"""guide.py CONNINFO: prints docs/analysts.md with the output of each of its queries put right, from a database with
tests/schema/data/hand_made.sql."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/analysts.md"
QUERY = re.compile(r"```sql\n(.*?)```\n(?:\n```\n.*?```\n)?", re.DOTALL)


def answer(conninfo, query):
    return subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", conninfo, "-c", "SET TimeZone = 'Asia/Ho_Chi_Minh'",
                           "-c", query], check=True, capture_output=True, text=True).stdout.rstrip() + "\n"


def guide(conninfo):
    return QUERY.sub(lambda found: f"```sql\n{found[1]}```\n\n```\n{answer(conninfo, found[1])}```\n", GUIDE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.stdout.write(guide(sys.argv[1]))
