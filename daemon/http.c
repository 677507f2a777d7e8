#define _GNU_SOURCE // asprintf
#include "http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "exposition.h"
#include "process.h"

enum {
	CONNECTIONS_MAX = 16,         // an observer needs one at a time; each takes at most its memory and an answer
	CONNECTION_MEMORY = 16 << 10, // for a request with its headers
	IDLE_SECONDS = 5,
	CONNECTION_MS = 10000, // from its beginning to its end: Prometheus's own default
	BACKLOG = 16
};

struct http {
	struct health *health;
	struct MHD_Daemon *daemon;
	char *path; // of a local socket, to be removed; NULL for TCP
	pthread_mutex_t mutex;
	struct {
		bool used;
		int socket;
		int64_t since_ms;
	} connections[CONNECTIONS_MAX]; // under the mutex
};

/* answers */

// Writes the body of an answer and gives its status.
typedef unsigned answer_function(struct http *http, bool openmetrics, FILE *out);

static unsigned answer_metrics(struct http *http, bool openmetrics, FILE *out)
{
	struct metrics *metrics = health_metrics(http->health);
	struct metrics_thread *thread = metrics_of_exposition(metrics);
	char *text = NULL;
	size_t size;
	FILE *nowhere = open_memstream(&text, &size);

	if (nowhere == NULL)
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	metrics_set(thread, METRIC_READY, 0, health_is_ready(http->health, nowhere));
	(void)fclose(nowhere);
	free(text);
	process_sample(thread);
	exposition_write(metrics, openmetrics, out);
	return MHD_HTTP_OK;
}

static unsigned answer_live(struct http *http, bool openmetrics, FILE *out)
{
	(void)openmetrics;
	return health_is_live(http->health, out) ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned answer_ready(struct http *http, bool openmetrics, FILE *out)
{
	(void)openmetrics;
	return health_is_ready(http->health, out) ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned answer_unknown(struct http *http, bool openmetrics, FILE *out)
{
	(void)http;
	(void)openmetrics;
	(void)fputs("There are /metrics, /livez and /readyz.\n", out);
	return MHD_HTTP_NOT_FOUND;
}

static unsigned answer_method(struct http *http, bool openmetrics, FILE *out)
{
	(void)http;
	(void)openmetrics;
	(void)fputs("GET and HEAD only.\n", out);
	return MHD_HTTP_METHOD_NOT_ALLOWED;
}

static const struct {
	const char *path;
	answer_function *answer;
} pages[] = {{"/metrics", answer_metrics}, {"/livez", answer_live}, {"/readyz", answer_ready}};

static answer_function *page_of(const char *path, const char *method)
{
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_method;
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
		if (strcmp(path, pages[i].path) == 0)
			return pages[i].answer;
	return answer_unknown;
}

// Whoever accepts OpenMetrics gets it, whatever else he would take.
static bool wants_openmetrics(struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	return accept != NULL && strstr(accept, "application/openmetrics-text") != NULL;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status, const char *type, char *text,
								 size_t size)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);

	if (response == NULL) {
		free(text);
		return MHD_NO;
	}
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close"); // so that a connection is one request
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *path, const char *method,
								  const char *version, const char *upload, size_t *upload_size, void **request)
{
	answer_function *answer = page_of(path, method);
	bool openmetrics = answer == answer_metrics && wants_openmetrics(connection);
	char *text = NULL;
	size_t size;

	(void)version;
	(void)upload;
	(void)upload_size; // a body is answered before it is read, and the connection is closed
	(void)request;
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		return MHD_NO; // out of memory: the connection is closed
	unsigned status = answer(data, openmetrics, out);
	if (fclose(out) != 0) {
		free(text);
		return MHD_NO;
	}
	return send_text(connection, status,
					 answer != answer_metrics ? "text/plain; charset=utf-8"
					 : openmetrics            ? EXPOSITION_OPENMETRICS
											  : EXPOSITION_PLAIN,
					 text, size);
}

/* connections */

// libmicrohttpd's time-out begins anew with every byte that a peer sends. So each connection is remembered with its
// beginning, and http_tick() ends it.
static void on_connection(void *data, struct MHD_Connection *connection, void **socket_context,
						  enum MHD_ConnectionNotificationCode what)
{
	struct http *http = data;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	(void)socket_context;
	if (info == NULL)
		return;
	(void)pthread_mutex_lock(&http->mutex);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		bool is_it = http->connections[i].used && http->connections[i].socket == info->connect_fd;
		if (what == MHD_CONNECTION_NOTIFY_CLOSED && is_it) {
			http->connections[i].used = false; // before the descriptor is closed, and may be somebody else's
			break;
		}
		if (what == MHD_CONNECTION_NOTIFY_STARTED && !http->connections[i].used) {
			http->connections[i].used = true;
			http->connections[i].socket = info->connect_fd;
			http->connections[i].since_ms = clock_now_ms();
			break;
		}
	}
	(void)pthread_mutex_unlock(&http->mutex);
}

