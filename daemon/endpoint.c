#define _GNU_SOURCE // asprintf
#include "endpoint.h"

#include <errno.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "gatekeeper.h"

#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93 // libzmq 4.3.4 knows it, its header keeps it among the drafts
#endif

// Options of every endpoint. What each default would cost: peers may queue 1,000 messages each, a half-open peer keeps its
// descriptor for ever, a slow handshake holds one for 30 s, and receipts for peers that left would be kept at the end.
//
// Peers that vanished are found by TCP, not by libzmq's heartbeats: those end the process when one is due on a connection
// that was reset while it was not read (4.3.4: "Assertion failed: !_io_error"), and take a peer that is not read for dead.
static const struct {
	int option, value, only_type; // only_type -1: all
} settings[] = {
	{ZMQ_RCVHWM, 0, ZMQ_ROUTER}, // no bound: it is always read, see intake.c
	{ZMQ_RCVHWM, 4, ZMQ_PULL},
	{ZMQ_SNDHWM, 64, -1},
	{ZMQ_LINGER, 500, -1},
	{ZMQ_BACKLOG, 512, -1},
	{ZMQ_HANDSHAKE_IVL, 5000, -1},
	{ZMQ_TCP_KEEPALIVE, 1, -1},
	{ZMQ_TCP_KEEPALIVE_IDLE, 10, -1},
	{ZMQ_TCP_KEEPALIVE_INTVL, 10, -1},
	{ZMQ_TCP_KEEPALIVE_CNT, 3, -1},
	{ZMQ_TCP_MAXRT, 30000, -1},
	{ZMQ_ROUTER_MANDATORY, 1, ZMQ_ROUTER}, // an unknown peer is an error, not a silent loss
	// What a second peer with the routing id of a first has sent is neither read nor freed, not even when it leaves. With handover
	// the first one's descriptor would be lost instead, should it send anything more: memory that is out mends itself.
	{ZMQ_ROUTER_HANDOVER, 0, ZMQ_ROUTER},
};

static bool set_options(void *socket, int type)
{
	int64_t largest = ENDPOINT_FRAME_MAX;

	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		if ((settings[i].only_type == -1 || settings[i].only_type == type) &&
		    zmq_setsockopt(socket, settings[i].option, &settings[i].value, sizeof settings[i].value) != 0)
			return false;
	return zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) == 0;
}

// Reads 40 characters and an optional line end. The text is wiped by the caller.
static bool read_key(const char *path, char text[static ENDPOINT_KEY_SIZE], char **ret_error)
{
	FILE *file = fopen(path, "re");
	if (file != NULL)
		(void)setvbuf(file, NULL, _IONBF, 0); // no buffer that would keep it
	size_t read = file == NULL ? 0 : fread(text, 1, ENDPOINT_KEY_SIZE - 1, file);
	int after = file == NULL ? EOF : fgetc(file);
	uint8_t key[32];
	bool good = read == ENDPOINT_KEY_SIZE - 1 && (after == EOF || after == '\n');

	text[ENDPOINT_KEY_SIZE - 1] = '\0';
	good = good && zmq_z85_decode(key, text) != NULL;
	if (!good && asprintf(ret_error, "%s: %s", path,
	                      file == NULL ? strerror(errno) : "is not a secret key: 40 characters of Z85 are expected") < 0)
		*ret_error = NULL;
	if (file != NULL)
		(void)fclose(file);
	sodium_memzero(key, sizeof key);
	return good;
}

bool endpoint_public_key(const char *secret_key_file, char public_key[static ENDPOINT_KEY_SIZE], char **ret_error)
{
	char secret[ENDPOINT_KEY_SIZE];
	bool good = read_key(secret_key_file, secret, ret_error) && zmq_curve_public(public_key, secret) == 0;

	sodium_memzero(secret, sizeof secret);
	return good;
}

/* binding */

static bool is_tcp(const struct endpoint *endpoint)
{
	return strncmp(endpoint->address, "tcp://", 6) == 0;
}

size_t endpoint_list(const struct config *config, int type, struct endpoint list[static ENDPOINTS_MAX])
{
	const struct endpoint wanted[ENDPOINTS_MAX] = {
		{type == ZMQ_ROUTER ? config->listen_router : config->listen_pull, config->secret_key_file, NULL},
		{type == ZMQ_ROUTER ? config->listen_router_next : config->listen_pull_next, config->secret_key_file_next, NULL},
	};
	size_t count = 0;

	for (size_t i = 0; i < ENDPOINTS_MAX; i++)
		if (wanted[i].address[0] != '\0')
			list[count++] = wanted[i];
	return count;
}

static bool set_secret(void *socket, const char *secret_key_file, char **ret_error)
{
	char secret[ENDPOINT_KEY_SIZE];
	bool good = read_key(secret_key_file, secret, ret_error) &&
	            zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, sizeof secret) == 0;

	sodium_memzero(secret, sizeof secret);
	return good;
}

// Keys and gatekeeper. libzmq fails open twice: without a handler unless the domain is enforced, and with an empty domain
// though it is enforced. A peer without a key is a matter of the gatekeeper too, for nobody else can give it a User-Id.
static bool set_gate(void *socket, const struct endpoint *endpoint, char **ret_error)
{
	int curve = is_tcp(endpoint), on = 1;
	const char *domain = endpoint->domain != NULL ? endpoint->domain : curve ? GATEKEEPER_DOMAIN : GATEKEEPER_DOMAIN_LOCAL;

	return zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &curve, sizeof curve) == 0 &&
	       (!curve || set_secret(socket, endpoint->secret_key_file, ret_error)) &&
	       (domain[0] == '\0' || zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) == 0) && // empty: unsafe
	       zmq_setsockopt(socket, ZMQ_ZAP_ENFORCE_DOMAIN, &on, sizeof on) == 0;
}

// A listener keeps the options that its socket has when it is bound, so one socket can have endpoints with different keys.
void *endpoint_open(void *context, int type, const struct endpoint *list, size_t count, char **ret_error)
{
	void *socket = zmq_socket(context, type);
	bool good = socket != NULL && set_options(socket, type);
	size_t at = 0;

	*ret_error = NULL;
	for (; good && at < count; at++)
		good = set_gate(socket, &list[at], ret_error) && zmq_bind(socket, list[at].address) == 0;
	if (good)
		return socket;
	if (*ret_error == NULL &&
	    asprintf(ret_error, "%s: %s", at == 0 ? "endpoint" : list[at - 1].address, zmq_strerror(errno)) < 0)
		*ret_error = NULL;
	if (socket != NULL)
		(void)zmq_close(socket);
	return NULL;
}
