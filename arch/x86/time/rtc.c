/* SPDX-License-Identifier: GPL-2.0-only */
/* The battery clock (MC146818): read once, at start-up; afterwards dom0 owns it. */
#include <hv/lib.h>
#include <asm/io.h>
#include <asm/time.h>

#define CMOS_INDEX 0x70
#define CMOS_DATA  0x71

enum { RTC_SEC = 0, RTC_MIN = 2, RTC_HOUR = 4, RTC_DAY = 7, RTC_MON = 8, RTC_YEAR = 9 };
#define RTC_A       0x0a
#define RTC_A_UIP   0x80
#define RTC_B       0x0b
#define RTC_B_BIN   0x04
#define RTC_B_24H   0x02
#define RTC_HOUR_PM 0x80
#define TRIES       100

static uint8_t cmos(uint8_t reg)
{
    outb(reg, CMOS_INDEX);
    return inb(CMOS_DATA);
}

struct reading {
    uint8_t sec, min, hour, day, mon, year;
};

static struct reading read_once(void)
{
    return (struct reading){ cmos(RTC_SEC), cmos(RTC_MIN), cmos(RTC_HOUR),
                             cmos(RTC_DAY), cmos(RTC_MON), cmos(RTC_YEAR) };
}

static unsigned int number(uint8_t v, bool binary)
{
    return binary ? v : (unsigned int)(v >> 4) * 10 + (v & 15);
}

/* Days since 1970-01-01 of a date in the Gregorian calendar. */
static uint64_t days(unsigned int y, unsigned int m, unsigned int d)
{
    /* Years that begin in March have their leap day last. */
    if (m <= 2) {
        y--;
        m += 12;
    }
    return 365UL * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 + d - 719469;
}

/* Two equal readings with no update between them are consistent; no wait for the second's edge. */
uint64_t rtc_read(void)
{
    struct reading r, again;
    uint8_t b = cmos(RTC_B);
    bool binary = b & RTC_B_BIN;
    unsigned int hour;

    for (unsigned int i = 0; i < TRIES; i++) {
        while (cmos(RTC_A) & RTC_A_UIP) {
            if (++i >= TRIES * 100) {
                return 0;
            }
        }
        r = read_once();
        again = read_once();
        if (!memcmp(&r, &again, sizeof(r))) {
            break;
        }
    }
    hour = number(r.hour & (uint8_t)~RTC_HOUR_PM, binary);
    if (!(b & RTC_B_24H)) {
        hour = hour % 12 + (r.hour & RTC_HOUR_PM ? 12 : 0);
    }
    return days(number(r.year, binary) + 2000, number(r.mon, binary), number(r.day, binary)) *
               86400 +
           hour * 3600 + number(r.min, binary) * 60 + number(r.sec, binary);
}
