/* Calls that simply return, from one thread or many, and calls that are no calls. */
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "common.h"

struct worker {
	long n;
	int cpu, zeros, nothing;
};

/* Each of four calls so many times, on one CPU. */
static void *work(void *argument)
{
	struct worker *it = argument;
	char byte = 0;
	long i;

	stay_on(it->cpu);
	for (i = 0; i < it->n; i++) {
		syscall(SYS_getppid);
		must("read", read(it->zeros, &byte, 1));
		must("write", write(it->nothing, &byte, 1));
		if (open("/no/such/file", O_RDONLY) >= 0)
			exit(96);
	}
	return 0;
}

/* THREADS N */
int counts(char **arguments)
{
	int n = atoi(arguments[0]), i;
	pthread_t threads[MOST_THREADS];
	struct worker workers[MOST_THREADS];

	for (i = 0; i < n; i++) {
		workers[i] = (struct worker){.n = atol(arguments[1]), .cpu = cpu_at(i)};
		workers[i].zeros = must("zero", open("/dev/zero", O_RDONLY));
		workers[i].nothing = must("null", open("/dev/null", O_WRONLY));
		if (pthread_create(&threads[i], 0, work, &workers[i]))
			return 95;
	}
	for (i = 0; i < n; i++)
		pthread_join(threads[i], 0);
	return 0;
}

/* TASKS N: the same in processes. */
int storm(char **arguments)
{
	int n = atoi(arguments[0]), i;
	struct worker worker = {.n = atol(arguments[1])};
	pid_t children[MOST_THREADS];

	worker.zeros = must("zero", open("/dev/zero", O_RDONLY));
	worker.nothing = must("null", open("/dev/null", O_WRONLY));
	for (i = 0; i < n; i++) {
		worker.cpu = cpu_at(i);
		children[i] = must("fork", fork());
		if (!children[i]) {
			work(&worker);
			_exit(0);
		}
	}
	for (i = 0; i < n; i++)
		reap(children[i]);
	return 0;
}

/* N: numbers that are no call's. */
int odd(char **arguments)
{
	long n = atol(arguments[0]);

	while (n-- > 0) {
		if (syscall(-1L) != -1 || errno != ENOSYS)
			return 95;
		if (syscall(9999L) != -1 || errno != ENOSYS)
			return 94;
	}
	return 0;
}

/* N: a call that seccomp answers. */
int refused(char **arguments)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};
	long n = atol(arguments[0]);

	must("prctl", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must("seccomp", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	while (n-- > 0)
		if (syscall(SYS_getppid) != -1 || errno != EPERM)
			return 95;
	return 0;
}

/* SCENARIO ARGUMENT...: says so, waits for a byte, and does that. */
int held(char **arguments)
{
	hold();
	execv("/proc/self/exe", arguments - 1);
	return 95;
}

/* PROCESSES N: that many, each with a name of its own and n calls; the last is the `known`, with a
 * hundred times as many. */
int many(char **arguments)
{
	int n = atoi(arguments[0]), i;
	char name[16];
	pid_t child;

	for (i = 0; i <= n; i++) {
		child = must("fork", fork());
		if (!child) {
			snprintf(name, sizeof(name), "many-%d", i);
			named(i < n ? name : "known");
			getppids(atol(arguments[1]) * (i < n ? 1 : 100));
			_exit(0);
		}
		reap(child);
	}
	return 0;
}

/* NAME N: a child of that name */
int renamed(char **arguments)
{
	pid_t child = must("fork", fork());

	if (!child) {
		named(arguments[0]);
		getppids(atol(arguments[1]));
		_exit(0);
	}
	reap(child);
	getppids(1);
	return 0;
}

/* UID N: a child that becomes that user */
int as_user(char **arguments)
{
	pid_t child = must("fork", fork());
	long id = atol(arguments[0]);

	if (!child) {
		must("setgid", syscall(SYS_setgid, id));
		must("setuid", syscall(SYS_setuid, id));
		getppids(atol(arguments[1]));
		_exit(0);
	}
	reap(child);
	getppids(1);
	return 0;
}

/* GROUP N: a child that goes into that control group */
int in_group(char **arguments)
{
	pid_t child = must("fork", fork());
	char path[512];
	int file;

	if (!child) {
		snprintf(path, sizeof(path), "%s/cgroup.procs", arguments[0]);
		file = must(path, open(path, O_WRONLY));
		must(path, write(file, "0", 1));
		getppids(atol(arguments[1]));
		_exit(0);
	}
	reap(child);
	getppids(1);
	return 0;
}

/* N CODE: n calls; then it ends with that exit code, or, below 0, by that signal. */
int ends(char **arguments)
{
	int code = atoi(arguments[1]);

	getppids(atol(arguments[0]));
	if (code < 0)
		kill(getpid(), -code);
	return code;
}
