# SPDX-License-Identifier: GPL-2.0-only
# For test scripts in dom0: a case passes when its command does.
#     check NAME COMMAND...

# The version that the hypervisor is to say: xen=4.20 on dom0's line, or 4.17.
version=$(sed -n 's/.*\<xen=\([0-9.]*\).*/\1/p' /proc/cmdline)
version=${version:-4.17}

# Before either: only when the boot is to be thorough.
thorough() {
    ! grep -qw thorough /proc/cmdline || "$@"
}

check() {
    name=$1
    shift
    if said=$("$@" 2>&1); then
        echo "TEST linux.$name PASS"
    else
        echo "$said"
        echo "TEST linux.$name FAIL $* gave $?"
    fi
}

# A case whose command must fail, and say something that holds a text.
refused() {
    name=$1
    text=$2
    shift 2
    if said=$("$@" 2>&1); then
        echo "TEST linux.$name FAIL it succeeded: $said"
    elif echo "$said" | grep -q "$text"; then
        echo "TEST linux.$name PASS"
    else
        echo "$said"
        echo "TEST linux.$name FAIL it did not say $text"
    fi
}
