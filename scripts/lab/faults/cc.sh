#!/bin/sh
# cc.sh COMPILER ARGUMENT...: a compiler that is older than the one that a kernel was built with. What it does not know
# is turned to what it does.
for word; do
	case $word in -fmin-function-alignment=*) word=-falign-functions=${word#*=} ;; esac
	set -- "$@" "$word"
	shift
done
exec "$@"
