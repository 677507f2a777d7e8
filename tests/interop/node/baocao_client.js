// A client of baocaod in JavaScript, with zeromq, protobufjs and @noble/hashes of npm, made from docs/protocol.md and the .proto
// files alone. Files the reports of a file, a JSON list, and prints what became of each.
//
//     node baocao_client.js ENDPOINT SERVER_KEY KEY_FILE SIGNING_KEY REPORTS.json
//
// KEY_FILE is what `baocao keygen` wrote; KEY_FILE.pub lies beside it. SIGNING_KEY: the server's public signing key, in
// hexadecimal. The .proto files are those of the project, or of $BAOCAO_PROTO.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const protobuf = require("protobufjs");
const zmq = require("zeromq");
const { checkReceipt } = require("./baocao_proof");

const VERSION = "baocao/1";
const PER_SUBMISSION = 100, IN_FLIGHT = 8, TIMEOUT_MS = 5000, LONGEST_MS = 60000, UNCONNECTED_MS = 200;
const NAMES = { enums: String, longs: String, oneofs: true };

function loadContract() {
	const contract = new protobuf.Root();
	const folder = process.env.BAOCAO_PROTO || path.join(__dirname, "../../../proto");
	const google = path.dirname(require.resolve("protobufjs/package.json")); // has google/protobuf/descriptor.proto
	contract.resolvePath = (from, to) => path.join(to.startsWith("google/") ? google : folder, to);
	contract.loadSync("protocol.proto", { keepCase: true });
	return {
		Report: contract.lookupType("baocao.Report"),
		Submission: contract.lookupType("baocao.Submission"),
		Receipt: contract.lookupType("baocao.Receipt"),
	};
}

const readKey = (file) => fs.readFileSync(file, "utf8").trim();

function connect(endpoint, serverKey, keyFile) {
	const socket = new zmq.Dealer({
		immediate: true,
		linger: 0,
		heartbeatInterval: 5000,
		heartbeatTimeout: 30000,
		sendTimeout: 0,
		curveServerKey: serverKey,
		curveSecretKey: readKey(keyFile),
		curvePublicKey: readKey(keyFile + ".pub"),
	});
	socket.connect(endpoint);
	return socket;
}

async function send(socket, flight) {
	try {
		await socket.send([VERSION, flight.body]);
	} catch (error) {
		if (error.code !== "EAGAIN") throw error;
		flight.due = Date.now() + UNCONNECTED_MS; // nobody is connected
		return;
	}
	flight.due = Date.now() + flight.wait * (0.5 + Math.random() / 2);
	flight.wait = Math.min(2 * flight.wait, LONGEST_MS);
}

// A receipt as an object, or null when none came in time.
async function receive(socket, contract, milliseconds) {
	socket.receiveTimeout = Math.max(0, Math.ceil(milliseconds));
	try {
		const [, body] = await socket.receive();
		return contract.Receipt.toObject(contract.Receipt.decode(body), NAMES);
	} catch (error) {
		if (error.code === "EAGAIN") return null;
		throw error;
	}
}

// What became of one submission; true when its reports have their outcomes.
function take(receipt, flight, outcomes, signingKey) {
	if (receipt.whole === "OUTCOME_BUSY") {
		flight.due = Date.now() + receipt.retry_after_ms * (1 + Math.random());
		return false;
	}
	if (receipt.whole) throw new Error(`${receipt.problem.rule}: ${receipt.problem.en}`);
	if ((receipt.outcome || []).length !== flight.reports.length) return false;
	if (checkReceipt(flight.reports, receipt).key !== signingKey) throw new Error("signed by another key");
	receipt.outcome.forEach((outcome, i) => (outcomes[flight.first + i] = outcome));
	return true;
}

// Gives a ReportOutcome for each report, in order. Throws where a signature does not hold.
async function file(socket, contract, reports, signingKey) {
	const outcomes = [], flights = new Map();
	let next = 0, number = 0;
	while (next < reports.length || flights.size > 0) {
		while (next < reports.length && flights.size < IN_FLIGHT) {
			const some = reports.slice(next, next + PER_SUBMISSION);
			const message = { submission_id: ++number, report: some.map((one) => one.message) };
			const body = contract.Submission.encode(message).finish();
			flights.set(String(number), { first: next, reports: some, body, due: 0, wait: TIMEOUT_MS });
			next += some.length;
		}
		for (const flight of flights.values()) if (flight.due <= Date.now()) await send(socket, flight);
		const nearest = Math.min(...[...flights.values()].map((flight) => flight.due));
		const receipt = await receive(socket, contract, nearest - Date.now());
		const flight = receipt && flights.get(receipt.submission_id);
		if (flight && take(receipt, flight, outcomes, signingKey)) flights.delete(receipt.submission_id);
	}
	return outcomes;
}

async function main() {
	const [endpoint, serverKey, keyFile, signingKey, list] = process.argv.slice(2);
	const contract = loadContract();
	const reports = JSON.parse(fs.readFileSync(list, "utf8")).map((object) => {
		const message = contract.Report.fromObject(object);
		return { message, report: contract.Report.toObject(message, NAMES), bytes: contract.Report.encode(message).finish() };
	});
	const socket = connect(endpoint, serverKey, keyFile);
	for (const outcome of await file(socket, contract, reports, signingKey)) {
		const violations = (outcome.violation || []).map((violation) => `${violation.path || ""}:${violation.rule}`);
		console.log([outcome.outcome.replace("OUTCOME_", ""), outcome.report_no || 0, ...violations].join(" "));
	}
	console.log("signed by " + signingKey);
	socket.close();
}

main().catch((error) => {
	console.error(error.message);
	process.exitCode = 1;
});
