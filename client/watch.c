#include "watch.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "desk.h"
#include "exit_status.h"
#include "refused.h"
#include "progress.h"
#include "servers.h"
#include "show.h"
#include "words.h"

enum {
	LOOK_AGAIN_MS = 200,         // between two looks, however many files come
	TROUBLE_FIRST_MS = 5000,     // after a full disk and the like; doubled up to the longest
	TROUBLE_LONGEST_MS = 300000,
	OTHERS_TURN_MS = 5000,       // while another process delivers the outbox
	LONGEST_WAIT_MS = 60000
};

struct watch {
	const struct options *options;
	struct deliver_servers servers;
	struct outbox *outbox;
	struct contract *contract;
	struct folder *folder;   // NULL while it cannot be opened
	struct desk desk;
	struct progress progress;
	int signals, events;     // signalfd; epoll of it and the folder's inotify
	bool stopping, queued;   // queued: since the last turn
	bool refusals;           // there may be some to tell
	bool lost;               // the folder must be opened again
	size_t settling, waiting;
	int64_t look_at, deliver_at, trouble_until; // milliseconds; look_at and deliver_at: not before
	int64_t trouble_pause;
	uint64_t watchdog_us;    // 0: systemd watches nothing
	enum deliver_end delivered;
	char status[200];        // as systemd was told
};

static int64_t now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* trouble: a full disk, a folder that is away. Files stay where they are. */

static void note_trouble(struct watch *watch)
{
	if (watch->trouble_pause == 0)
		(void)fputs(_("baocao: until that is mended, files stay in the folder\n"), stderr);
	watch->trouble_pause = watch->trouble_pause == 0 ? TROUBLE_FIRST_MS : 2 * watch->trouble_pause;
	if (watch->trouble_pause > TROUBLE_LONGEST_MS)
		watch->trouble_pause = TROUBLE_LONGEST_MS;
	watch->trouble_until = now_ms() + watch->trouble_pause;
}

static void note_success(struct watch *watch)
{
	if (watch->trouble_pause > 0)
		(void)fputs(_("baocao: it works again\n"), stderr);
	watch->trouble_pause = 0;
	watch->trouble_until = 0;
}

/* what systemd is told */

static void tell_systemd(struct watch *watch)
{
	char status[sizeof watch->status];
	int64_t counts[OUTBOX_OUTCOMES] = {0};
	char oldest[OUTBOX_TIME_SIZE] = "";

	(void)outbox_count(watch->outbox, counts, oldest);
	(void)snprintf(status, sizeof status,
	               _("STATUS=%zu files sent, %zu returned, %zu wait; %" PRId64 " reports pending%s%s%s"), watch->desk.sent,
	               watch->desk.returned, watch->settling + watch->waiting, counts[0], counts[0] > 0 ? _(" since ") : "", oldest,
	               watch->trouble_pause > 0 ? _("; in trouble, see the journal") : "");
	if (strcmp(status, watch->status) != 0) {
		memcpy(watch->status, status, sizeof status);
		(void)sd_notify(0, watch->status);
	}
}

static void pat_watchdog(const struct watch *watch)
{
	if (watch->watchdog_us > 0)
		(void)sd_notify(0, "WATCHDOG=1");
}

/* the folder */

static void close_folder(struct watch *watch)
{
	if (watch->folder != NULL && folder_inotify(watch->folder) >= 0)
		(void)epoll_ctl(watch->events, EPOLL_CTL_DEL, folder_inotify(watch->folder), NULL);
	folder_close(&watch->folder);
}

static bool open_folder(struct watch *watch)
{
	const struct options *options = watch->options;

	close_folder(watch);
	watch->folder = folder_open(options->operand_count > 0 ? options->operands[0] : options->folder);
	if (watch->folder == NULL)
		return false;
	int inotify = folder_inotify(watch->folder);
	struct epoll_event event = {.events = EPOLLIN};
	if (inotify >= 0 && epoll_ctl(watch->events, EPOLL_CTL_ADD, inotify, &event) != 0) {
		(void)fprintf(stderr, "baocao: epoll: %s\n", strerror(errno));
		return false;
	}
	watch->desk.folder = watch->folder;
	watch->lost = false;
	return true;
}

