/* Servers of every kind, and their clients. */
#include "common.h"

int listener(const union address *at, int flag)
{
	int it = tcp(at, SOCK_NONBLOCK), on = 1, waiting = 100;

	must("reuse", setsockopt(it, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	if (flag == SO_REUSEPORT)
		must("reuse", setsockopt(it, SOL_SOCKET, flag, &on, sizeof(on)));
	if (flag == TCP_FASTOPEN)
		must("fast open", setsockopt(it, IPPROTO_TCP, flag, &waiting, sizeof(waiting)));
	must("bind", bind(it, &at->any, length_of(at)));
	must("listen", listen(it, 4096));
	return it;
}

/* What comes with a fast open is read: a reset could overtake the handshake. */
static int reads;

static long accept_all(int listener)
{
	long n = 0;
	char byte;
	int it;

	while ((it = accept(listener, 0, 0)) >= 0) {
		if (reads)
			must("read", read(it, &byte, 1));
		close(it);
		n++;
	}
	/* Of several processes another may have been faster. */
	if (errno != EAGAIN)
		must("accept", -1);
	return n;
}

long serve(const int *listeners, int count, int until)
{
	struct pollfd ready[MOST_LISTENERS + 1];
	long n = 0;
	int i;

	for (i = 0; i < count; i++)
		ready[i] = (struct pollfd){.fd = listeners[i], .events = POLLIN};
	ready[count] = (struct pollfd){.fd = until, .events = POLLIN};
	do {
		must("poll", poll(ready, count + 1, -1));
		for (i = 0; i < count; i++)
			n += accept_all(listeners[i]);
	} while (!ready[count].revents);
	return n;
}

struct server begin_server(const char *name, const union address *at, int ports, int flag)
{
	int until[2], ready[2], listeners[MOST_LISTENERS], i;
	union address each = *at;
	struct server it;
	char byte = 0;

	must("pipe", pipe(until) | pipe(ready));
	it = (struct server){must("fork", fork()), until[1]};
	if (!it.pid) {
		named(name);
		reads = flag == TCP_FASTOPEN;
		close(until[1]);
		for (i = 0; i < ports; i++) {
			each.four.sin_port = htons(ntohs(at->four.sin_port) + i);
			listeners[i] = listener(&each, flag);
		}
		must("write", write(ready[1], &byte, 1));
		own = (struct own){.established = serve(listeners, ports, until[0])};
		tell("in");
		exit(0);
	}
	close(until[0]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		exit(96);
	close(ready[0]);
	return it;
}

void end_server(struct server it)
{
	/* Later children hold that end too: closing it would not be seen. */
	must("write", write(it.until, "", 1));
	close(it.until);
	reap(it.pid);
}

void meet(int socket, const union address *to)
{
	char byte;

	if (!attempt(socket, to))
		must("read", read(socket, &byte, 1));
}

void visit(const union address *to)
{
	int it = tcp(to, 0);

	meet(it, to);
	close(it);
}

void visits(void *argument)
{
	const struct visits *it = argument;
	long n = it->n;

	while (n-- > 0)
		visit(&it->to);
}

static int prefork(char **arguments, int holds)
{
	union address at = address("127.0.0.1", 8000);
	struct own accepted = {0};
	int n = atoi(arguments[0]), i, until[2], counts[2];
	struct visits it = {at, atol(arguments[1])};
	pid_t workers[MOST_THREADS];
	int listens;
	long one;

	named("listener");
	listens = listener(&at, 0);
	must("pipe", pipe(until) | pipe(counts));
	for (i = 0; i < n; i++) {
		workers[i] = must("fork", fork());
		if (!workers[i]) {
			named("worker");
			close(until[1]);
			one = serve(&listens, 1, until[0]);
			must("write", write(counts[1], &one, sizeof(one)));
			exit(0);
		}
	}
	if (holds)
		hold();
	reap(child("client", visits, &it));
	close(until[1]);
	for (i = 0; i < n; i++) {
		must("read", read(counts[0], &one, sizeof(one)));
		accepted.established += one;
		reap(workers[i]);
	}
	tell_of("in", "listener", getpid(), &accepted);
	return 0;
}

/* WORKERS N: a process listens, others accept. */
int preforked(char **arguments)
{
	return prefork(arguments, 0);
}

/* The same; all of them are there before windrow is. */
int older_preforked(char **arguments)
{
	return prefork(arguments, 1);
}

static int share_port(char **arguments, int holds)
{
	union address at = address("127.0.0.1", 8000);
	struct visits it = {at, atol(arguments[1])};
	struct server servers[MOST_THREADS];
	int n = atoi(arguments[0]), i;

	for (i = 0; i < n; i++)
		servers[i] = begin_server("server", &at, 1, SO_REUSEPORT);
	if (holds)
		hold();
	reap(child("client", visits, &it));
	while (i-- > 0)
		end_server(servers[i]);
	return 0;
}

/* SERVERS N: each listens at the same port for itself. */
int reuseport(char **arguments)
{
	return share_port(arguments, 0);
}

/* The same; all of them are there before windrow is. */
int older_reuseport(char **arguments)
{
	return share_port(arguments, 1);
}

/* N: a listener of both families, and clients of IPv4, IPv4 in IPv6, and IPv6, and to no address, which
 * is the host's own */
int families(char **arguments)
{
	static const char *const names[] = {"plain", "mapped", "six", "any"};
	static const char *const to[] = {"127.0.0.1", "::ffff:127.0.0.1", "::1", "0.0.0.0"};
	union address at = address("::", 8000);
	struct server server = begin_server("server", &at, 1, 0);
	struct visits it;
	int i;

	for (i = 0; i < 4; i++) {
		it = (struct visits){address(to[i], 8000), atol(arguments[0])};
		reap(child(names[i], visits, &it));
	}
	end_server(server);
	return 0;
}

/* N: servers at one port of several addresses. One of them ends, and another process takes its place. */
int neighbours(char **arguments)
{
	union address at[] = {address("127.0.0.1", 8000), address("127.0.0.2", 8000),
			      address("127.0.0.3", 8000)};
	struct server servers[] = {begin_server("first", &at[0], 1, 0),
				   begin_server("second", &at[1], 1, 0),
				   begin_server("third", &at[2], 1, 0)};
	long n = atol(arguments[0]);
	struct visits it;
	int i, round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < 3; i++) {
			it = (struct visits){at[i], n * (i + 1)};
			reap(child("client", visits, &it));
		}
		if (round)
			break;
		end_server(servers[0]);
		end_server(servers[2]);
		servers[0] = begin_server("fourth", &at[0], 1, 0);
		servers[2] = begin_server("fifth", &at[2], 1, 0);
	}
	for (i = 0; i < 3; i++)
		end_server(servers[i]);
	return 0;
}

/* N: a process makes the socket, and another listens with it. */
int lent(char **arguments)
{
	union address at = address("127.0.0.1", 8000);
	struct visits it = {at, atol(arguments[0])};
	int listens = tcp(&at, SOCK_NONBLOCK), until[2], ready[2];
	pid_t server;
	char byte = 0;

	must("bind", bind(listens, &at.any, length_of(&at)));
	must("pipe", pipe(until) | pipe(ready));
	server = must("fork", fork());
	if (!server) {
		named("server");
		close(until[1]);
		must("listen", listen(listens, 100));
		must("write", write(ready[1], &byte, 1));
		own.established = serve(&listens, 1, until[0]);
		tell("in");
		exit(0);
	}
	must("read", read(ready[0], &byte, 1));
	/* More may wait for it now, but it is whose it was. */
	must("listen", listen(listens, 200));
	reap(child("client", visits, &it));
	close(until[1]);
	reap(server);
	return 0;
}
