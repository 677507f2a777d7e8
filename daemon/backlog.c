#define _GNU_SOURCE // dup3
#include "backlog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/tcp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "endpoint.h"
#include "log.h"
#include "log_limit.h"
#include "scan.h"

enum {
	LOOK_ALL_MS = 60000,   // between two looks at the connections of a process that does not grow
	HANDSHAKE_BYTES = 1024,
	HEARTBEAT_BYTES = 48,  // a second: a ping of libzmq takes 42, and docs/protocol.md allows one a second
	PULL_BYTES = 4 * SCAN_FRAME_BYTES_MAX, // what a PULL that is not read may hold: its RCVHWM, endpoint.c
	PORTS_MAX = 2 * ENDPOINTS_MAX,
	DESCRIPTORS_MAX = 65536, // of the process: a look at more would take too long, and their connections more than 6 GiB
	DESCRIPTION_SIZE = 200,
	STATE_LISTEN = 10 // TCP_LISTEN of <netinet/tcp.h>, whose tcp_info is too old
};

struct port {
	in_port_t number;
	bool pull;
};

// Of one descriptor. Which connection has it is told by the inode of its socket.
struct connection {
	ino_t inode;
	const struct port *port;     // NULL: no connection of a collector
	int64_t known_ms;            // since when
	uint64_t taken, given;       // bytes, as on the wire; given since nothing of it was left
	uint64_t written;            // by libzmq, when nothing was left
	uint64_t now_taken, now_given; // since the last look
};

// Bytes that libzmq has read from a connection and written to it. What waits in the kernel is bounded there, and is not libzmq's.
struct passed {
	uint64_t read, written;
	bool is_drained; // the peer has everything
};

// What a look found.
struct ahead {
	int descriptor;
	ino_t inode;
	bool is_stranger; // nothing ever came out of it
	uint64_t bytes;
};

struct backlog {
	const struct config *config;
	struct port ports[PORTS_MAX];
	size_t port_count;
	int statm; // /proc/self/statm
	int hand;  // holds a connection while it is shut down, see there
	uint64_t size_then;
	int64_t looked_ms, looked_all_ms;
	bool has_shut_down; // at the last look
	struct log_limit said;
	size_t connection_count;
	struct connection *connections; // by descriptor
	struct ahead *found;            // so many
};

/* making and unmaking */

static void add_ports(struct backlog *backlog, int type)
{
	struct endpoint list[ENDPOINTS_MAX];
	size_t count = endpoint_list(backlog->config, type, list);

	for (size_t i = 0; i < count; i++) {
		const char *colon = strrchr(list[i].address, ':');
		long number = colon == NULL ? 0 : strtol(colon + 1, NULL, 10);
		if (strncmp(list[i].address, "tcp://", 6) == 0 && number > 0 && number <= UINT16_MAX)
			backlog->ports[backlog->port_count++] = (struct port){(in_port_t)number, type == ZMQ_PULL};
	}
}

static size_t limit_descriptors(void)
{
	struct rlimit files = {DESCRIPTORS_MAX, DESCRIPTORS_MAX};

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > DESCRIPTORS_MAX) {
		files.rlim_cur = DESCRIPTORS_MAX;
		(void)setrlimit(RLIMIT_NOFILE, &files); // to less is always allowed
	}
	return files.rlim_cur;
}

struct backlog *backlog_create(const struct config *config)
{
	struct backlog *backlog = calloc(1, sizeof *backlog);

	if (backlog == NULL)
		return NULL;
	backlog->config = config;
	add_ports(backlog, ZMQ_ROUTER);
	add_ports(backlog, ZMQ_PULL);
	backlog->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	backlog->hand = fcntl(backlog->statm, F_DUPFD_CLOEXEC, 0);
	backlog->connection_count = limit_descriptors();
	backlog->connections = calloc(backlog->connection_count, sizeof *backlog->connections);
	backlog->found = calloc(backlog->connection_count, sizeof *backlog->found);
	if (backlog->hand < 0 || backlog->connections == NULL || backlog->found == NULL)
		backlog_destroy(&backlog);
	return backlog;
}

void backlog_destroy(struct backlog **backlog)
{
	if (*backlog == NULL)
		return;
	if ((*backlog)->statm >= 0)
		(void)close((*backlog)->statm);
	if ((*backlog)->hand >= 0)
		(void)close((*backlog)->hand);
	free((*backlog)->connections);
	free((*backlog)->found);
	free(*backlog);
	*backlog = NULL;
}

/* counting */

int backlog_take(struct backlog *backlog, zmq_msg_t *frame, uint64_t wire_bytes)
{
	int descriptor = zmq_msg_get(frame, ZMQ_SRCFD);

	if (descriptor < 0 || (size_t)descriptor >= backlog->connection_count)
		return BACKLOG_NOBODY;
	backlog->connections[descriptor].now_taken += wire_bytes;
	return descriptor;
}

