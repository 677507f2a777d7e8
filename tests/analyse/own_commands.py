"""Prints the compile commands of a build folder that are not for code which a program made."""
import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
(folder / "own").mkdir(exist_ok=True)
commands = json.loads((folder / "compile_commands.json").read_text())
print(json.dumps([command for command in commands if folder.resolve() not in pathlib.Path(command["file"]).resolve().parents]))
