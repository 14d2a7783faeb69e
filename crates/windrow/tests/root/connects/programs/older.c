/* What was there before windrow. */
#include "common.h"

/* SCENARIO ARGUMENT...: says so, waits for a byte, and does that. */
int held(char **arguments)
{
	hold();
	execv("/proc/self/exe", arguments - 1);
	return 95;
}

/* ESTABLISHED CONNECTING N: so many connections of each kind before, all of which end now; and sockets
 * that are as old, for n attempts */
int older_connections(char **arguments)
{
	union address at = address("127.0.0.1", 8000), silent = address(SILENT, 80);
	struct server server = begin_server("server", &at, 1, 0);
	int established = atoi(arguments[0]), connecting = atoi(arguments[1]), i;
	int *sockets = calloc(established + connecting + atoi(arguments[2]), sizeof(int));
	int *it = sockets;
	pid_t behind = wire();

	for (i = 0; i < established; i++, it++)
		meet(*it = tcp(&at, 0), &at);
	for (i = 0; i < connecting; i++, it++)
		begin(*it = tcp(&silent, SOCK_NONBLOCK), &silent);
	for (i = 0; i < atoi(arguments[2]); i++)
		it[i] = tcp(&at, 0);
	named("older");
	hold();
	own = (struct own){0};
	for (i = 0; i < atoi(arguments[2]); i++)
		meet(it[i], &at);
	while (it-- > sockets)
		close(*it);
	tell("out");
	kill(behind, SIGKILL);
	end_server(server);
	return 0;
}

/* N: a server that is older than its clients */
int older_server(char **arguments)
{
	struct visits it = {address("127.0.0.1", 8000), atol(arguments[0])};
	struct server server = begin_server("server", &it.to, 1, 0);

	hold();
	reap(child("client", visits, &it));
	end_server(server);
	return 0;
}
