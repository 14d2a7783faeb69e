/* Who connects, and how much goes over it. */
#include "common.h"

/* N CODE: n connections; then it ends with that. */
int ends(char **arguments)
{
	union address at = address("127.0.0.1", 8000);
	struct visits it = {at, atol(arguments[0])};
	struct server server = begin_server("server", &at, 1, 0);

	named("ends");
	visits(&it);
	tell("out");
	end_server(server);
	return atoi(arguments[1]);
}

static struct visits nobody_there(const char *n)
{
	return (struct visits){address("127.0.0.1", CLOSED), atol(n)};
}

/* NAME N: a child of that name, and a single attempt of another */
int renamed(char **arguments)
{
	struct visits it = nobody_there(arguments[1]), one = nobody_there("1");

	reap(child(arguments[0], visits, &it));
	reap(child("other", visits, &one));
	return 0;
}

static void as_nobody(void *visits_of)
{
	must("setgid", syscall(SYS_setgid, 65534));
	must("setuid", syscall(SYS_setuid, 65534));
	visits(visits_of);
}

/* N: a child of another user */
int as_user(char **arguments)
{
	struct visits it = nobody_there(arguments[0]), one = nobody_there("1");

	reap(child("nobody", as_nobody, &it));
	reap(child("other", visits, &one));
	return 0;
}

static const char *group;

static void inside(void *visits_of)
{
	char path[512];
	int file;

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	file = must(path, open(path, O_WRONLY));
	must(path, write(file, "0", 1));
	close(file);
	visits(visits_of);
}

/* GROUP N: a child that goes into that control group */
int in_group(char **arguments)
{
	struct visits it = nobody_there(arguments[1]), one = nobody_there("1");

	group = arguments[0];
	reap(child("inside", inside, &it));
	reap(child("other", visits, &one));
	return 0;
}

struct exchange {
	union address to;
	long n, sent, received;
};

static void send_all(int socket, long bytes)
{
	static char block[1 << 16];
	long part;

	for (; bytes > 0; bytes -= part)
		part = must("send", send(socket, block, bytes < 65536 ? bytes : 65536, 0));
}

static void receive_all(int socket, long bytes)
{
	static char block[1 << 16];
	long part;

	for (; bytes > 0; bytes -= part) {
		part = must("recv", recv(socket, block, bytes < 65536 ? bytes : 65536, 0));
		if (!part)
			exit(94);
	}
}

/* Each sends, is answered, and lives for 20 ms at least. */
static void exchanges(void *argument)
{
	const struct exchange *it = argument;
	struct timespec life = {.tv_nsec = 20000000};
	int64_t lived = 0, began;
	int socket;
	char byte;
	long i;

	for (i = 0; i < it->n; i++) {
		socket = tcp(&it->to, 0);
		began = now();
		attempt(socket, &it->to);
		send_all(socket, it->sent);
		receive_all(socket, it->received);
		nanosleep(&life, 0);
		must("shutdown", shutdown(socket, SHUT_WR));
		must("read", read(socket, &byte, 1));
		close(socket);
		lived += now() - began;
	}
	dprintf(1, "lived_ns %ld\n", (long)lived);
}

/* N SENT RECEIVED: connections with so many bytes each way */
int exchange(char **arguments)
{
	union address at = address("127.0.0.1", 8000);
	struct exchange it = {at, atol(arguments[0]), atol(arguments[1]), atol(arguments[2])};
	pid_t client;
	int listens, socket;
	char byte;
	long i;

	named("server");
	listens = listener(&at, 0);
	must("blocking", fcntl(listens, F_SETFL, 0));
	client = child("client", exchanges, &it);
	for (i = 0; i < it.n; i++) {
		socket = must("accept", accept(listens, 0, 0));
		own.established++;
		receive_all(socket, it.sent);
		send_all(socket, it.received);
		must("read", read(socket, &byte, 1));
		close(socket);
	}
	reap(client);
	tell("in");
	return 0;
}