void backlog_give(struct backlog *backlog, int connection, size_t size)
{
	if (connection != BACKLOG_NOBODY)
		backlog->connections[connection].now_given += size;
}

/* looking */

// Resident bytes of the process. All of it, since nobody else knows what libzmq holds.
static uint64_t size_of_process(const struct backlog *backlog)
{
	char text[128], *second = text; // pages in all, resident ones, and others
	ssize_t size = pread(backlog->statm, text, sizeof text - 1, 0);

	if (size <= 0)
		return 0;
	text[size] = '\0';
	(void)strtoull(text, &second, 10);
	return strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static const struct port *port_of(const struct backlog *backlog, int descriptor)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof address;
	in_port_t number = 0;

	if (getsockname(descriptor, (struct sockaddr *)&address, &size) != 0)
		return NULL;
	if (address.ss_family == AF_INET)
		number = ntohs(((const struct sockaddr_in *)&address)->sin_port);
	else if (address.ss_family == AF_INET6)
		number = ntohs(((const struct sockaddr_in6 *)&address)->sin6_port);
	for (size_t i = 0; number != 0 && i < backlog->port_count; i++)
		if (backlog->ports[i].number == number)
			return &backlog->ports[i];
	return NULL;
}

static uint64_t less(uint64_t bytes, uint64_t by)
{
	return bytes > by ? bytes - by : 0;
}

static struct connection first_seen(const struct backlog *backlog, int descriptor, ino_t inode, int64_t now_ms)
{
	const struct connection *counted = &backlog->connections[descriptor];

	return (struct connection){.inode = inode,
	                           .port = port_of(backlog, descriptor),
	                           .known_ms = now_ms,
	                           .now_taken = counted->now_taken,
	                           .now_given = counted->now_given};
}

// False when it is no connection.
static bool ask_tcp(int descriptor, struct passed *ret)
{
	struct tcp_info tcp = {0};
	socklen_t size = sizeof tcp;
	unsigned unread = 0, unsent = 0;

	if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &tcp, &size) != 0 || tcp.tcpi_state == STATE_LISTEN ||
	    ioctl(descriptor, FIONREAD, &unread) != 0 || ioctl(descriptor, TIOCOUTQ, &unsent) != 0)
		return false;
	*ret = (struct passed){.read = less(tcp.tcpi_bytes_received, unread),
	                       .written = tcp.tcpi_bytes_acked + unsent,
	                       .is_drained = unsent == 0};
	return true;
}

// Counts in what came since the last look. Some of it may have come out of a connection that had the descriptor before: no more can
// have been taken than libzmq has read.
static void settle(struct connection *connection, const struct passed *passed)
{
	connection->taken += connection->now_taken;
	if (connection->taken > passed->read)
		connection->taken = passed->read;
	connection->given += connection->now_given;
	connection->now_taken = connection->now_given = 0;
	if (passed->is_drained) {
		connection->given = 0;
		connection->written = passed->written;
	}
}

static uint64_t bytes_ahead(const struct connection *connection, const struct passed *passed, int64_t now_ms)
{
	uint64_t heartbeats = (uint64_t)(now_ms - connection->known_ms) / 1000 * HEARTBEAT_BYTES;
	uint64_t in = less(passed->read, connection->taken + HANDSHAKE_BYTES + heartbeats);
	uint64_t out = less(connection->given, less(passed->written, connection->written));

	return less(in, connection->port->pull ? PULL_BYTES : 0) + out;
}

// One descriptor; false when it is no connection of a collector.
static bool look_at(struct backlog *backlog, int descriptor, int64_t now_ms, struct ahead *ret)
{
	struct connection *connection = &backlog->connections[descriptor];
	struct passed passed;
	struct stat file;

	// Others may close the descriptor meanwhile: that is meant, and by fstatat() TSan does not take it for a mistake.
	if (fstatat(descriptor, "", &file, AT_EMPTY_PATH) != 0 || !S_ISSOCK(file.st_mode))
		return false;
	if (connection->inode != file.st_ino)
		*connection = first_seen(backlog, descriptor, file.st_ino, now_ms);
	if (connection->port == NULL || !ask_tcp(descriptor, &passed))
		return false;
	settle(connection, &passed);
	*ret = (struct ahead){.descriptor = descriptor,
	                      .inode = file.st_ino,
	                      .is_stranger = connection->taken == 0,
	                      .bytes = bytes_ahead(connection, &passed, now_ms)};
	return true;
}

/* shutting down */