static void on_ready(void *user, const char *name, int fd)
{
	struct watch *watch = user;
	size_t queued = watch->desk.queued;

	if (watch->stopping || now_ms() < watch->trouble_until) {
		watch->waiting++;
		return;
	}
	pat_watchdog(watch);
	enum desk_end end = desk_take(&watch->desk, name, fd);
	if (end == DESK_TROUBLE)
		note_trouble(watch);
	else if (end == DESK_DONE)
		note_success(watch);
	watch->waiting += end != DESK_DONE;
	watch->queued |= watch->desk.queued > queued;
	(void)fflush(stdout);
}

static void look_through(struct watch *watch)
{
	struct folder_look look = {.settle_ms = watch->options->settle_s * 1000, .ready = on_ready, .user = watch};
	int64_t next = watch->options->scan_s * 1000;

	watch->waiting = 0;
	if ((watch->folder == NULL || watch->lost) && !open_folder(watch)) {
		note_trouble(watch);
	} else if (!folder_scan(watch->folder, &look)) {
		watch->lost = true;
		note_trouble(watch);
	} else if (watch->trouble_until <= now_ms()) {
		note_success(watch);
	}
	watch->settling = look.settling;
	watch->waiting += look.waiting;
	if (look.settling > 0 && look.settled_in_ms < next)
		next = look.settled_in_ms;
	if (watch->trouble_pause > 0 && watch->trouble_until - now_ms() < next)
		next = watch->trouble_until - now_ms();
	watch->look_at = now_ms() + (next < LOOK_AGAIN_MS ? LOOK_AGAIN_MS : next);
}

static void tell_refusals(struct watch *watch)
{
	size_t files = 0;

	if (!watch->refusals || watch->folder == NULL || now_ms() < watch->trouble_until)
		return;
	watch->refusals = !refused_tell(watch->outbox, watch->folder, &files);
	watch->desk.returned += files;
	if (watch->refusals)
		note_trouble(watch);
	(void)fflush(stdout);
}

/* a turn: what is to be done besides delivering */

static void hear_signals(struct watch *watch)
{
	struct signalfd_siginfo info;
	while (read(watch->signals, &info, sizeof info) == (ssize_t)sizeof info)
		watch->stopping = true;
}

static enum deliver_turn turn(void *user)
{
	struct watch *watch = user;

	pat_watchdog(watch);
	hear_signals(watch);
	if (watch->folder != NULL && folder_heard(watch->folder) && watch->look_at > now_ms() + LOOK_AGAIN_MS)
		watch->look_at = now_ms() + LOOK_AGAIN_MS;
	if (!watch->stopping && watch->look_at <= now_ms()) {
		look_through(watch);
		tell_refusals(watch);
		tell_systemd(watch);
	}
	bool more = watch->queued;
	watch->queued = false;
	return watch->stopping ? DELIVER_STOP : more ? DELIVER_MORE : DELIVER_GO_ON;
}

/* delivering */

static void on_answered(void *user, int64_t entry_no)
{
	struct watch *watch = user;
	progress_answered(&watch->progress, entry_no);
	watch->refusals = true;
}

static void say_what_was_delivered(const struct watch *watch)
{
	if (watch->options->quiet || watch->progress.answered == 0)
		return;
	(void)fputs(_("delivered: "), stdout);
	show_counts(stdout, watch->progress.counts, "PENDING");
	(void)fputc('\n', stdout);
	(void)fflush(stdout);
}

static void deliver_pending(struct watch *watch)
{
	const struct deliver_meanwhile meanwhile = {
		.fd = watch->events, .turn = turn, .user = watch, .patient = !watch->options->once};
	bool taken;

	if (!outbox_try_lock(watch->outbox, &taken) || !taken) {
		watch->delivered = taken ? DELIVER_ALL : DELIVER_NO_ANSWER;
		watch->deliver_at = now_ms() + OTHERS_TURN_MS;
		return;
	}
	progress_begin(&watch->progress, watch->outbox, true); // a file is one line, and what is refused another
	watch->delivered = deliver(&watch->servers, watch->outbox, on_answered, watch, &meanwhile);
	outbox_unlock(watch->outbox);
	say_what_was_delivered(watch);
	watch->deliver_at = watch->delivered == DELIVER_ALL ? 0 : now_ms() + TROUBLE_FIRST_MS;
	tell_refusals(watch);
	tell_systemd(watch);
}

