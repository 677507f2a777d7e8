#define _GNU_SOURCE // asprintf
#include "endpoint.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "gatekeeper.h"
#include "scan.h"

#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93 // libzmq 4.3.4 knows it, its header keeps it among the drafts
#endif

enum { KEY_TEXT_SIZE = 41 }; // 40 characters of Z85 and a NUL, as libzmq wants it

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
};

static bool set_options(void *socket, int type)
{
	int64_t largest = SCAN_FRAME_BYTES_MAX;

	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		if ((settings[i].only_type == -1 || settings[i].only_type == type) &&
		    zmq_setsockopt(socket, settings[i].option, &settings[i].value, sizeof settings[i].value) != 0)
			return false;
	return zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) == 0;
}

// Reads 40 characters and an optional line end. The text is wiped by the caller.
static bool read_key(const char *path, char text[static KEY_TEXT_SIZE], char **ret_error)
{
	FILE *file = fopen(path, "re");
	size_t read = file == NULL ? 0 : fread(text, 1, KEY_TEXT_SIZE - 1, file);
	int after = file == NULL ? EOF : fgetc(file);
	uint8_t key[32];
	bool good = read == KEY_TEXT_SIZE - 1 && (after == EOF || after == '\n');

	text[KEY_TEXT_SIZE - 1] = '\0';
	good = good && zmq_z85_decode(key, text) != NULL;
	if (!good && asprintf(ret_error, "%s: %s", path,
	                      file == NULL ? strerror(errno) : "is not a secret key: 40 characters of Z85 are expected") < 0)
		*ret_error = NULL;
	if (file != NULL)
		(void)fclose(file);
	sodium_memzero(key, sizeof key);
	return good;
}

static bool set_curve(void *socket, const char *secret_key_file, char **ret_error)
{
	char secret[KEY_TEXT_SIZE];
	int on = 1;
	bool good = read_key(secret_key_file, secret, ret_error);

	if (good && (zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &on, sizeof on) != 0 ||
	             zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, sizeof secret) != 0 ||
	             zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, GATEKEEPER_DOMAIN, strlen(GATEKEEPER_DOMAIN)) != 0 ||
	             zmq_setsockopt(socket, ZMQ_ZAP_ENFORCE_DOMAIN, &on, sizeof on) != 0)) {
		good = false;
		if (asprintf(ret_error, "%s: CURVE: %s", secret_key_file, zmq_strerror(errno)) < 0)
			*ret_error = NULL;
	}
	sodium_memzero(secret, sizeof secret);
	return good;
}

void *endpoint_bind(void *context, int type, const char *endpoint, const char *secret_key_file, char **ret_error)
{
	void *socket = zmq_socket(context, type);
	bool curve = strncmp(endpoint, "tcp://", 6) == 0;

	*ret_error = NULL;
	if (socket != NULL && set_options(socket, type) && (!curve || set_curve(socket, secret_key_file, ret_error)) &&
	    zmq_bind(socket, endpoint) == 0)
		return socket;
	if (*ret_error == NULL && asprintf(ret_error, "%s: %s", endpoint, zmq_strerror(errno)) < 0)
		*ret_error = NULL;
	if (socket != NULL)
		(void)zmq_close(socket);
	return NULL;
}
