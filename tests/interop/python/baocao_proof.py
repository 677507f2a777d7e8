"""Signed receipts, verified as docs/protocol.md says, with what Python and Debian's python3-cryptography have."""
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def blake2b(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def node(left, right):
    return blake2b(b"\1" + left + right)


def leaf(lines):
    return blake2b(b"\0" + b"".join(line + b"\n" for line in lines))


def root(hashes):
    """Of a tree over hashes of leaves."""
    while len(hashes) > 1:
        pairs = [node(*hashes[i:i + 2]) for i in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(pairs) * 2:]
    return hashes[0]


def climb(hash, steps):
    """Steps are (side of the other hash, the other hash)."""
    for side, other in steps:
        hash = node(other, hash) if side == "left" else node(hash, other)
    return hash


def values(text, title):
    """The lines of a text that is signed, by their names."""
    lines = text.decode("ascii").split("\n")
    if lines[0] != title or lines[-1] != "":
        raise ValueError(f"is no {title}")
    return dict(line.split(" ", 1) for line in lines[1:-1])


def check(hash, statement, signature):
    """Gives what the statement says; raises where it was not signed by the key that it names, or not for this root."""
    said = values(statement, "baocao receipt 1")
    if hash.hex() != said["root"]:
        raise ValueError("what it says is not what was signed")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(said["key"])).verify(signature, statement)
    except InvalidSignature as error:
        raise ValueError("the key that it names did not sign it") from error
    return said


def verify_file(data):
    """A proof as a file: gives the lines of the leaf, and what the statement says."""
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    first = lines.index(b"", 1)
    second = lines.index(b"", first + 1)
    third = lines.index(b"", second + 1)
    if lines[0] != b"baocao proof 1":
        raise ValueError("is no proof")
    steps = [(side.decode(), bytes.fromhex(other.decode())) for side, other in (line.split() for line in lines[first + 1:second])]
    statement = b"".join(line + b"\n" for line in lines[second + 1:third])
    name, signature = lines[third + 1].split()
    if name != b"signature":
        raise ValueError("carries no signature")
    said = check(climb(leaf(lines[1:first]), steps), statement, bytes.fromhex(signature.decode()))
    return [line.decode() for line in lines[1:first]], said


def leaf_of(report, outcome, protocol, report_pb2):
    """The lines of the leaf of a report that was sent, and its ReportOutcome."""
    name = protocol.Outcome.Name(outcome.outcome).removeprefix("OUTCOME_")
    if name == "REFUSED":
        return [b"outcome REFUSED", f"received_at {outcome.received_at}".encode(),
                f"bytes {blake2b(report.SerializeToString()).hex()}".encode()]
    kind = report.WhichOneof("body")
    if kind == "withdrawal":
        field = report.withdrawal.DESCRIPTOR.fields_by_name["withdrawn_kind"]
        kind = field.enum_type.values_by_number[report.withdrawal.withdrawn_kind].name.removeprefix("KIND_").lower()
    type_ = report_pb2.PeriodType.Name(report.period_type).removeprefix("PERIOD_TYPE_").lower()
    return [line.encode() for line in (
        f"outcome {name}", f"unit {report.unit_code}", f"kind {kind}", f"period {type_} {report.period_first} {report.period_last}",
        f"revision {report.revision}", f"report_no {outcome.report_no}", f"received_at {outcome.received_at}",
        f"content {outcome.content_digest.hex()}")]


def check_receipt(reports, receipt, protocol, report_pb2):
    """A whole receipt, as it comes: gives what the statement says."""
    hashes = [leaf(leaf_of(report, outcome, protocol, report_pb2)) for report, outcome in zip(reports, receipt.outcome)]
    packed = receipt.signature.steps
    steps = [("left" if packed[at] == 0 else "right", packed[at + 1:at + 33]) for at in range(0, len(packed), 33)]
    return check(climb(root(hashes), steps), receipt.signature.statement, receipt.signature.signature)


def check_endorsement(signature):
    """Gives the key that is endorsed, and the one that says so."""
    said = values(signature.endorsement, "baocao signing key 1")
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(said["by"])).verify(signature.endorsement_signature, signature.endorsement)
    return said["key"], said["by"]
