/* What the programs share that make known numbers of connections. */
#ifndef WINDROW_TEST_COMMON_H
#define WINDROW_TEST_COMMON_H

#include "program.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

/* What a scenario ends with where the kernel does not have what it is of. */
#define NOT_HERE 77
/* Nobody listens there. */
#define CLOSED 9
#define MOST_LISTENERS 64

enum failure { REFUSED, TIMED_OUT, RESET, UNREACHABLE, ABANDONED, OTHER, FAILURES };

/* What a process did, by its own count: as a server, `established` is what it accepted. */
struct own {
	long attempts, established, failed[FAILURES];
};

extern struct own own;

/* An address of either family. */
union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

union address address(const char *text, int port);
socklen_t length_of(const union address *it);
/* What sockets speak; 0: TCP. */
extern int protocol;
int tcp(const union address *it, int flags);

/* Connects, and counts what became of it; 0, or the error. */
int attempt(int socket, const union address *to);
/* Begins to connect with a socket that does not wait. */
void begin(int socket, const union address *to);
/* An attempt ended with that error. */
void failed(int error);
/* Closes a socket that connects still. */
void abandon(int socket);
/* The error that a socket has when it has stopped connecting; 0: it is connected. */
int outcome(int socket);

/* Says what a process did, for the test to hold rows against. */
void tell_of(const char *dir, const char *name, pid_t pid, const struct own *it);
void tell(const char *dir);

/* A child of that name; it says in the end what it did. */
pid_t child(const char *name, void (*body)(void *), void *argument);

/* A process that listens, at that many ports from the address's on, and accepts whatever comes. */
struct server {
	pid_t pid;
	/* It ends when something is written there. */
	int until;
};

int listener(const union address *at, int flag);
/* Accepts and closes, until something is written to `until`, or nobody can; how many it accepted. */
long serve(const int *listeners, int count, int until);
/* `flag` is SO_REUSEPORT, TCP_FASTOPEN or 0; it listens when this returns. */
struct server begin_server(const char *name, const union address *at, int ports, int flag);
/* It says in the end what it accepted. */
void end_server(struct server it);
/* Connects, and waits until the server has closed. */
void meet(int socket, const union address *to);
/* The same with a socket of its own. */
void visit(const union address *to);
struct visits {
	union address to;
	long n;
};
void visits(void *argument);

/* A device behind which there is whatever is needed; see wire.c. */
pid_t wire(void);
#define HERE "10.8.0.1"
#define MIRROR "10.8.0.2"
#define SILENT "10.8.0.3"
#define NO_HOST "10.8.0.4"
#define RESETS "10.8.0.5"
#define REFUSES "10.8.0.6"
#define CROSSED "10.8.0.7"
/* What the mirror takes each way. */
#define MIRROR_NS 10000000L

#endif
