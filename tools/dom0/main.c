/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The embedded dom0: a toolstack in one kernel. With `demo` on its command line it does the
 * demonstration and ends with its verdict, otherwise it gives a shell.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <guest/cmdline.h>
#include <guest/start.h>

#include "demo.h"
#include "domains.h"
#include "shell.h"

xc_interface *xch;

int guest_main(void)
{
    int status = 0;

    xch = xc_interface_open(NULL, NULL, 0);
    if (!xch || !guest_is_dom0()) {
        printf("DEMO FAIL this is no dom0: %s\n", strerror(xch ? EPERM : errno));
        return 1;
    }
    if (cmdline_has("demo")) {
        status = demo_run();
    } else {
        shell_run();
    }
    xc_interface_close(xch);
    return status;
}
