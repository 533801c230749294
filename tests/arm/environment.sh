#!/bin/sh
# Makes the folder ARM: Debian's Python and torch's wheel for 64-bit ARM, and what they need.
#
#   ARM=FOLDER TORCH=2.15.0 tests/arm/environment.sh
#
# Needs debootstrap, g++-aarch64-linux-gnu, qemu-user and pip, takes 3 GB and some minutes.
set -eu
rm -rf "$ARM" && mkdir -p "$ARM/stubs" "$ARM/include/aarch64-linux-gnu"

# Debian's archives, unpacked but not configured, which would run their programs as root.
debootstrap --foreign --arch=arm64 --variant=minbase --include=python3.11,libpython3.11-dev \
    bookworm "$ARM/root"
for archive in "$ARM"/root/var/cache/apt/archives/*.deb; do dpkg -x "$archive" "$ARM/root"; done
ln -s "$ARM/root/usr/include/aarch64-linux-gnu/python3.11" "$ARM/include/aarch64-linux-gnu/"

# Torch asks these files for the kind of CPU, and ends without them. It is a Neoverse N1.
cpu=sys/devices/system/cpu
mkdir -p "$ARM/root/proc" "$ARM/root/$cpu/cpu0/regs/identification"
for n in 0 1; do
  printf 'processor\t: %s\nFeatures\t: fp asimd atomics fphp asimdhp asimddp\n' $n
  printf 'CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\n'
  printf 'CPU part\t: 0xd0c\nCPU revision\t: 1\n\n'
done > "$ARM/root/proc/cpuinfo"
echo 0-1 | tee "$ARM/root/$cpu/possible" > "$ARM/root/$cpu/present"
echo 0x00000000413fd0c1 > "$ARM/root/$cpu/cpu0/regs/identification/midr_el1"

# Torch without what it requires of CUDA, and what the tests below need.
install() {
  python -m pip install --quiet --disable-pip-version-check --only-binary=:all: \
      --python-version 3.11 --platform manylinux_2_28_aarch64 --platform manylinux2014_aarch64 \
      --target "$ARM/site" "$@"
}
install --no-deps "torch==$TORCH"
grep -E '^(setuptools|numpy|mpmath|pytest|expecttest|hypothesis|tqdm)=' requirements-dev.txt \
    > "$ARM/requirements.txt"
install --upgrade filelock typing-extensions sympy networkx jinja2 fsspec -r "$ARM/requirements.txt"
mkdir -p "$ARM/root/usr/lib/python3/dist-packages"
echo "$ARM/site" > "$ARM/root/usr/lib/python3/dist-packages/site.pth"
python -m tests.arm.cuda_stub "$ARM/site" "$ARM/root" "$ARM/stubs"
