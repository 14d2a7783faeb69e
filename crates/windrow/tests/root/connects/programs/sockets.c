/* What may be done with one socket, and how often it counts. */
#include "common.h"

static const char HOST[] = "127.0.0.1";

/* The wire: while it is stopped, nothing that is sent to it is answered. */
static pid_t behind;

static void unconnect(int socket)
{
	struct sockaddr nothing = {.sa_family = AF_UNSPEC};

	must("unconnect", connect(socket, &nothing, sizeof(nothing)));
}

/* Five attempts of one socket */
static void five(void *unused)
{
	union address closed = address(HOST, CLOSED), to = address(HOST, 8000);
	int it = tcp(&to, 0), i;

	for (i = 0; i < 3; i++)
		attempt(it, &closed);
	meet(it, &to);
	unconnect(it);
	attempt(it, &to);
}

static void expect(int socket, const union address *to, int error)
{
	if (!connect(socket, &to->any, length_of(to)) || errno != error) {
		perror("a connect that was to fail otherwise");
		exit(96);
	}
}

/* A call that says what became of an attempt is none. */
static void told_later(void *unused)
{
	union address to = address(REFUSES, 80);
	int it = tcp(&to, SOCK_NONBLOCK);
	struct pollfd ready = {.fd = it, .events = POLLOUT};

	begin(it, &to);
	must("poll", poll(&ready, 1, -1));
	expect(it, &to, ECONNREFUSED);
	failed(ECONNREFUSED);
}

/* The same by an option */
static void asked_later(void *unused)
{
	union address to = address(REFUSES, 80);
	int it = tcp(&to, SOCK_NONBLOCK);

	begin(it, &to);
	failed(outcome(it));
}

/* A second call while the first is not over, and when it is */
static void again(void *unused)
{
	union address to = address(MIRROR, 8000);
	int it = tcp(&to, SOCK_NONBLOCK);

	must("stop", kill(behind, SIGSTOP));
	begin(it, &to);
	expect(it, &to, EALREADY);
	must("go on", kill(behind, SIGCONT));
	if (outcome(it))
		exit(95);
	own.established++;
	/* This one says that it has succeeded, the next that it had. */
	must("connect", connect(it, &to.any, length_of(&to)));
	expect(it, &to, EISCONN);
}

static void on_signal(int signal)
{
}

/* A call that a signal interrupts, and which goes on by itself */
static void interrupted(void *unused)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	union address to = address(MIRROR, 8000);
	pid_t here = getpid(), signals;

	must("sigaction", sigaction(SIGUSR1, &action, 0));
	must("stop", kill(behind, SIGSTOP));
	signals = must("fork", fork());
	if (!signals) {
		asleep_in(here, SYS_connect);
		kill(here, SIGUSR1);
		kill(behind, SIGCONT);
		_exit(0);
	}
	attempt(tcp(&to, 0), &to);
	reap(signals);
}

/* What is no socket of ours makes no attempts. */
static void others(void *unused)
{
	union address to = address(HOST, 8000);
	int udp = must("socket", socket(AF_INET, SOCK_DGRAM, 0));
	int local = must("socket", socket(AF_UNIX, SOCK_STREAM, 0));

	must("udp", connect(udp, &to.any, length_of(&to)));
	if (!connect(local, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)))
		exit(95);
	expect(-1, &to, EBADF);
	expect(0, &to, ENOTSOCK);
}

/* A socket that was made by another process: whoever connects does. */
static void inherited(void *socket)
{
	union address to = address(HOST, 8000);

	attempt((long)socket, &to);
}

/* A socket that listens cannot connect; one that has listened can. */
static void listened(void *unused)
{
	union address at = address(HOST, 9010), to = address(HOST, 8000);
	int it = listener(&at, 0);

	must("blocking", fcntl(it, F_SETFL, 0));
	expect(it, &to, EISCONN);
	must("shutdown", shutdown(it, SHUT_RD));
	attempt(it, &to);
}

/* A socket of two processes is closed by the last of them. */
static void shared(void *unused)
{
	union address to = address(SILENT, 80);
	struct timespec soon = {.tv_nsec = 30000000};
	int it = tcp(&to, SOCK_NONBLOCK);
	pid_t other;

	begin(it, &to);
	other = must("fork", fork());
	if (!other) {
		nanosleep(&soon, 0);
		_exit(0);
	}
	abandon(it);
	reap(other);
}

/* A socket that connects to itself: one attempt, and nobody accepts. */
static void itself(void *unused)
{
	union address here = address(HOST, 9001);
	int it = tcp(&here, 0);

	must("bind", bind(it, &here.any, length_of(&here)));
	attempt(it, &here);
}

/* Two that begin at once: both are attempts, and nobody accepts. */
static void both(void *unused)
{
	union address here = address(HERE, 0), to = address(CROSSED, 0);
	int sockets[2], i, on = 1;

	for (i = 0; i < 2; i++) {
		here.four.sin_port = htons(9002 + i);
		to.four.sin_port = htons(9003 - i);
		sockets[i] = tcp(&here, SOCK_NONBLOCK);
		must("reuse", setsockopt(sockets[i], SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
		must("bind", bind(sockets[i], &here.any, length_of(&here)));
		begin(sockets[i], &to);
	}
	for (i = 0; i < 2; i++) {
		if (outcome(sockets[i]))
			exit(95);
		own.established++;
	}
}

/* What it takes over the mirror, by its own clock */
static void slow(void *unused)
{
	union address to = address(MIRROR, 8000);
	int64_t began = now();
	int i;

	for (i = 0; i < 5; i++)
		visit(&to);
	dprintf(1, "slow_ns %ld\n", (long)(now() - began));
}

/* Each in a process of its own */
int sockets(char **arguments)
{
	static const struct {
		const char *name;
		void (*body)(void *);
	} bodies[] = {
		{"five", five},	    {"told_later", told_later}, {"asked_later", asked_later},
		{"others", others}, {"itself", itself},		{"both", both},
		{"slow", slow},	    {"inherited", inherited},	{"listened", listened},
		{"shared", shared},
	};
	enum { BODIES = sizeof(bodies) / sizeof(*bodies) };
	union address at = address("0.0.0.0", 8000);
	struct server server = begin_server("server", &at, 1, 0);
	pid_t children[BODIES];
	long spare = tcp(&at, 0);
	unsigned i;

	behind = wire();
	/* These stop it. */
	reap(child("again", again, 0));
	reap(child("interrupted", interrupted, 0));
	for (i = 0; i < BODIES; i++)
		children[i] = child(bodies[i].name, bodies[i].body, (void *)spare);
	for (i = 0; i < BODIES; i++)
		reap(children[i]);
	kill(behind, SIGKILL);
	end_server(server);
	return 0;
}
