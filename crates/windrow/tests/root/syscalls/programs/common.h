/* What the programs share that make known numbers of known system calls. */
#ifndef WINDROW_TEST_COMMON_H
#define WINDROW_TEST_COMMON_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

static inline void getppids(long n)
{
	while (n-- > 0)
		syscall(SYS_getppid);
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

/* Waits until a task sleeps in the call of that number. */
static inline void asleep_in(pid_t task, long number)
{
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
		sched_yield();
	}
}

static inline void named(const char *name)
{
	must("prctl", prctl(PR_SET_NAME, name));
}

/* A scenario: what it is called by, and what it does with its arguments. */
struct scenario {
	const char *name;
	int (*run)(char **arguments);
};

int counts(char **arguments);
int storm(char **arguments);
int odd(char **arguments);
int refused(char **arguments);
int held(char **arguments);
int many(char **arguments);
int renamed(char **arguments);
int as_user(char **arguments);
int in_group(char **arguments);
int forks(char **arguments);
int vforks(char **arguments);
int daemons(char **arguments);
int threads(char **arguments);
int named_thread(char **arguments);
int exec_thread(char **arguments);
int exit_amid(char **arguments);
int same_pid(char **arguments);
int left_behind(char **arguments);
int signals(char **arguments);
int handled(char **arguments);
int stopped(char **arguments);
int restarted(char **arguments);
int sleeps(char **arguments);
int spread(char **arguments);
int int80(char **arguments);
int execs(char **arguments);
int ends(char **arguments);

#endif
