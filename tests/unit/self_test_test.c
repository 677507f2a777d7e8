#define _GNU_SOURCE // RTLD_NEXT
#include <dlfcn.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "cmocka_all.h"
#include "self_test.h"

/* libzmq with a fault: the functions of the library that the daemon's parts call are these */

static int forgotten_option;  // -1: none
static int refusal_turned;    // the how-manieth refusal of the gatekeeper becomes a welcome; 0: none
static int refusals;

int zmq_setsockopt(void *socket, int option, const void *value, size_t size)
{
	int (*real)(void *, int, const void *, size_t);
	*(void **)&real = dlsym(RTLD_NEXT, "zmq_setsockopt");
	return option == forgotten_option ? 0 : real(socket, option, value, size);
}

int zmq_send(void *socket, const void *bytes, size_t size, int flags)
{
	int (*real)(void *, const void *, size_t, int);
	*(void **)&real = dlsym(RTLD_NEXT, "zmq_send");
	if (size == 3 && memcmp(bytes, "400", 3) == 0 && ++refusals == refusal_turned)
		bytes = "200";
	return real(socket, bytes, size, flags);
}

/* the daemon's side */

static char key_file[] = "/tmp/baocao-self-test-XXXXXX";

static int make_key(void **state)
{
	char public_key[41], secret_key[41];
	int fd = mkstemp(key_file);
	(void)state;
	bool good = fd >= 0 && zmq_curve_keypair(public_key, secret_key) == 0 && write(fd, secret_key, 40) == 40;
	return good && close(fd) == 0 ? 0 : -1;
}

static int remove_key(void **state)
{
	(void)state;
	return unlink(key_file);
}

// Gives what the self-test says, "" when it found nothing; the caller frees it.
static char *said(const char *router, const char *pull, const char *key)
{
	const struct config config = {.listen_router = (char *)router,
	                              .listen_pull = (char *)pull,
	                              .secret_key_file = (char *)key,
	                              .listen_router_next = "",
	                              .listen_pull_next = "",
	                              .secret_key_file_next = "",
	                              .anonymous_collector = "local"};
	char *error = NULL;
	refusals = 0;
	bool good = self_test_alone(&config, &error);
	assert_true(good == (error == NULL));
	return error != NULL ? error : strdup("");
}

static void assert_says(const char *router, const char *pull, const char *key, const char *wanted)
{
	char *text = said(router, pull, key);
	if (*wanted == '\0' ? *text != '\0' : strstr(text, wanted) == NULL)
		fail_msg("\"%s\" is not what it should say: \"%s\"", text, wanted);
	free(text);
}

static void nothing_is_found_when_the_gate_holds(void **state)
{
	(void)state;
	forgotten_option = -1;
	refusal_turned = 0;
	assert_says("tcp://127.0.0.1:5570", "tcp://127.0.0.1:5571", key_file, "");
	assert_says("ipc:///tmp/baocao-self-test-endpoint", "", "", "");
}

static void a_forgotten_option_is_found(void **state)
{
	static const struct {
		int option;
		const char *said;
	} cases[] = {
		{ZMQ_ZAP_DOMAIN, "a stranger's key: let in"},
		{93, "a registered key where no gatekeeper answers: let in"}, // ZMQ_ZAP_ENFORCE_DOMAIN
		{ZMQ_MAXMSGSIZE, "an oversized frame: let in and heard"},
		{ZMQ_CURVE_SERVER, "a registered key: refused"},
	};
	(void)state;
	refusal_turned = 0;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		forgotten_option = cases[i].option;
		assert_says("tcp://127.0.0.1:5570", "", key_file, cases[i].said);
		assert_says("ipc:///tmp/baocao-self-test-endpoint", "tcp://127.0.0.1:5570", key_file, "does not hold");
	}
}

static void a_gatekeeper_that_lets_in_who_must_not_is_found(void **state)
{
	// In the order in which they are tried. Who has no key does not get as far as the gatekeeper.
	static const char *const visitors[] = {"a stranger's key: let in", "a revoked key: let in",
	                                       "a key that is not valid yet: let in", "a key that is no longer valid: let in",
	                                       "a registered key in a wrong domain: let in"};
	(void)state;
	forgotten_option = -1;
	for (size_t i = 0; i < sizeof visitors / sizeof visitors[0]; i++) {
		refusal_turned = (int)i + 1;
		assert_says("tcp://127.0.0.1:5570", "", key_file, visitors[i]);
	}
	refusal_turned = 1;
	assert_says("ipc:///tmp/baocao-self-test-endpoint", "", "", "a local peer in a wrong domain: let in");
}

static void what_cannot_be_tried_is_not_taken_for_a_gate_that_holds(void **state)
{
	(void)state;
	forgotten_option = -1;
	refusal_turned = 0;
	assert_says("tcp://127.0.0.1:5570", "", "/nonexistent", "/nonexistent: No such file");
	assert_says("ipc:///nonexistent/endpoint", "", "", "does not hold: a local peer in a wrong domain");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_when_the_gate_holds),
		cmocka_unit_test(a_forgotten_option_is_found),
		cmocka_unit_test(a_gatekeeper_that_lets_in_who_must_not_is_found),
		cmocka_unit_test(what_cannot_be_tried_is_not_taken_for_a_gate_that_holds),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, make_key, remove_key);
}
