#!/bin/sh
# Runs a command in a user and mount namespace of its own, in which programs for 64-bit ARM run in
# QEMU, and so do those that they start. ARM is the folder that environment.sh makes.
set -eu
# The first bytes of an ELF file for this machine, and which of their bits count (binfmt_misc).
bytes='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
export RULE=":qemu-aarch64:M::$bytes:$mask:$(command -v qemu-aarch64):OCF"
export QEMU_LD_PREFIX="$ARM/root" QEMU_CPU=neoverse-n1 LD_LIBRARY_PATH="$ARM/stubs"
exec unshare --user --map-root-user --mount sh -ec '
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
printf %s "$RULE" > /proc/sys/fs/binfmt_misc/register
exec "$@"' sh "$@"
