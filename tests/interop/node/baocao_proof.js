// Signed receipts, verified as docs/protocol.md says.
"use strict";
const crypto = require("node:crypto");
const { blake2b } = require("@noble/hashes/blake2b");

const hash = (...parts) => Buffer.from(blake2b(Buffer.concat(parts), { dkLen: 32 }));
const node = (left, right) => hash(Buffer.from([1]), left, right);
const leaf = (lines) => hash(Buffer.from([0]), Buffer.from(lines.map((line) => line + "\n").join("")));

function root(hashes) {
	while (hashes.length > 1) {
		const next = [];
		for (let i = 0; i < hashes.length; i += 2)
			next.push(i + 1 < hashes.length ? node(hashes[i], hashes[i + 1]) : hashes[i]);
		hashes = next;
	}
	return hashes[0];
}

// A step is one byte, the side on which the other hash stands, and that hash.
const climb = (from, steps) =>
	steps.reduce((at, step) => (step[0] === 0 ? node(step.subarray(1), at) : node(at, step.subarray(1))), from);

// The lines of the statement by their names; throws where it was not signed by the key that it names, or not for this root.
function check(top, statement, signature) {
	const [title, ...lines] = statement.toString("ascii").split("\n");
	if (title !== "baocao receipt 1" || lines.pop() !== "") throw new Error("is no statement");
	const said = Object.fromEntries(lines.map((line) => line.split(/ (.*)/s, 2)));
	if (said.root !== top.toString("hex")) throw new Error("what it says is not what was signed");
	const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(said.key, "hex").toString("base64url") };
	const key = crypto.createPublicKey({ key: jwk, format: "jwk" });
	if (!crypto.verify(null, statement, key, signature)) throw new Error("the key that it names did not sign it");
	return said;
}

// report: as it was sent, with the names of enum values; bytes: packed; outcome: a ReportOutcome with the same.
function leafOf(report, bytes, outcome) {
	const name = outcome.outcome.replace("OUTCOME_", "");
	if (name === "REFUSED")
		return [`outcome ${name}`, `received_at ${outcome.received_at}`, `bytes ${hash(bytes).toString("hex")}`];
	const kind = report.withdrawal ? report.withdrawal.withdrawn_kind.replace("KIND_", "").toLowerCase() : report.body;
	const type = report.period_type.replace("PERIOD_TYPE_", "").toLowerCase();
	return [
		`outcome ${name}`,
		`unit ${report.unit_code}`,
		`kind ${kind}`,
		`period ${type} ${report.period_first} ${report.period_last}`,
		`revision ${report.revision}`,
		`report_no ${outcome.report_no}`,
		`received_at ${outcome.received_at}`,
		`content ${Buffer.from(outcome.content_digest).toString("hex")}`,
	];
}

// Gives what the statement says. reports: {report, bytes} of each, in order; receipt: an object with names of enum values.
function checkReceipt(reports, receipt) {
	if (!receipt.signature) throw new Error("is not signed");
	const hashes = reports.map(({ report, bytes }, i) => leaf(leafOf(report, bytes, receipt.outcome[i])));
	const { statement, signature, steps: packed = [] } = receipt.signature;
	const steps = [];
	for (let at = 0; at < packed.length; at += 33) steps.push(Buffer.from(packed.slice(at, at + 33)));
	return check(climb(root(hashes), steps), Buffer.from(statement), Buffer.from(signature));
}

module.exports = { checkReceipt };
