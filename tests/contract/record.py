"""record.py VERSION: writes VERSION/KIND.bin, one submission of each kind as this contract makes it. Run once when a version is
released; what is recorded is never changed."""
import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "integration"))
import conftest  # noqa: E402,F401  generates the classes
import protocol_pb2  # noqa: E402
from contract import KINDS, base_report  # noqa: E402

folder = here / sys.argv[1]
folder.mkdir()
for kind in KINDS:
    submission = protocol_pb2.Submission(submission_id=1, report=[base_report(kind)])
    (folder / f"{kind}.bin").write_bytes(submission.SerializeToString())
