#!/usr/bin/python3
"""Words for people in C sources that the message catalogue does not know: texts of several words that stand neither in _() or N_() nor
in a call whose text is translated. Prints each with its place; exit status 1 when there is one.

    untranslated.py FILE.c ...
"""
import pathlib
import re
import sys

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'|\w+|\s+|.', re.S)
MARKS = {"_", "N_", "malformed", "_Static_assert"}  # malformed() of proto/json.c is a keyword of po/update
WORDS = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
FOR_MACHINES = re.compile(r"(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|ALTER) | BY |<[%?a-zA-Z]")  # SQL and XML
NAMES = {"baocao proof 1", "first use"}  # the first line of a proof, and what the outbox keeps of a key's origin


def texts(source):
    """Each text, pieces put together: its line, and the names of the calls that it stands in."""
    calls, before, pieces, line, begun = [], "", [], 1, 0
    for token in TOKEN.findall(source):
        if token.isspace() or token.startswith(("//", "/*")):
            line += token.count("\n")
            continue
        if token[0] == '"':
            begun = begun if pieces else line
            pieces.append(token[1:-1])
            continue
        if pieces and token.startswith("PRI"):
            pieces.append("d")
            continue
        if pieces:
            yield begun, "".join(pieces), list(calls)
            pieces = []
        if token == "(":
            calls.append(before)
        elif token == ")" and calls:
            calls.pop()
        before = token


def is_page(path, text):
    """The pages of the manual are written in English, out of the table of commands."""
    return path.name == "commands.c" and text.endswith(".")


def main():
    found = 0
    for path in map(pathlib.Path, sys.argv[1:]):
        for line, text, calls in texts(path.read_text()):
            plain = re.sub(r"\\.", " ", re.sub(r"\\x..", "", text))
            if (not MARKS & set(calls) and WORDS.search(plain) and not FOR_MACHINES.search(text) and text not in NAMES
                    and not is_page(path, text)):
                print(f"{path}:{line}: not in the message catalogue: {text}")
                found = 1
    return found


sys.exit(main())
