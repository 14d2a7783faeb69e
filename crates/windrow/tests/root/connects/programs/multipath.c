/* Connections of Multipath TCP, which are ones of TCP inside. */
#include "common.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static void plainly(void *visits_of)
{
	protocol = 0;
	visits(visits_of);
}

/* N: a server, and clients that do as it does or do not, and one that is refused */
int multipath(char **arguments)
{
	union address at = address("127.0.0.1", 8000);
	struct visits it = {at, atol(arguments[0])};
	struct visits closed = {address("127.0.0.1", CLOSED), it.n};
	struct server server;
	int probe = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	if (probe < 0)
		return NOT_HERE;
	close(probe);
	protocol = IPPROTO_MPTCP;
	server = begin_server("server", &at, 1, 0);
	reap(child("multipath", visits, &it));
	reap(child("plain", plainly, &it));
	reap(child("refused", visits, &closed));
	end_server(server);
	return 0;
}
