/* What the programs share that make known numbers of known system calls. */
#ifndef WINDROW_TEST_COMMON_H
#define WINDROW_TEST_COMMON_H

#include "program.h"

#include <linux/sched.h>
#include <sys/mman.h>

static inline void getppids(long n)
{
	while (n-- > 0)
		syscall(SYS_getppid);
}

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
