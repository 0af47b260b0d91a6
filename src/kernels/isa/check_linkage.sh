#!/bin/sh
# check_linkage.sh 'a.o;b.o;…': fails if an object of kernels/isa/ defines a weak symbol.
status=1
for object in $(echo "$1" | tr ';' ' '); do
  case $object in */isa/*) ;; *) continue ;; esac
  [ $status = 1 ] && status=0
  weak=$(nm -C --defined-only "$object" | grep -E ' [VWu] ' | grep -v 'DW.ref.')
  if [ -n "$weak" ]; then
    echo "$object defines symbols that other translation units may be linked to:" "$weak"
    status=2
  fi
done
[ $status = 1 ] && echo "no object of kernels/isa/ was given"
exit $status
