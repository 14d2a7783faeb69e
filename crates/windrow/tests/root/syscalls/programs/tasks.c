/* Tasks that begin and end in every way there is. */
#include "common.h"

/* N children that end at once */
int forks(char **arguments)
{
	int n = atoi(arguments[0]);
	pid_t child;

	while (n-- > 0) {
		child = must("fork", fork());
		if (!child)
			_exit(0);
		reap(child);
	}
	return 0;
}

/* N children that share memory until their execve of PROGRAM */
int vforks(char **arguments)
{
	int n = atoi(arguments[0]);
	pid_t child;

	while (n-- > 0) {
		child = must("vfork", vfork());
		if (!child) {
			execl(arguments[1], arguments[1], (char *)0);
			_exit(96);
		}
		reap(child);
	}
	return 0;
}

/* DAEMONS N: forked twice, in sessions of their own, with n calls each */
int daemons(char **arguments)
{
	int n = atoi(arguments[0]), i, ends[2];
	pid_t child;
	char byte;

	must("pipe", pipe(ends));
	for (i = 0; i < n; i++) {
		child = must("fork", fork());
		if (!child) {
			must("setsid", setsid());
			if (must("fork", fork()))
				_exit(0);
			getppids(atol(arguments[1]));
			_exit(0);
		}
		reap(child);
	}
	close(ends[1]);
	/* All have ended when nobody can write any more. */
	return must("read", read(ends[0], &byte, 1));
}

/* The main process ends, and leaves a child behind that holds nothing open. */
int left_behind(char **arguments)
{
	pid_t child = must("fork", fork());
	int file;

	if (!child) {
		setsid();
		for (file = 0; file < 3; file++)
			close(file);
		sleep(30);
		_exit(0);
	}
	asleep_in(child, SYS_clock_nanosleep);
	printf("%d\n", child);
	return 7;
}

static void *call_and_end(void *n)
{
	getppids((long)n);
	return 0;
}

/* THREADS N */
int threads(char **arguments)
{
	int n = atoi(arguments[0]), i;
	pthread_t threads[MOST_THREADS];

	for (i = 0; i < n; i++)
		if (pthread_create(&threads[i], 0, call_and_end, (void *)atol(arguments[1])))
			return 95;
	for (i = 0; i < n; i++)
		pthread_join(threads[i], 0);
	return 0;
}

static void *rename_and_call(void *n)
{
	named("worker");
	getppids((long)n);
	return 0;
}

/* N calls of a thread that has a name of its own */
int named_thread(char **arguments)
{
	pthread_t thread;

	if (pthread_create(&thread, 0, rename_and_call, (void *)atol(arguments[0])))
		return 95;
	pthread_join(thread, 0);
	return 0;
}

static void *sleep_in_poll(void *argument)
{
	__atomic_store_n((int *)argument, gettid(), __ATOMIC_RELEASE);
	syscall(SYS_ppoll, 0, 0, 0, 0, 0);
	return 0;
}

static int pipe_ends[2];

static void *sleep_in_read(void *argument)
{
	char byte;

	__atomic_store_n((int *)argument, gettid(), __ATOMIC_RELEASE);
	read(pipe_ends[0], &byte, 1);
	return 0;
}

/* A thread that sleeps in a call. */
static void sleeper(void *(*body)(void *), long number)
{
	static int tasks[MOST_THREADS], used;
	int *task = &tasks[used++];
	pthread_t thread;

	if (pthread_create(&thread, 0, body, task))
		exit(95);
	while (!__atomic_load_n(task, __ATOMIC_ACQUIRE))
		sched_yield();
	asleep_in(*task, number);
}

/* N threads that sleep in each of two calls, when the program ends */
int exit_amid(char **arguments)
{
	int n = atoi(arguments[0]), i;

	must("pipe", pipe(pipe_ends));
	for (i = 0; i < n; i++) {
		sleeper(sleep_in_poll, SYS_ppoll);
		sleeper(sleep_in_read, SYS_read);
	}
	return 0;
}

static void *become(void *arguments)
{
	asleep_in(getpid(), SYS_ppoll);
	execv("/proc/self/exe", arguments);
	exit(94);
}

/* N SCENARIO ARGUMENT...: a thread that is not the first becomes that, while the first and n others
 * sleep. */
int exec_thread(char **arguments)
{
	int n = atoi(arguments[0]), i;
	pthread_t thread;

	for (i = 0; i < n; i++)
		sleeper(sleep_in_poll, SYS_ppoll);
	if (pthread_create(&thread, 0, become, arguments))
		return 95;
	syscall(SYS_ppoll, 0, 0, 0, 0, 0);
	return 93;
}

/* A child that has the pid that is asked for; 0: any. */
static pid_t fork_as(pid_t pid)
{
	struct clone_args how = {
		.exit_signal = SIGCHLD,
		.set_tid = pid ? (uintptr_t)&pid : 0,
		.set_tid_size = pid ? 1 : 0,
	};

	return must("clone3", syscall(SYS_clone3, &how, sizeof(how)));
}

/* N M: two children of the same pid, one after the other */
int same_pid(char **arguments)
{
	pid_t first = fork_as(0), second;

	if (!first) {
		named("first");
		getppids(atol(arguments[0]));
		/* Lives are told apart by when they began, in milliseconds. */
		usleep(5000);
		_exit(0);
	}
	reap(first);
	second = fork_as(first);
	if (!second) {
		named("second");
		getppids(atol(arguments[1]));
		_exit(0);
	}
	reap(second);
	return second == first ? 0 : 95;
}

/* PROGRAM ARGUMENT...: becomes that. */
int execs(char **arguments)
{
	execv(arguments[0], arguments);
	return 95;
}
