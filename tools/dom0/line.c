/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line editor for a serial terminal: arrows, home, end, delete, Ctrl-A E B F D K U W L P N,
 * history.
 *
 * Invariant: cursor <= length < LINE_MAX, and the screen shows the prompt, the line, and the
 * cursor at its place whenever input is waited for.
 */
#include <stdio.h>
#include <string.h>
#include <guest/console.h>
#include <guest/time.h>

#include "line.h"

#define LINE_MAX    128
#define HISTORY_MAX 16
#define CTRL(c)     ((c) - '@')
#define ESCAPE      0x1b
#define DELETE      0x7f

enum key { KEY_UP = 256, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE, KEY_NONE };

static char line[LINE_MAX];
static size_t length, cursor;
static char history[HISTORY_MAX][LINE_MAX];
static unsigned int history_count;
static const char *prompt; /* of the line_read() in progress, as is */
static bool (*idle)(void);

int line_poll(void)
{
    char c;

    return console_read(&c, 1) == 1 ? (unsigned char)c : -1;
}

static void redraw(void)
{
    printf("\r%s%.*s\033[K", prompt, (int)length, line);
    if (cursor < length) {
        printf("\033[%uD", (unsigned int)(length - cursor));
    }
}

static int wait_byte(void)
{
    int c;

    while ((c = line_poll()) < 0) {
        if (idle()) {
            redraw();
        }
        time_sleep(10 * NSEC_PER_MSEC);
    }
    return c;
}

/* The rest of an escape sequence: ESC [ A, ESC O H, ESC [ 3 ~ and the like. */
static int escape_key(void)
{
    int c = wait_byte(), number = 0;

    if (c != '[' && c != 'O') {
        return KEY_NONE;
    }
    c = wait_byte();
    while (c >= '0' && c <= '9' && number < 100) {
        number = number * 10 + c - '0';
        c = wait_byte();
    }
    switch (c) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    case '~':
        return number == 1 || number == 7   ? KEY_HOME
               : number == 4 || number == 8 ? KEY_END
               : number == 3                ? KEY_DELETE
                                            : KEY_NONE;
    default:
        return KEY_NONE;
    }
}

/* Control keys by the names that arrows and friends have. */
static int read_key(void)
{
    int c = wait_byte();

    switch (c) {
    case ESCAPE:
        return escape_key();
    case CTRL('A'):
        return KEY_HOME;
    case CTRL('E'):
        return KEY_END;
    case CTRL('B'):
        return KEY_LEFT;
    case CTRL('F'):
        return KEY_RIGHT;
    case CTRL('P'):
        return KEY_UP;
    case CTRL('N'):
        return KEY_DOWN;
    case CTRL('D'):
        return KEY_DELETE;
    default:
        return c;
    }
}

static void insert(char c)
{
    if (length < LINE_MAX - 1) {
        memmove(&line[cursor + 1], &line[cursor], length - cursor);
        line[cursor++] = c;
        length++;
    }
}

/* Takes [from, cursor) away. */
static void cut_back_to(size_t from)
{
    memmove(&line[from], &line[cursor], length - cursor);
    length -= cursor - from;
    cursor = from;
}

static size_t word_start(void)
{
    size_t at = cursor;

    while (at && line[at - 1] == ' ') {
        at--;
    }
    while (at && line[at - 1] != ' ') {
        at--;
    }
    return at;
}

static void recall(unsigned int entry)
{
    strcpy(line, entry < history_count ? history[entry % HISTORY_MAX] : "");
    length = cursor = strlen(line);
}

static void remember(void)
{
    if (length && (!history_count || strcmp(history[(history_count - 1) % HISTORY_MAX], line))) {
        strcpy(history[history_count++ % HISTORY_MAX], line);
    }
}

static void move(int key, unsigned int *entry)
{
    unsigned int oldest = history_count > HISTORY_MAX ? history_count - HISTORY_MAX : 0;

    if (key == KEY_LEFT && cursor) {
        cursor--;
    } else if (key == KEY_RIGHT && cursor < length) {
        cursor++;
    } else if (key == KEY_HOME) {
        cursor = 0;
    } else if (key == KEY_END) {
        cursor = length;
    } else if (key == KEY_DELETE && cursor < length) {
        cursor++;
        cut_back_to(cursor - 1);
    } else if (key == KEY_UP && *entry > oldest) {
        recall(--*entry);
    } else if (key == KEY_DOWN && *entry < history_count) {
        recall(++*entry);
    }
}

static void edit(int key)
{
    if (key == '\b' || key == DELETE) {
        cut_back_to(cursor ? cursor - 1 : 0);
    } else if (key == CTRL('K')) {
        length = cursor;
    } else if (key == CTRL('U')) {
        cut_back_to(0);
    } else if (key == CTRL('W')) {
        cut_back_to(word_start());
    } else if (key == CTRL('L')) {
        printf("\033[H\033[2J");
    } else if (key >= ' ' && key < DELETE) {
        insert((char)key);
    }
}

const char *line_read(const char *with_prompt, bool (*when_idle)(void))
{
    unsigned int entry = history_count;
    int key;

    prompt = with_prompt;
    idle = when_idle;
    length = cursor = 0;
    redraw();
    while ((key = read_key()) != '\r' && key != '\n') {
        bool append = cursor == length && key >= ' ' && key < DELETE;

        if (key == CTRL('C')) {
            length = cursor = 0;
            printf("^C\n");
        } else if (key >= KEY_UP) {
            move(key, &entry);
        } else {
            edit(key);
        }
        if (append && length && line[length - 1] == (char)key) {
            putchar(key);
        } else {
            redraw();
        }
    }
    line[length] = '\0';
    printf("\n");
    remember();
    return line;
}