// A stranger is taken for eight times as far ahead as it is.
static uint64_t weight_of(const struct ahead *ahead)
{
	return ahead->bytes * (ahead->is_stranger ? 8 : 1);
}

static int heaviest_first(const void *left, const void *right)
{
	uint64_t a = weight_of(left), b = weight_of(right);
	return a > b ? -1 : a < b;
}

static void peer_of(int descriptor, char text[static INET6_ADDRSTRLEN])
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof address;
	const struct sockaddr *peer = (const struct sockaddr *)&address;

	(void)snprintf(text, INET6_ADDRSTRLEN, "somewhere");
	if (getpeername(descriptor, (struct sockaddr *)&address, &size) != 0)
		return;
	(void)inet_ntop(peer->sa_family,
	                peer->sa_family == AF_INET ? (const void *)&((const struct sockaddr_in *)peer)->sin_addr
	                                           : (const void *)&((const struct sockaddr_in6 *)peer)->sin6_addr,
	                text, INET6_ADDRSTRLEN);
}

// libzmq closes descriptors in a thread of its own, and whatever is opened next gets the number. So the connection is taken in hand
// first, and then it is seen whether it is the one. The hand is a descriptor kept for that, for there may be no other left.
static bool shut_down(const struct backlog *backlog, const struct ahead *ahead)
{
	struct stat file;
	bool is_it = dup3(ahead->descriptor, backlog->hand, O_CLOEXEC) >= 0 && fstat(backlog->hand, &file) == 0 &&
	             file.st_ino == ahead->inode;
	bool is_done = is_it && shutdown(backlog->hand, SHUT_RDWR) == 0;

	(void)dup3(backlog->statm, backlog->hand, O_CLOEXEC); // lets go
	return is_done;
}

// How large it was and who did most.
static void describe(const struct ahead *first, uint64_t sum, char text[static DESCRIPTION_SIZE])
{
	char peer[INET6_ADDRSTRLEN];

	peer_of(first->descriptor, peer);
	(void)snprintf(text, DESCRIPTION_SIZE, "%" PRIu64 " MiB lay between connections and daemon, %" PRIu64 " KiB in one from %s%s",
	               sum >> 20, first->bytes >> 10, peer, first->is_stranger ? " out of which no message came" : "");
}

// Down to three quarters, so that not every look has to.
static void shut_down_furthest(struct backlog *backlog, size_t count, uint64_t sum, int64_t now_ms)
{
	uint64_t enough = ((uint64_t)backlog->config->max_unread_mib << 20) / 4 * 3, left = sum;
	size_t gone = 0;
	char what[DESCRIPTION_SIZE], left_out[LOG_LIMIT_TEXT_SIZE];

	qsort(backlog->found, count, sizeof *backlog->found, heaviest_first);
	describe(&backlog->found[0], sum, what); // as long as it has a peer
	for (size_t at = 0; at < count && left > enough && backlog->found[at].bytes > 0; at++) {
		gone += shut_down(backlog, &backlog->found[at]);
		left -= backlog->found[at].bytes;
	}
	if (log_limit_allows(&backlog->said, 0, now_ms, left_out))
		log_warning("%s: shut down %zu of %zu%s", what, gone, count, left_out);
}

static void look(struct backlog *backlog, int64_t now_ms)
{
	size_t count = 0;
	uint64_t sum = 0;

	for (size_t i = 0; i < backlog->connection_count; i++) {
		if (!look_at(backlog, (int)i, now_ms, &backlog->found[count]))
			continue;
		sum += backlog->found[count].bytes;
		count++;
	}
	backlog->has_shut_down = sum > (uint64_t)backlog->config->max_unread_mib << 20;
	if (backlog->has_shut_down)
		shut_down_furthest(backlog, count, sum, now_ms);
}

// What was freed lies in pieces between what is in use: the C library gives it back only when it is asked to. So it is asked after
// a shut-down, and now and then.
void backlog_watch(struct backlog *backlog, int64_t now_ms)
{
	if (now_ms < backlog->looked_ms + BACKLOG_LOOK_MS)
		return;
	backlog->looked_ms = now_ms;
	bool is_due = now_ms >= backlog->looked_all_ms + LOOK_ALL_MS;
	if (backlog->has_shut_down || is_due)
		(void)malloc_trim(0);
	backlog->has_shut_down = false;
	uint64_t size = size_of_process(backlog);
	if (size < backlog->size_then)
		backlog->size_then = size;
	uint64_t growth = (uint64_t)backlog->config->max_unread_mib << 18; // a quarter of what may lie there
	if (size < backlog->size_then + growth && !is_due)
		return;
	look(backlog, now_ms);
	backlog->size_then = size;
	backlog->looked_all_ms = now_ms;
}
