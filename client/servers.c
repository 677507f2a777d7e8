#include "servers.h"

#include <sodium.h>
#include <stdio.h>

#include "signing_keys.h"
#include "words.h"

_Static_assert(OPTIONS_LIST_MAX <= (int)DELIVER_SERVERS_MAX, "what options take can be delivered to");

// One key of the server for all, or one for each; the collector's own key where there is any.
static bool keys_fit(const struct options *options)
{
	int keys = options->server_keys.count;

	if ((keys == 0) == (options->key == NULL) && (keys <= 1 || keys == options->servers.count))
		return true;
	(void)fputs(_("baocao: give --key and one --server-key for all servers, or one for each\n"), stderr);
	return false;
}

static bool read_signing_keys(const struct options *options, struct signing_keys *keys)
{
	*keys = (struct signing_keys){0};
	for (int i = 0; i < options->signing_keys.count; i++)
		if (!signing_keys_read(keys, options->signing_keys.texts[i]))
			return false;
	return true;
}

bool servers_of(const struct options *options, struct deliver_servers *ret_servers)
{
	const struct options_list *keys = &options->server_keys;
	struct signing_keys signing_keys; // only whether they are right

	*ret_servers = (struct deliver_servers){.patience_ms = (unsigned)options->timeout_s * 1000};
	if (options->servers.count == 0) {
		(void)fputs(_("baocao: no --server is given, here or in baocao.conf\n"), stderr);
		return false;
	}
	if (!keys_fit(options) || !read_signing_keys(options, &signing_keys))
		return false;
	for (int i = 0; i < options->servers.count; i++) {
		ret_servers->endpoints[ret_servers->count++] = options->servers.texts[i];
		if (keys->count > 0 && !keys_read_public(keys->texts[keys->count > 1 ? i : 0], ret_servers->server_keys[i]))
			return false;
	}
	return options->key == NULL || keys_read(options->key, true, ret_servers->secret_key);
}

bool servers_trust(const struct options *options, struct outbox *outbox)
{
	struct signing_keys keys;
	return read_signing_keys(options, &keys) && signing_keys_save(&keys, outbox, "given");
}

void servers_wipe(struct deliver_servers *servers)
{
	sodium_memzero(servers, sizeof *servers);
}
