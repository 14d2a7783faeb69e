/* What a process did, by its own count, and what it needs to connect at all. */
#include "common.h"

struct own own;
int protocol;

union address address(const char *text, int port)
{
	union address it = {0};

	if (inet_pton(AF_INET, text, &it.four.sin_addr) == 1) {
		it.four.sin_family = AF_INET;
		it.four.sin_port = htons(port);
	} else if (inet_pton(AF_INET6, text, &it.six.sin6_addr) == 1) {
		it.six.sin6_family = AF_INET6;
		it.six.sin6_port = htons(port);
	} else {
		fprintf(stderr, "%s is no address\n", text);
		exit(97);
	}
	return it;
}

socklen_t length_of(const union address *it)
{
	return it->any.sa_family == AF_INET ? sizeof(it->four) : sizeof(it->six);
}

int tcp(const union address *it, int flags)
{
	return must("socket",
		    socket(it->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, protocol));
}

void failed(int error)
{
	switch (error) {
	case ECONNREFUSED:
		own.failed[REFUSED]++;
		break;
	case ETIMEDOUT:
		own.failed[TIMED_OUT]++;
		break;
	case ECONNRESET:
		own.failed[RESET]++;
		break;
	case ENETUNREACH:
	case EHOSTUNREACH:
		own.failed[UNREACHABLE]++;
		break;
	case ECONNABORTED:
		own.failed[ABANDONED]++;
		break;
	default:
		own.failed[OTHER]++;
	}
}

int attempt(int socket, const union address *to)
{
	int error = connect(socket, &to->any, length_of(to)) ? errno : 0;

	own.attempts++;
	if (error)
		failed(error);
	else
		own.established++;
	return error;
}

void begin(int socket, const union address *to)
{
	own.attempts++;
	if (!connect(socket, &to->any, length_of(to)) || errno != EINPROGRESS) {
		perror("a connect that was to be in progress");
		exit(96);
	}
}

void abandon(int socket)
{
	own.failed[ABANDONED]++;
	must("close", close(socket));
}

int outcome(int socket)
{
	struct pollfd ready = {.fd = socket, .events = POLLOUT};
	socklen_t length = sizeof(int);
	int error;

	must("poll", poll(&ready, 1, -1));
	must("getsockopt", getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length));
	return error;
}

void tell_of(const char *dir, const char *name, pid_t pid, const struct own *it)
{
	const long *failed = it->failed;

	dprintf(1, "%s %s %d %ld %ld %ld %ld %ld %ld %ld %ld\n", dir, name, pid, it->attempts,
		it->established, failed[REFUSED], failed[TIMED_OUT], failed[RESET],
		failed[UNREACHABLE], failed[ABANDONED], failed[OTHER]);
}

void tell(const char *dir)
{
	char name[16];

	must("prctl", prctl(PR_GET_NAME, name));
	tell_of(dir, name, getpid(), &own);
}

pid_t child(const char *name, void (*body)(void *), void *argument)
{
	pid_t it = must("fork", fork());

	if (!it) {
		named(name);
		own = (struct own){0};
		body(argument);
		tell("out");
		exit(0);
	}
	return it;
}
