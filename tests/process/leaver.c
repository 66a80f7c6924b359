// SPDX-License-Identifier: Apache-2.0
// Ends and leaves three processes behind that hold its output: a child, one in a session of its own, and a
// daemon forked twice. Prints their numbers. With "deaf" they ignore SIGTERM.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void stay(int ready) {
    const pid_t pid = getpid();
    if (write(ready, &pid, sizeof pid) != sizeof pid) _exit(1);
    close(ready);
    for (;;) pause();
}

int main(int argc, char** argv) {
    int ready[2];
    if (pipe(ready) < 0) return 1;
    if (argc > 1 && !strcmp(argv[1], "deaf")) signal(SIGTERM, SIG_IGN);
    for (int kind = 0; kind < 3; ++kind) {
        if (fork() != 0) continue;
        if (kind > 0) setsid();
        if (kind == 2 && fork() != 0) _exit(0);
        stay(ready[1]);
    }
    for (int i = 0; i < 3; ++i) {
        pid_t pid;
        if (read(ready[0], &pid, sizeof pid) != sizeof pid) return 1;
        printf("%d ", (int)pid);
    }
    return 0;
}
