/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What errors mean for a connection. */
#ifndef WINDROW_FAILURE_H
#define WINDROW_FAILURE_H

#include "connect_abi.h"

#define ERROR_EINPROGRESS 115
#define ERROR_EALREADY 114
#define ERROR_EISCONN 106
#define ERROR_EBADF 9
#define ERROR_ENOTSOCK 88
#define ERROR_EFAULT 14
#define ERROR_EINTR 4
#define ERROR_EPIPE 32
/* From here on results are the kernel's own, as that a call is to be restarted. */
#define LEAST_INTERNAL 512

#define ERROR_ECONNREFUSED 111
#define ERROR_ETIMEDOUT 110
#define ERROR_ECONNRESET 104
#define ERROR_ECONNABORTED 103
#define ERROR_ENETDOWN 100
#define ERROR_ENETUNREACH 101
#define ERROR_EHOSTDOWN 112
#define ERROR_EHOSTUNREACH 113

/* Why an attempt has failed, by the error of its socket or of the call. */
static __always_inline __u32 failure_of(int error)
{
	switch (error) {
	case ERROR_ECONNREFUSED:
		return FAILED_REFUSED;
	case ERROR_ETIMEDOUT:
		return FAILED_TIMED_OUT;
	case ERROR_ECONNRESET:
		return FAILED_RESET;
	case ERROR_ENETDOWN:
	case ERROR_ENETUNREACH:
	case ERROR_EHOSTDOWN:
	case ERROR_EHOSTUNREACH:
		return FAILED_UNREACHABLE;
	case ERROR_ECONNABORTED:
		return FAILED_ABANDONED;
	}
	return FAILED_OTHER;
}

/* Whether connect() has failed with that, and has tried to connect. */
static __always_inline int is_failure(long error)
{
	if (error <= 0 || error >= LEAST_INTERNAL)
		return 0;
	switch (error) {
	case ERROR_EINPROGRESS:
	case ERROR_EALREADY:
	case ERROR_EISCONN:
	case ERROR_EBADF:
	case ERROR_ENOTSOCK:
	case ERROR_EFAULT:
	case ERROR_EINTR:
	/* Another thread has given up what this one waited for. */
	case ERROR_EPIPE:
		return 0;
	}
	return 1;
}

#endif
