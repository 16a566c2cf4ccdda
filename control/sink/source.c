/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sink/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define IN_SIZE ((size_t)128 * 1024)

/* A parameter with its value as %XX where it has to be. */
static void put_parameter(struct cv_json *j, const char *name, const char *value)
{
	static const char digit[] = "0123456789ABCDEF";

	if (!*value)
		return;
	cv_json_lit(j, "&");
	cv_json_put(j, name, strlen(name));
	cv_json_lit(j, "=");
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;
		char text[3] = {'%', digit[c >> 4], digit[c & 15]};

		if (c == ' ')
			continue; /* "alarm, status" */
		if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		    strchr("-._~,*:", c))
			cv_json_put(j, &c, 1);
		else
			cv_json_put(j, text, sizeof(text));
	}
}

int cv_sink_source_query(const struct cv_config_sink *sink, char *ret, size_t size)
{
	struct cv_json j = cv_json(ret, size - 1);

	cv_json_lit(&j, "/v1/events?format=frames&group=sink.");
	cv_json_put(&j, sink->name, strlen(sink->name));
	if (sink->from == CV_SINK_FROM_EARLIEST)
		cv_json_lit(&j, "&from=earliest");
	else
		cv_json_lit(&j, "&from=latest");
	put_parameter(&j, "lane", sink->lanes);
	put_parameter(&j, "type", sink->types);
	put_parameter(&j, "name", sink->names);
	put_parameter(&j, "device", sink->devices);
	*j.at = '\0';
	return j.failed ? -ENAMETOOLONG : (int)(j.at - ret);
}

static int say(struct cv_sink_source *s, int res, const char *what)
{
	snprintf(s->why, sizeof(s->why), "%s (%s)", what, strerror(-res));
	return res;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -errno;
	}
	return fd;
}

static int send_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

int cv_sink_source_open(struct cv_sink_source *s, const struct cv_sink_settings *settings)
{
	char path[1600], text[2048];
	int res, n;

	memset(s, 0, sizeof(*s));
	s->stream_fd = s->ack_fd = -1;
	snprintf(s->group, sizeof(s->group), "sink.%s", settings->sink.name);
	s->in = malloc(IN_SIZE);
	if (!s->in)
		return say(s, -ENOMEM, "out of memory");
	res = cv_sink_source_query(&settings->sink, path, sizeof(path));
	if (res < 0)
		return say(s, res, "the filters are too long");
	s->stream_fd = connect_to(settings->api_socket);
	s->ack_fd = s->stream_fd < 0 ? s->stream_fd : connect_to(settings->api_socket);
	if (s->ack_fd < 0)
		return say(s, s->ack_fd, "control cannot be reached at its socket");
	/* HTTP/1.0: the frames come as they are, without chunks between. */
	n = snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", path);
	res = send_all(s->stream_fd, text, (size_t)n);
	return res < 0 ? say(s, res, "control does not take the request") : 0;
}

void cv_sink_source_close(struct cv_sink_source *s)
{
	if (s->stream_fd >= 0)
		close(s->stream_fd);
	if (s->ack_fd >= 0)
		close(s->ack_fd);
	free(s->in);
	s->in = NULL;
	s->stream_fd = s->ack_fd = -1;
}

/* The status of an answer, 0 = no answer of HTTP. */
static int status_of(const char *head)
{
	return strncmp(head, "HTTP/1.", 7) == 0 && head[8] == ' ' ? atoi(head + 9) : 0;
}

/* What control wrote in its refusal, {"error": "...", "hint": "..."}, as one line. */
static void tell_refusal(struct cv_sink_source *s, const char *what, const char *text)
{
	const char *body = strstr(text, "\r\n\r\n");
	size_t used = (size_t)snprintf(s->why, sizeof(s->why), "control refuses %s: ", what);

	for (body = body ? body + 4 : ""; *body && used + 1 < sizeof(s->why); body++) {
		if ((unsigned char)*body >= ' ')
			s->why[used++] = *body;
	}
	s->why[used] = '\0';
}

/* The head of the answer; frames may stand behind it already. */
static int read_head(struct cv_sink_source *s)
{
	size_t room = sizeof(s->head) - 1 - s->head_len, behind;
	ssize_t n = recv(s->stream_fd, s->head + s->head_len, room, MSG_DONTWAIT);
	char *end;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : say(s, -errno, "control is gone");
	s->head_len += (size_t)n;
	s->head[s->head_len] = '\0';
	end = memmem(s->head, s->head_len, "\r\n\r\n", 4);
	if (end && status_of(s->head) == 200) {
		s->begun = true;
		end += 4;
		behind = s->head_len - (size_t)(end - s->head);
		memcpy(s->in, end, behind);
		s->in_len = behind;
		return 0;
	}
	if (n > 0 && s->head_len + 1 < sizeof(s->head))
		return 0;
	tell_refusal(s, "the events", s->head);
	return -EPROTO;
}

bool cv_sink_source_is_empty(const struct cv_sink_source *s)
{
	return s->in_at == s->in_len;
}

int cv_sink_source_read(struct cv_sink_source *s)
{
	ssize_t n;

	if (!s->begun)
		return read_head(s);
	if (!cv_sink_source_is_empty(s))
		return 0;
	s->in_at = s->in_len = 0;
	n = recv(s->stream_fd, s->in, IN_SIZE, MSG_DONTWAIT);
	if (n == 0)
		return say(s, -EPIPE, "control has ended the stream");
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : say(s, -errno, "control is gone");
	s->in_len = (size_t)n;
	return 0;
}

int cv_sink_source_next(struct cv_sink_source *s, const struct cv_frame **ret)
{
	size_t used;
	int res = cv_frames_feed(&s->reader, s->in + s->in_at, s->in_len - s->in_at, &used, ret);

	s->in_at += used;
	return res < 0 ? say(s, res, "control sends what is no frame") : res;
}

int cv_sink_source_ack(struct cv_sink_source *s, const struct cv_member_cursor *cursor)
{
	char text[512], at[CV_CURSOR_TEXT_MAX];
	int n, res;

	cv_member_cursor_format(cursor, at);
	n = snprintf(text, sizeof(text),
		     "POST /v1/groups/%s/ack?cursor=%s HTTP/1.1\r\nHost: localhost\r\n"
		     "Content-Length: 0\r\n\r\n",
		     s->group, at);
	res = send_all(s->ack_fd, text, (size_t)n);
	if (res < 0)
		return say(s, res, "control takes no acknowledgement");
	s->asked = *cursor;
	s->asking = true;
	s->reply_len = 0;
	return 0;
}

int cv_sink_source_acked(struct cv_sink_source *s)
{
	size_t room = sizeof(s->reply) - 1 - s->reply_len, length;
	ssize_t n = recv(s->ack_fd, s->reply + s->reply_len, room, MSG_DONTWAIT);
	const char *end, *field;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0 || !s->asking)
		return say(s, n < 0 ? -errno : -EPIPE, "control has ended the connection");
	s->reply_len += (size_t)n;
	s->reply[s->reply_len] = '\0';
	end = strstr(s->reply, "\r\n\r\n");
	field = strcasestr(s->reply, "\r\ncontent-length:");
	if (!end || !field || field > end)
		return room > (size_t)n ? 0 : say(s, -EPROTO, "control's answer is too long");
	length = strtoul(field + strlen("\r\ncontent-length:"), NULL, 10);
	if (s->reply_len < (size_t)(end + 4 - s->reply) + length)
		return 0;
	s->asking = false;
	if (status_of(s->reply) == 200)
		return 1;
	tell_refusal(s, "the acknowledgement", s->reply);
	return -EPROTO;
}
