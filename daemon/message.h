// One ZeroMQ message as it was read: a few of its frames, and how many there were. The thread of the socket.
#ifndef BAOCAO_MESSAGE_H
#define BAOCAO_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#define MESSAGE_PROTOCOL_VERSION "baocao/1"

enum {
	MESSAGE_FRAMES_KEPT = 4, // routing id, version, body, and one too many
	MESSAGE_TEXT_SIZE = 32
};

struct message {
	size_t frame_count;                    // all of them, kept or not
	zmq_msg_t frames[MESSAGE_FRAMES_KEPT]; // initialised as far as frame_count
	uint64_t wire_bytes;                   // what it took on the wire with CURVE, all frames
};

// Reads one whole message, dropping frames beyond those kept; message_close() ends it. False when none waits. routed: the first
// frame is a routing id, which never was on the wire.
bool message_receive(void *socket, bool routed, struct message *message);
void message_close(struct message *message);

// Whether the frame is the version of the protocol that is spoken here.
bool message_version_is_spoken(zmq_msg_t *version);

// Text of a frame for people: what is not printable ASCII becomes a question mark. Gives text.
const char *message_frame_text(zmq_msg_t *frame, char text[static MESSAGE_TEXT_SIZE]);

#endif
