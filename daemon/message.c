#include "message.h"

#include <string.h>

// ZMTP 3 (RFC 23): flags and length before a frame. CURVE (RFC 26): "\7MESSAGE", nonce, authenticator and flags before its bytes.
enum { HEAD_SMALL = 2, HEAD_LARGE = 9, SMALL_MAX = 255, CURVE_BYTES = 33 };

static uint64_t wire_size(zmq_msg_t *frame)
{
	size_t body = zmq_msg_size(frame) + CURVE_BYTES;
	return body + (body > SMALL_MAX ? HEAD_LARGE : HEAD_SMALL);
}

void message_close(struct message *message)
{
	for (size_t i = 0; i < message->frame_count && i < MESSAGE_FRAMES_KEPT; i++)
		(void)zmq_msg_close(&message->frames[i]);
}

bool message_receive(void *socket, bool routed, struct message *message)
{
	bool more = true;
	message->wire_bytes = 0;
	for (message->frame_count = 0; more; message->frame_count++) {
		zmq_msg_t spare = {{0}};
		zmq_msg_t *frame = message->frame_count < MESSAGE_FRAMES_KEPT ? &message->frames[message->frame_count] : &spare;
		(void)zmq_msg_init(frame);
		if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0) {
			(void)zmq_msg_close(frame);
			return message->frame_count > 0;
		}
		more = zmq_msg_more(frame) != 0;
		if (!routed || message->frame_count > 0)
			message->wire_bytes += wire_size(frame);
		if (frame == &spare)
			(void)zmq_msg_close(&spare);
	}
	return true;
}

bool message_version_is_spoken(zmq_msg_t *version)
{
	return zmq_msg_size(version) == strlen(MESSAGE_PROTOCOL_VERSION) &&
	       memcmp(zmq_msg_data(version), MESSAGE_PROTOCOL_VERSION, strlen(MESSAGE_PROTOCOL_VERSION)) == 0;
}

const char *message_frame_text(zmq_msg_t *frame, char text[static MESSAGE_TEXT_SIZE])
{
	size_t size = zmq_msg_size(frame) < MESSAGE_TEXT_SIZE ? zmq_msg_size(frame) : MESSAGE_TEXT_SIZE - 1;
	const unsigned char *bytes = zmq_msg_data(frame);
	for (size_t i = 0; i < size; i++)
		text[i] = bytes[i] >= ' ' && bytes[i] < 0x7F ? (char)bytes[i] : '?';
	text[size] = '\0';
	return text;
}
