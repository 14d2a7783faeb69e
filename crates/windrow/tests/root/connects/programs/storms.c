/* Many connections, from several CPUs at once. */
#include "common.h"

struct client {
	union address to;
	int cpu, ports;
	long n;
	/* What each connect took by the clock. */
	int64_t *took;
	struct own own;
};

static void *work(void *argument)
{
	struct client *it = argument;
	union address to = it->to;
	int64_t began;
	char byte;
	int connects;
	long i;

	/* A row's name is the process's. */
	named("thread");
	stay_on(it->cpu);
	for (i = 0; i < it->n; i++) {
		to.four.sin_port = htons(ntohs(it->to.four.sin_port) + i % it->ports);
		connects = tcp(&to, 0);
		it->own.attempts++;
		began = now();
		must("connect", connect(connects, &to.any, length_of(&to)));
		it->took[i] = now() - began;
		it->own.established++;
		must("read", read(connects, &byte, 1));
		close(connects);
	}
	return 0;
}

static int less(const void *a, const void *b)
{
	int64_t difference = *(const int64_t *)a - *(const int64_t *)b;

	return (difference > 0) - (difference < 0);
}

/* ADDRESS PORTS THREADS N: so many connections by each thread, on a CPU of its own */
int storm_of_clients(char **arguments)
{
	union address to = address(arguments[0], 8000);
	int threads = atoi(arguments[2]), i;
	long n = atol(arguments[3]), all = n * threads, k;
	int64_t *took = calloc(all, sizeof(*took)), sum = 0;
	struct client clients[MOST_THREADS];
	pthread_t ids[MOST_THREADS];

	named("client");
	for (i = 0; i < threads; i++) {
		clients[i] = (struct client){
			.to = to,
			.cpu = cpu_at(i),
			.ports = atoi(arguments[1]),
			.n = n,
			.took = took + i * n,
		};
		if (pthread_create(&ids[i], 0, work, &clients[i]))
			return 95;
	}
	for (i = 0; i < threads; i++) {
		pthread_join(ids[i], 0);
		own.attempts += clients[i].own.attempts;
		own.established += clients[i].own.established;
	}
	tell("out");
	qsort(took, all, sizeof(*took), less);
	for (k = 0; k < all; k++)
		sum += took[k];
	printf("total_ns %ld\np50_ns %ld\n", (long)sum, (long)took[all / 2]);
	return 0;
}

/* ADDRESS PORTS: a server, until its standard input is closed */
int storm_of_servers(char **arguments)
{
	union address at = address(arguments[0], 8000);
	struct server server = begin_server("server", &at, atoi(arguments[1]), 0);

	hold();
	end_server(server);
	return 0;
}

/* PORTS THREADS N: both, over the loopback device */
int storm(char **arguments)
{
	char *words[] = {"127.0.0.1", arguments[0], arguments[1], arguments[2], 0};
	union address at = address(words[0], 8000);
	struct server server = begin_server("server", &at, atoi(arguments[0]), 0);
	pid_t it = must("fork", fork());

	if (!it)
		exit(storm_of_clients(words));
	reap(it);
	end_server(server);
	return 0;
}

/* N: so many connects to where nobody listens */
int refused(char **arguments)
{
	union address to = address("127.0.0.1", CLOSED);
	long n = atol(arguments[0]);
	int it;

	named("refused");
	while (n-- > 0) {
		it = tcp(&to, 0);
		attempt(it, &to);
		close(it);
	}
	tell("out");
	return 0;
}

/* PORTS KNOWN N: so many ports where nobody listens, once each, and a port that is tried n times */
int many(char **arguments)
{
	int ports = atoi(arguments[0]), known = atoi(arguments[1]), i;
	long n = atol(arguments[2]), k = 0;
	union address to;
	int it;

	named("many");
	for (i = 0; i < ports; i++) {
		for (; k * ports < n * (i + 1); k++) {
			to = address("127.0.0.1", known);
			attempt(it = tcp(&to, 0), &to);
			close(it);
		}
		to = address("127.0.0.1", 10000 + i);
		attempt(it = tcp(&to, 0), &to);
		close(it);
	}
	tell("out");
	return 0;
}