void http_tick(struct http *http)
{
	int64_t now_ms = clock_now_ms();

	if (http == NULL)
		return;
	(void)pthread_mutex_lock(&http->mutex);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (http->connections[i].used && now_ms - http->connections[i].since_ms > CONNECTION_MS)
			(void)shutdown(http->connections[i].socket, SHUT_RDWR);
	(void)pthread_mutex_unlock(&http->mutex);
}

/* listening */

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

// Takes ADDRESS:PORT apart; an IPv6 address is in brackets. The result is freeaddrinfo()'s.
static struct addrinfo *resolve(const char *text)
{
	static const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
										  .ai_socktype = SOCK_STREAM};
	const char *colon = strrchr(text, ':');
	struct addrinfo *found = NULL;
	char host[64];

	if (colon == NULL || colon == text || (size_t)(colon - text) >= sizeof host)
		return NULL;
	(void)snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
	size_t len = strlen(host);
	bool bracketed = host[0] == '[' && host[len - 1] == ']';
	if (bracketed)
		host[len - 1] = '\0';
	return getaddrinfo(bracketed ? host + 1 : host, colon + 1, &hints, &found) == 0 ? found : NULL;
}

const char *http_address_fault(const char *address)
{
	if (has_prefix(address, "ipc://"))
		return strlen(address + 6) > 0 && strlen(address + 6) < sizeof((struct sockaddr_un *)NULL)->sun_path
				   ? NULL
				   : "the path of a local socket has 1 to 107 bytes";
	if (!has_prefix(address, "tcp://"))
		return "an endpoint begins with tcp:// or ipc://";
	struct addrinfo *found = resolve(address + 6);
	if (found == NULL)
		return "must be tcp://ADDRESS:PORT in numbers, as tcp://127.0.0.1:9570 or tcp://[::1]:9570";
	freeaddrinfo(found);
	return NULL;
}

static int listen_tcp(const char *text)
{
	struct addrinfo *found = resolve(text);
	int on = 1;
	int made = found == NULL ? -1 : socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (made >= 0 && (setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
					  bind(made, found->ai_addr, found->ai_addrlen) != 0 || listen(made, BACKLOG) != 0)) {
		int reason = errno;
		(void)close(made);
		made = -1;
		errno = reason;
	}
	if (found != NULL)
		freeaddrinfo(found);
	return made;
}

// A socket that nobody listens on any more is left from a daemon that was killed.
static void remove_left_over(const struct sockaddr_un *address)
{
	struct stat status;
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (probe >= 0 && lstat(address->sun_path, &status) == 0 && S_ISSOCK(status.st_mode) &&
		connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED)
		(void)unlink(address->sun_path);
	if (probe >= 0)
		(void)close(probe);
}

static int listen_local(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	remove_left_over(&address);
	if (made >= 0 && (bind(made, (const struct sockaddr *)&address, sizeof address) != 0 || listen(made, BACKLOG) != 0)) {
		int reason = errno;
		(void)close(made);
		made = -1;
		errno = reason;
	}
	return made;
}

static struct MHD_Daemon *start(struct http *http, int listening)
{
	return MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, http, MHD_OPTION_LISTEN_SOCKET,
							listening, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
							(unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
							MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_END);
}

struct http *http_create(const char *address, struct health *health, char **ret_error)
{
	const char *fault = http_address_fault(address);
	struct http *http = calloc(1, sizeof *http);
	bool local = has_prefix(address, "ipc://");
	char *path = NULL;
	int listening = -1;

	*ret_error = NULL;
	errno = ENOMEM;
	if (http != NULL && fault == NULL) {
		(void)pthread_mutex_init(&http->mutex, NULL);
		http->health = health;
		listening = local ? listen_local(address + 6) : listen_tcp(address + 6);
		path = local && listening >= 0 ? strdup(address + 6) : NULL;
		http->daemon = listening >= 0 ? start(http, listening) : NULL;
		http->path = path;
	}
	if (http != NULL && http->daemon != NULL)
		return http;
	if (asprintf(ret_error, "listen_http: %s: %s", address, fault != NULL ? fault : strerror(errno)) < 0)
		*ret_error = NULL;
	if (listening >= 0)
		(void)close(listening);
	http_destroy(&http);
	return NULL;
}

void http_destroy(struct http **http)
{
	if (*http == NULL)
		return;
	if ((*http)->daemon != NULL)
		MHD_stop_daemon((*http)->daemon); // closes the sockets
	if ((*http)->path != NULL)
		(void)unlink((*http)->path);
	free((*http)->path);
	(void)pthread_mutex_destroy(&(*http)->mutex);
	free(*http);
	*http = NULL;
}