/* the loop */

static void wait_for_something(struct watch *watch, bool pending)
{
	struct pollfd poll_fd = {.fd = watch->events, .events = POLLIN};
	int64_t until = watch->look_at, longest = watch->watchdog_us > 0 ? (int64_t)(watch->watchdog_us / 2000) : LONGEST_WAIT_MS;

	if (pending && watch->deliver_at < until)
		until = watch->deliver_at;
	int64_t left = until - now_ms();
	left = left < 0 ? 0 : left > longest ? longest : left;
	(void)poll(&poll_fd, 1, (int)left);
}

static bool is_over(const struct watch *watch, bool pending)
{
	if (watch->stopping)
		return true;
	bool dealt_with = watch->settling == 0 && !watch->refusals;
	return watch->options->once && (watch->trouble_pause > 0 || (dealt_with && (!pending || watch->deliver_at > now_ms())));
}

static enum exit_status run(struct watch *watch)
{
	bool pending = true;

	(void)sd_notify(0, "READY=1");
	watch->refusals = true;
	while (!is_over(watch, pending)) {
		(void)turn(watch);
		pending = outbox_has_pending(watch->outbox);
		if (!watch->stopping && pending && watch->deliver_at <= now_ms())
			deliver_pending(watch);
		else if (!is_over(watch, pending))
			wait_for_something(watch, pending);
		pending = outbox_has_pending(watch->outbox);
	}
	(void)sd_notify(0, "STOPPING=1");
	if (!watch->options->once)
		return STATUS_ALL_STORED;
	if (watch->trouble_pause > 0 || watch->delivered == DELIVER_FAILED)
		return STATUS_WRONG;
	if (pending)
		return STATUS_NO_ANSWER;
	return watch->desk.returned > 0 || watch->waiting > 0 ? STATUS_SOME_NOT : STATUS_ALL_STORED;
}

// SIGTERM and SIGINT are read where there is time for them; SIGIO is how the kernel says that somebody wants to write to a
// file with a lease, which is asked for instead.
static bool take_signals(struct watch *watch)
{
	sigset_t set;
	struct epoll_event event = {.events = EPOLLIN};

	(void)signal(SIGIO, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	watch->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	watch->events = epoll_create1(EPOLL_CLOEXEC);
	if (watch->signals >= 0 && watch->events >= 0 &&
	    epoll_ctl(watch->events, EPOLL_CTL_ADD, watch->signals, &event) == 0)
		return true;
	(void)fprintf(stderr, "baocao: %s\n", strerror(errno));
	return false;
}

static bool open_all(struct watch *watch)
{
	char *error = NULL;

	if (watch->options->operand_count == 0 && watch->options->folder == NULL) {
		(void)fputs(_("baocao: which folder is to be watched? Name it, or set folder in baocao.conf\n"), stderr);
		return false;
	}
	if (!servers_of(watch->options, &watch->servers) || (watch->outbox = outbox_open(watch->options->outbox)) == NULL ||
	    !servers_trust(watch->options, watch->outbox))
		return false;
	watch->contract = contract_load(&error);
	if (watch->contract == NULL)
		(void)fprintf(stderr, "baocao: %s\n", error == NULL ? _("out of memory") : error);
	free(error);
	watch->desk = (struct desk){.contract = watch->contract, .outbox = watch->outbox, .quiet = watch->options->quiet};
	return watch->contract != NULL && take_signals(watch) && open_folder(watch);
}

static void close_all(struct watch *watch)
{
	close_folder(watch);
	if (watch->events >= 0)
		(void)close(watch->events);
	if (watch->signals >= 0)
		(void)close(watch->signals);
	contract_destroy(&watch->contract);
	outbox_close(&watch->outbox);
	servers_wipe(&watch->servers);
}

int watch_folder(const struct options *options)
{
	struct watch watch = {.options = options, .signals = -1, .events = -1};
	enum exit_status status = STATUS_WRONG;

	if (sd_watchdog_enabled(0, &watch.watchdog_us) <= 0)
		watch.watchdog_us = 0;
	if (open_all(&watch))
		status = run(&watch);
	close_all(&watch);
	return (int)status;
}
