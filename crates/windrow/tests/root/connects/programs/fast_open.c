/* Connections that are opened by data. */
#include "common.h"

static const char HOST[] = "127.0.0.1";

static void send_open(int socket, const union address *to)
{
	long sent;

	own.attempts++;
	sent = sendto(socket, "x", 1, MSG_FASTOPEN, &to->any, length_of(to));
	if (must("sendto", sent) == 1)
		own.established++;
}

/* N connections that open by what they send; the first asks for the cookie. */
static void sends(void *n)
{
	union address to = address(HOST, 8000);
	long i;
	char byte;
	int it;

	for (i = 0; i < (long)n; i++) {
		it = tcp(&to, 0);
		send_open(it, &to);
		read(it, &byte, 1);
		close(it);
	}
}

static int later(const union address *to)
{
	int it = tcp(to, 0), on = 1;

	must("fast open", setsockopt(it, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)));
	own.attempts++;
	must("connect", connect(it, &to->any, length_of(to)));
	return it;
}

/* N that connect when something is written */
static void connects(void *n)
{
	union address to = address(HOST, 8000);
	long i;
	char byte;
	int it;

	for (i = 0; i < (long)n; i++) {
		it = later(&to);
		must("write", write(it, "x", 1));
		own.established++;
		read(it, &byte, 1);
		close(it);
	}
}

/* N that are closed before that */
static void unwritten(void *n)
{
	union address to = address(HOST, 8000);
	long i;

	for (i = 0; i < (long)n; i++)
		abandon(later(&to));
}

/* N: connections that are opened by data, in two ways */
int fast_open(char **arguments)
{
	union address at = address(HOST, 8000);
	void *n = (void *)atol(arguments[0]);
	struct server server = begin_server("server", &at, 1, TCP_FASTOPEN);

	reap(child("sends", sends, n));
	reap(child("connects", connects, n));
	reap(child("unwritten", unwritten, n));
	end_server(server);
	return 0;
}
