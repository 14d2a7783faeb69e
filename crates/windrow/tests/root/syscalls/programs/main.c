/* Makes known numbers of known system calls: `calls SCENARIO ARGUMENT...` */
#include "common.h"

static const struct scenario scenarios[] = {
	{"counts", counts},
	{"storm", storm},
	{"odd", odd},
	{"refused", refused},
	{"held", held},
	{"many", many},
	{"renamed", renamed},
	{"as-user", as_user},
	{"in-group", in_group},
	{"forks", forks},
	{"vforks", vforks},
	{"daemons", daemons},
	{"threads", threads},
	{"named-thread", named_thread},
	{"exec-thread", exec_thread},
	{"exit-amid", exit_amid},
	{"same-pid", same_pid},
	{"left-behind", left_behind},
	{"signals", signals},
	{"handled", handled},
	{"stopped", stopped},
	{"restarted", restarted},
	{"sleeps", sleeps},
	{"spread", spread},
	{"int80", int80},
	{"execs", execs},
	{"ends", ends},
	{0},
};

int main(int argc, char **argv)
{
	return play(scenarios, argv);
}
