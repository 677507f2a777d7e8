#include "lane.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "clock.h"
#include "submission.h"
#include "wake.h"

struct queue {
	struct submission *first, **last;
};

struct lane {
	pthread_mutex_t mutex;
	pthread_cond_t changed; // something was put, or the lane was closed or abandoned
	struct queue waiting, done;
	bool closed, abandoned, troubled;
	int64_t used_ms; // when something was put last
	size_t max_reports;
	int wake_fd;
};

static void queue_init(struct queue *queue)
{
	queue->first = NULL;
	queue->last = &queue->first;
}

static void queue_append(struct queue *queue, struct submission *list)
{
	*queue->last = list;
	while (*queue->last != NULL)
		queue->last = &(*queue->last)->next;
}

struct lane *lane_create(int wake_fd, size_t max_reports)
{
	struct lane *lane = calloc(1, sizeof *lane);
	pthread_condattr_t monotonic;
	if (lane == NULL)
		return NULL;
	// These fail only for invalid arguments on Linux.
	(void)pthread_mutex_init(&lane->mutex, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&lane->changed, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	queue_init(&lane->waiting);
	queue_init(&lane->done);
	lane->wake_fd = wake_fd;
	lane->max_reports = max_reports;
	return lane;
}

void lane_destroy(struct lane **lane)
{
	if (*lane == NULL)
		return;
	submission_destroy_list(&(*lane)->waiting.first);
	submission_destroy_list(&(*lane)->done.first);
	(void)pthread_cond_destroy(&(*lane)->changed);
	(void)pthread_mutex_destroy(&(*lane)->mutex);
	free(*lane);
	*lane = NULL;
}

bool lane_has_waiting(struct lane *lane)
{
	(void)pthread_mutex_lock(&lane->mutex);
	bool waiting = lane->waiting.first != NULL;
	(void)pthread_mutex_unlock(&lane->mutex);
	return waiting;
}

void lane_limit(struct lane *lane, size_t max_reports)
{
	(void)pthread_mutex_lock(&lane->mutex);
	lane->max_reports = max_reports;
	(void)pthread_mutex_unlock(&lane->mutex);
}

bool lane_was_used_since(struct lane *lane, int64_t since_ms)
{
	(void)pthread_mutex_lock(&lane->mutex);
	bool used = lane->used_ms > 0 && lane->used_ms >= since_ms;
	(void)pthread_mutex_unlock(&lane->mutex);
	return used;
}

void lane_put(struct lane *lane, struct submission *submission)
{
	submission->next = NULL;
	(void)pthread_mutex_lock(&lane->mutex);
	queue_append(&lane->waiting, submission);
	lane->used_ms = clock_now_ms();
	(void)pthread_cond_signal(&lane->changed);
	(void)pthread_mutex_unlock(&lane->mutex);
}

struct submission *lane_collect(struct lane *lane)
{
	(void)pthread_mutex_lock(&lane->mutex);
	struct submission *list = lane->done.first;
	queue_init(&lane->done);
	(void)pthread_mutex_unlock(&lane->mutex);
	return list;
}

// Cuts the head off the waiting queue. The caller holds the mutex.
static struct submission *take_locked(struct lane *lane)
{
	struct submission *list = lane->waiting.first;
	struct submission *last = list;
	size_t reports = submission_weight(list);

	while (last->next != NULL && reports + submission_weight(last->next) <= lane->max_reports) {
		last = last->next;
		reports += submission_weight(last);
	}
	lane->waiting.first = last->next;
	if (lane->waiting.first == NULL)
		queue_init(&lane->waiting);
	last->next = NULL;
	return list;
}

struct submission *lane_take(struct lane *lane)
{
	struct submission *list = NULL;

	(void)pthread_mutex_lock(&lane->mutex);
	while (lane->waiting.first == NULL && !lane->closed && !lane->abandoned)
		(void)pthread_cond_wait(&lane->changed, &lane->mutex);
	if (lane->waiting.first != NULL && !lane->abandoned)
		list = take_locked(lane);
	(void)pthread_mutex_unlock(&lane->mutex);
	return list;
}

void lane_done(struct lane *lane, struct submission *list)
{
	(void)pthread_mutex_lock(&lane->mutex);
	queue_append(&lane->done, list);
	(void)pthread_mutex_unlock(&lane->mutex);
	wake_put(lane->wake_fd);
}

void lane_trouble(struct lane *lane, bool troubled)
{
	(void)pthread_mutex_lock(&lane->mutex);
	lane->troubled = troubled;
	(void)pthread_mutex_unlock(&lane->mutex);
	wake_put(lane->wake_fd);
}

bool lane_is_troubled(struct lane *lane)
{
	(void)pthread_mutex_lock(&lane->mutex);
	bool troubled = lane->troubled;
	(void)pthread_mutex_unlock(&lane->mutex);
	return troubled;
}

bool lane_pause(struct lane *lane, unsigned milliseconds)
{
	struct timespec until = clock_after_ms(milliseconds);

	(void)pthread_mutex_lock(&lane->mutex);
	while (!lane->abandoned && pthread_cond_timedwait(&lane->changed, &lane->mutex, &until) == 0)
		continue; // woken by a new submission: the pause goes on
	bool go_on = !lane->abandoned;
	(void)pthread_mutex_unlock(&lane->mutex);
	return go_on;
}

void lane_close(struct lane *lane)
{
	(void)pthread_mutex_lock(&lane->mutex);
	lane->closed = true;
	(void)pthread_cond_broadcast(&lane->changed);
	(void)pthread_mutex_unlock(&lane->mutex);
}

void lane_abandon(struct lane *lane)
{
	(void)pthread_mutex_lock(&lane->mutex);
	lane->abandoned = true;
	(void)pthread_cond_broadcast(&lane->changed);
	(void)pthread_mutex_unlock(&lane->mutex);
}
