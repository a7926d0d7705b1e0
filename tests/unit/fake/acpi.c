/* SPDX-License-Identifier: GPL-2.0-only */
/* Fake architecture: firmware's tables, which say nothing until a test fills them in. */
#include <hv/acpi.h>

struct acpi_info acpi_info;
