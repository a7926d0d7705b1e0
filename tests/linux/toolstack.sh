# SPDX-License-Identifier: GPL-2.0-only
# For the scripts that drive Debian's own toolstack: answers, time limits, disks and a bridge for domains, and domains
# that do as they are told.
here=/usr/lib/dom0
disks=/disks # files and pipes that live in memory
export PATH=/usr/lib/xen-$version/bin:/usr/sbin:/usr/bin:/sbin:/bin

# What takes minutes on a busy machine must not be taken for a hang: somebody speaks while the script goes on.
while sleep 30 && [ -d /proc/$$ ]; do
    echo "the toolstack is at work" > /dev/console
done &

said() { # TEXT COMMAND...: the command succeeds and its answer holds a line of the text
    text=$1
    shift
    answer=$("$@" 2>&1) && echo "$answer" && echo "$answer" | grep -q -- "$text"
}

answers() { # TEXT COMMAND...: the answer holds the text, whatever the exit status
    text=$1
    shift
    "$@" 2>&1 | tee /dev/stderr | grep -q -- "$text"
}

soon() { # COMMAND...: it succeeds, within minutes on a busy machine
    for try in $(seq 1500); do
        "$@" && return
        usleep 200000
    done
    return 1
}

number() { # NAME: of xl info
    xl info | sed -n "s/^$1 *: *//p"
}

sum() { # FILE
    md5sum < $1 | cut -d' ' -f1
}

# What the back ends need: a place for images, and a bridge.
backends() {
    for module in xen-blkback xen-netback bridge loop; do
        modprobe $module || return
    done
    mkdir -p $disks && mount -t tmpfs disks $disks || return
    ip link add xenbr0 type bridge && ip addr add 10.9.0.1/24 dev xenbr0 && ip link set xenbr0 up
}

image() { # NAME MIB: a file of noise
    dd if=/dev/urandom of=$disks/$1 bs=1M count=$2
}

log_of() { # DOMAIN
    echo /var/log/xen/console/guest-$1.log
}

up() { # DOMAIN
    soon grep -q "guest: up" $(log_of $1)
}

tell() { # DOMAIN LINE: typed on its terminal
    echo "$2" > $(xenstore-read /local/domain/$(xl domid $1)/console/tty)
}

inside() { # DOMAIN COMMAND: what the command prints in that domain, and its status
    id=$(cat /proc/sys/kernel/random/uuid)
    tell $1 "run $id $2" && soon grep -q "guest: $id ended" $(log_of $1) || return
    heard=$(tr -d '\r' < $(log_of $1) | sed -n "/^guest: $id starts/,/^guest: $id ended/p")
    echo "$heard" | sed '1d;$d'
    return ${heard##* }
}

same_sum() { # FILE DOMAIN FILE: dom0's file and the domain's hold the same
    ours=$(sum $1)
    theirs=$(inside $2 "md5sum < $3")
    echo "$ours here, $theirs there"
    [ "$ours" = "${theirs%% *}" ]
}

listens() { # PORT
    netstat -ltn | grep -q ":$1 "
}

# Each end sends a file of its own, both at once, and what the other got must be what was sent.
talk() { # DOMAIN FILE ADDRESS FILE: dom0's file, and the domain's
    nc -l -p 7000 < $2 > $disks/got &
    soon listens 7000 || return
    theirs=$(inside $1 "nc $3 7000 < $4 > /tmp/got && wc -c /tmp/got && md5sum < /tmp/got && md5sum < $4") || return
    wait $!
    ours=$(sum $2; sum $disks/got)
    wc -c $2 $disks/got
    echo "here $ours, there $theirs"
    [ "$ours" = "$(echo "$theirs" | sed 1d | cut -d' ' -f1)" ]
}
