/* Signals, and calls that take known times. */
#include "common.h"

static volatile sig_atomic_t *handled_signals;

static void on_signal(int signal)
{
	++*handled_signals;
}

static void handle(int flags)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};

	handled_signals = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must("sigaction", sigaction(SIGUSR1, &action, 0));
}

/* N signals to a handler */
int signals(char **arguments)
{
	long n = atol(arguments[0]), i;

	handle(0);
	for (i = 0; i < n; i++)
		must("kill", kill(getpid(), SIGUSR1));
	return *handled_signals == n ? 0 : 95;
}

static pid_t sleep_in_child(time_t seconds)
{
	struct timespec length = {.tv_sec = seconds};
	pid_t child = must("fork", fork());

	if (!child) {
		named("sleeper");
		syscall(SYS_nanosleep, &length, 0);
		_exit(0);
	}
	asleep_in(child, SYS_nanosleep);
	return child;
}

/* A sleep that a handler interrupts */
int handled(char **arguments)
{
	pid_t child;

	handle(0);
	child = sleep_in_child(10);
	must("kill", kill(child, SIGUSR1));
	reap(child);
	return *handled_signals == 1 ? 0 : 95;
}

/* A sleep that goes on after a stop */
int stopped(char **arguments)
{
	pid_t child = sleep_in_child(2);
	int status;

	must("kill", kill(child, SIGSTOP));
	must("wait4", waitpid(child, &status, WUNTRACED));
	must("kill", kill(child, SIGCONT));
	reap(child);
	return 0;
}

/* A read that begins again after a handler */
int restarted(char **arguments)
{
	int ends[2];
	pid_t child;
	char byte = 0;

	handle(SA_RESTART);
	must("pipe", pipe(ends));
	child = must("fork", fork());
	if (!child) {
		named("reader");
		_exit(read(ends[0], &byte, 1) == 1 ? 0 : 95);
	}
	asleep_in(child, SYS_read);
	must("kill", kill(child, SIGUSR1));
	while (!*handled_signals)
		sched_yield();
	asleep_in(child, SYS_read);
	must("write", write(ends[1], &byte, 1));
	reap(child);
	return 0;
}

/* N NANOSECONDS: says how long all took by the clock. */
int sleeps(char **arguments)
{
	struct timespec length = {.tv_nsec = atol(arguments[1])};
	long n = atol(arguments[0]);
	int64_t began = now();

	while (n-- > 0)
		must("nanosleep", syscall(SYS_nanosleep, &length, 0));
	printf("%lld\n", (long long)(now() - began));
	return 0;
}

/* N NANOSECONDS: four sleeps each of 1 to n/4 times that; says how long each took by the clock. */
int spread(char **arguments)
{
	long n = atol(arguments[0]), step = atol(arguments[1]), i;
	int64_t *took = calloc(n, sizeof(*took));
	struct timespec length;

	for (i = 0; i < n; i++) {
		/* No order that a program could make use of. */
		length = (struct timespec){.tv_nsec = step * (i * 37 % n / 4 + 1)};
		took[i] = now();
		must("nanosleep", syscall(SYS_nanosleep, &length, 0));
		took[i] = now() - took[i];
	}
	for (i = 0; i < n; i++)
		printf("%lld\n", (long long)took[i]);
	return 0;
}

/* N calls of the 32-bit numbering, of which 20 is getpid, and as many of the other, where it is writev */
int int80(char **arguments)
{
#ifdef __x86_64__
	long n = atol(arguments[0]), result;

	while (n-- > 0) {
		asm volatile("int $0x80"
			     : "=a"(result)
			     : "a"(20L)
			     : "memory", "r8", "r9", "r10", "r11");
		if (result != getpid())
			return 95;
		syscall(SYS_writev, 1, 0, 0);
	}
#endif
	return 0;
}
