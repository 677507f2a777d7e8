"""Prints the compile commands of a build folder that are not for code which a program made; with --files their files."""
import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[-1]).resolve()
commands = json.loads((folder / "compile_commands.json").read_text())
own = [command for command in commands if folder not in pathlib.Path(command["file"]).resolve().parents]
print("\n".join(sorted({command["file"] for command in own})) if "--files" in sys.argv else json.dumps(own))
