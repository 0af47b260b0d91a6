#!/bin/sh
# Fails if the page of operators is not what the program prints.
"$1" inspect --operators --markdown | diff "$2" - && exit
echo "docs/operators.md does not fit the program; 'make conformance-update' rewrites it"
exit 1
