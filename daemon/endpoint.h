// One bound ZeroMQ socket with every option that a server on a wide network needs, set before the bind.
#ifndef BAOCAO_ENDPOINT_H
#define BAOCAO_ENDPOINT_H

// Binds a socket of that type (ZMQ_ROUTER, ZMQ_PULL). tcp:// gets CURVE with the secret key of that file, ipc:// none.
// NULL on failure: *ret_error names endpoint and reason (the caller frees it). The socket is the caller's to zmq_close().
void *endpoint_bind(void *context, int type, const char *endpoint, const char *secret_key_file, char **ret_error);

#endif
