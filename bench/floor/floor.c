// SPDX-License-Identifier: Apache-2.0
// The floor: the least that any program must do for the same work, with nothing around it.
//   floor react MAJOR:MINOR COMMAND...  at each event: list, one status if that device has a new event, spawn
//   floor sweep ROUNDS                  each round: list, and one status ioctl of each device
//   floor list ROUNDS                   each round: list
//   floor spawn COMMAND...              spawns, waits, and says how long both took
//   floor relay COMMAND...              spawns, and waits, each time that something comes by standard input
// Prints "ready" once it watches (react); else "NS DEVICES": processor time of all rounds, in nanoseconds.
// See linux/dm-ioctl.h. No error is mended: whatever is not as it should be ends it.
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;
static int control;

static void die(const char* what) {
    perror(what);
    exit(1);
}

// A buffer for answers up to what was needed so far.
struct buffer {
    struct dm_ioctl* head;
    size_t size;
};
static struct buffer lists = {NULL, 16384}, statuses = {NULL, 1024};

static int ask(struct buffer* buffer, unsigned long command, unsigned long long dev, unsigned flags) {
    for (;;) {
        if (!buffer->head && !(buffer->head = malloc(buffer->size))) die("malloc");
        memset(buffer->head, 0, sizeof *buffer->head);
        buffer->head->version[0] = DM_VERSION_MAJOR;
        buffer->head->data_size = (unsigned)buffer->size;
        buffer->head->data_start = sizeof *buffer->head;
        buffer->head->dev = dev;
        buffer->head->flags = flags;
        if (ioctl(control, command, buffer->head) != 0) return -1;
        if (!(buffer->head->flags & DM_BUFFER_FULL_FLAG)) return 0;
        free(buffer->head);
        buffer->head = NULL;
        buffer->size *= 2;
    }
}

static const struct dm_name_list* first(void) {
    if (ask(&lists, DM_LIST_DEVICES, 0, 0) != 0) die("DM_LIST_DEVICES");
    return (const struct dm_name_list*)((char*)lists.head + lists.head->data_start);
}

static const struct dm_name_list* next(const struct dm_name_list* entry) {
    return entry->next ? (const struct dm_name_list*)((const char*)entry + entry->next) : NULL;
}

// After the name, at a multiple of 8.
static unsigned event_nr(const struct dm_name_list* entry) {
    const char* end = entry->name + strlen(entry->name) + 1;
    const size_t offset = (size_t)(end - (const char*)entry);
    unsigned number;
    memcpy(&number, (const char*)entry + ((offset + 7) & ~(size_t)7), sizeof number);
    return number;
}

static void arm(void) {
    static struct buffer none = {NULL, sizeof(struct dm_ioctl)};
    if (ask(&none, DM_DEV_ARM_POLL, 0, 0) != 0) die("DM_DEV_ARM_POLL");
}

static unsigned number_of(unsigned long long dev) {
    for (const struct dm_name_list* entry = first(); entry && entry->dev; entry = next(entry))
        if (entry->dev == dev) return event_nr(entry);
    fputs("floor: no such device\n", stderr);
    exit(1);
}

static void run(char** command) {
    pid_t child;
    if ((errno = posix_spawn(&child, command[0], NULL, NULL, command, environ)) != 0) die(command[0]);
    if (waitpid(child, NULL, 0) < 0) die("waitpid");
}

static void react(unsigned long long dev, char** command) {
    unsigned seen = number_of(dev);
    arm();
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) die("mlockall");
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct pollfd poll_control = {control, POLLIN, 0};
        if (poll(&poll_control, 1, -1) < 0) die("poll");
        arm();
        const unsigned now = number_of(dev);
        if (now == seen) continue;
        seen = now;
        if (ask(&statuses, DM_TABLE_STATUS, dev, DM_NOFLUSH_FLAG) != 0) die("DM_TABLE_STATUS");
        run(command);
    }
}

static long long used(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000LL +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
}

static long long processor(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void rounds(unsigned long n, int statuses_too) {
    unsigned long devices = 0;
    first(); // buffers are as large as they must be
    const long long began = processor();
    for (unsigned long round = 0; round < n; ++round) {
        devices = 0;
        for (const struct dm_name_list* entry = first(); entry && entry->dev; entry = next(entry)) {
            ++devices;
            if (statuses_too && ask(&statuses, DM_TABLE_STATUS, entry->dev, DM_NOFLUSH_FLAG) != 0)
                die("DM_TABLE_STATUS");
        }
    }
    printf("%lld %lu\n", processor() - began, devices);
}

static void spawn(char** command) {
    run(command);
    printf("%lld 0\n", used(RUSAGE_SELF) + used(RUSAGE_CHILDREN));
}

static void relay(char** command) {
    char said[4096];
    while (read(STDIN_FILENO, said, sizeof said) > 0) run(command);
}

int main(int argc, char** argv) {
    const char* what = argc > 2 ? argv[1] : "";
    if (strcmp(what, "spawn") == 0) {
        spawn(argv + 2);
        return 0;
    }
    if (strcmp(what, "relay") == 0) {
        relay(argv + 2);
        return 0;
    }
    if ((control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC)) < 0) die("/dev/mapper/control");
    unsigned major_number, minor_number;
    if (strcmp(what, "react") == 0 && argc > 3 &&
        sscanf(argv[2], "%u:%u", &major_number, &minor_number) == 2) {
        react(
            (minor_number & 0xff) | (major_number << 8) | ((unsigned long long)(minor_number & ~0xffU) << 12),
            argv + 3);
    } else if (strcmp(what, "sweep") == 0 || strcmp(what, "list") == 0) {
        rounds(strtoul(argv[2], NULL, 10), what[0] == 's');
    } else {
        fputs(
            "usage: floor react MAJOR:MINOR COMMAND... | sweep ROUNDS | list ROUNDS | spawn COMMAND... | "
            "relay COMMAND...\n",
            stderr);
        return 2;
    }
    return 0;
}
