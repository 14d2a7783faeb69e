/* Every way in which an attempt fails. */
#include "common.h"

/* So many new sockets to there, one after the other */
struct tries {
	const char *to;
	int n;
};

static void try(void *argument)
{
	const struct tries *it = argument;
	union address to = address(it->to, 80);
	int i, connects, patience = 500;

	for (i = 0; i < it->n; i++) {
		connects = tcp(&to, 0);
		must("patience", setsockopt(connects, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience,
					    sizeof(patience)));
		attempt(connects, &to);
		close(connects);
	}
}

static int silent(void)
{
	union address to = address(SILENT, 80);
	int it = tcp(&to, SOCK_NONBLOCK);

	begin(it, &to);
	return it;
}

static void close_amid(void *unused)
{
	int i;

	for (i = 0; i < 10; i++)
		abandon(silent());
}

static void unconnect_amid(void *unused)
{
	struct sockaddr nothing = {.sa_family = AF_UNSPEC};
	int it = silent();

	must("unconnect", connect(it, &nothing, sizeof(nothing)));
	abandon(it);
}

static void shutdown_amid(void *unused)
{
	int it = silent();

	must("shutdown", shutdown(it, SHUT_RDWR));
	abandon(it);
}

static int impatient(void)
{
	union address to = address(SILENT, 80);
	struct timeval patience = {.tv_usec = 50000};
	int it = tcp(&to, 0);

	must("patience", setsockopt(it, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)));
	begin(it, &to);
	return it;
}

/* Its time is over, and it connects still. */
static void close_impatient(void *unused)
{
	abandon(impatient());
}

static void connect_silently(void *unused)
{
	union address to = address(SILENT, 80);
	int it = tcp(&to, 0);

	attempt(it, &to);
}

/* A child that is killed cannot tell. */
static void killed(void)
{
	struct own its = {.attempts = 1, .failed[ABANDONED] = 1};
	pid_t it = child("killed", connect_silently, 0);

	asleep_in(it, SYS_connect);
	must("kill", kill(it, SIGKILL));
	must("wait4", waitpid(it, 0, 0));
	tell_of("out", "killed", it, &its);
}

/* Every way that takes no more than a second; unroutable networks are the test's. */
int fails(char **arguments)
{
	static struct {
		const char *name;
		struct tries its;
	} tries[] = {
		{"timed_out", {SILENT, 1}},	  {"reset", {RESETS, 3}},
		{"no_host", {NO_HOST, 1}},	  {"refused", {REFUSES, 3}},
		{"no_route", {"192.0.2.1", 10}},  {"unreachable", {"10.1.0.1", 10}},
		{"prohibited", {"10.2.0.1", 10}}, {"blackhole", {"10.3.0.1", 10}},
		{"no_route6", {"fd77::1", 10}},	  {"mapped", {"::ffff:10.1.0.1", 10}},
		{"refused6", {"::1", 3}},
	};
	static const struct {
		const char *name;
		void (*body)(void *);
	} amid[] = {
		{"closed", close_amid},
		{"unconnected", unconnect_amid},
		{"shut_down", shutdown_amid},
		{"impatient", close_impatient},
	};
	enum { TRIES = sizeof(tries) / sizeof(*tries), AMID = sizeof(amid) / sizeof(*amid) };
	pid_t children[TRIES + AMID], behind = wire();
	unsigned i;

	for (i = 0; i < TRIES; i++)
		children[i] = child(tries[i].name, try, &tries[i].its);
	for (i = 0; i < AMID; i++)
		children[TRIES + i] = child(amid[i].name, amid[i].body, 0);
	killed();
	for (i = 0; i < TRIES + AMID; i++)
		reap(children[i]);
	kill(behind, SIGKILL);
	return 0;
}

/* An attempt that an administrator ends, where the kernel lets one */
int destroyed(char **arguments)
{
	pid_t behind = wire(), it = child("destroyed", connect_silently, 0);
	int patience, result = NOT_HERE;

	asleep_in(it, SYS_connect);
	if (!system("ss -K dst " SILENT " >/dev/null 2>&1"))
		for (patience = 1000; patience && result; patience--) {
			usleep(10000);
			if (waitpid(it, 0, WNOHANG) == it)
				result = 0;
		}
	if (result)
		kill(it, SIGKILL);
	kill(behind, SIGKILL);
	return result;
}

/* A process that is left behind, with three sockets that connect still */
int left_connecting(char **arguments)
{
	int ready[2], i;
	pid_t it;
	char byte = 0;

	wire();
	must("pipe", pipe(ready));
	it = must("fork", fork());
	if (!it) {
		named("patient");
		setsid();
		for (i = 0; i < 3; i++)
			i ? silent() : impatient();
		tell("out");
		must("write", write(ready[1], &byte, 1));
		for (i = 0; i < 3; i++)
			close(i);
		sleep(30);
		_exit(0);
	}
	must("read", read(ready[0], &byte, 1));
	return 0;
}

/* N: as many attempts as there are ports, and n more */
int exhausted(char **arguments)
{
	union address at = address("127.0.0.1", 8000);
	struct server server = begin_server("server", &at, 1, 0);
	int n = atoi(arguments[0]), i;

	named("exhausted");
	for (i = 0; i < n; i++)
		meet(tcp(&at, 0), &at);
	tell("out");
	end_server(server);
	return 0;
}

/* N: attempts from a port that is in use for the same destination */
int occupied(char **arguments)
{
	union address at = address("127.0.0.1", 8000), from = address("127.0.0.1", 9000);
	struct server server = begin_server("server", &at, 1, 0);
	int n = atoi(arguments[0]), i, it, on = 1;

	named("occupied");
	for (i = 0; i <= n; i++) {
		it = tcp(&at, 0);
		must("reuse", setsockopt(it, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
		must("bind", bind(it, &from.any, length_of(&from)));
		meet(it, &at);
	}
	tell("out");
	end_server(server);
	return 0;
}
