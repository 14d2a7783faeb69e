/* What programs share that make known numbers of known things for windrow to count. */
#ifndef WINDROW_TEST_PROGRAM_H
#define WINDROW_TEST_PROGRAM_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_THREADS 64

/* Ends the program where something fails that must not. */
static inline long must(const char *what, long result)
{
	if (result < 0) {
		perror(what);
		exit(99);
	}
	return result;
}

/* Waits for a child; it is to end with 0. */
static inline void reap(pid_t pid)
{
	int status;

	must("wait4", waitpid(pid, &status, 0));
	if (status) {
		fprintf(stderr, "child ended with status %#x\n", status);
		exit(98);
	}
}

static inline int64_t now(void)
{
	struct timespec it;

	clock_gettime(CLOCK_MONOTONIC, &it);
	return it.tv_sec * 1000000000LL + it.tv_nsec;
}

/* Waits until a task sleeps in the call of that number; one that does not is killed. */
static inline void asleep_in(pid_t task, long number)
{
	const int64_t patience = now() + 15000000000LL;
	char path[64], text[32], want[32];
	int file, length;

	snprintf(path, sizeof(path), "/proc/%d/syscall", task);
	snprintf(want, sizeof(want), "%ld ", number);
	for (;;) {
		file = must(path, open(path, O_RDONLY));
		length = read(file, text, sizeof(text) - 1);
		close(file);
		text[length > 0 ? length : 0] = 0;
		if (!strncmp(text, want, strlen(want)))
			return;
		if (now() > patience) {
			fprintf(stderr, "%d is not in call %ld\n", task, number);
			/* It may wait for what comes behind this. */
			kill(task, SIGKILL);
			exit(96);
		}
		sched_yield();
	}
}

static inline void named(const char *name)
{
	must("prctl", prctl(PR_SET_NAME, name));
}

/* Says that it waits, and waits until it may go on. */
static inline void hold(void)
{
	char byte;

	must("write", write(1, "held\n", 5));
	must("read", read(0, &byte, 1));
}

/* The nth of the CPUs that may be used, from the first again where there are fewer. */
static inline int cpu_at(int n)
{
	cpu_set_t cpus;
	int cpu;

	must("sched_getaffinity", sched_getaffinity(0, sizeof(cpus), &cpus));
	n %= CPU_COUNT(&cpus);
	for (cpu = 0; n >= 0; cpu++)
		if (CPU_ISSET(cpu, &cpus))
			n--;
	return cpu - 1;
}

/* Keeps the calling thread on one CPU. */
static inline void stay_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	must("sched_setaffinity", sched_setaffinity(0, sizeof(cpus), &cpus));
}

/* A scenario: what it is called by, and what it does with its arguments. */
struct scenario {
	const char *name;
	int (*run)(char **arguments);
};

/* Runs the scenario that the arguments name; the last one has no name. */
static inline int play(const struct scenario *scenarios, char **argv)
{
	const struct scenario *it;

	for (it = scenarios; argv[1] && it->name; it++)
		if (!strcmp(argv[1], it->name))
			return it->run(argv + 2);
	fprintf(stderr, "%s: no such scenario\n", argv[0]);
	return 97;
}

#endif
