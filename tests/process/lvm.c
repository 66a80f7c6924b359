// SPDX-License-Identifier: Apache-2.0
// Takes commands as lvm does: as arguments, or as lines of a script. Its command does what its last argument says.
// FAKE_LVM in its environment says how a script goes wrong; for each line that it takes a byte is added to FAKE_TOLD.
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char** environ;

static void print_file(const char* path) {
    char text[100] = "?";
    FILE* file = fopen(path, "r");
    if (file && !fgets(text, sizeof text, file)) text[0] = 0;
    if (file) fclose(file);
    printf("%s %s\n", path, strtok(text, "\n"));
}

// What is to be the same however it came to run.
static void facts(void) {
    char dir[100];
    const mode_t mask = umask(0);
    struct rlimit files, core;
    struct sigaction pipe_action;
    getrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_CORE, &core);
    sigaction(SIGPIPE, NULL, &pipe_action);
    printf("leads its session %d, its group %d\n", getsid(0) == getpid(), getpgrp() == getpid());
    printf("in %s, umask %o, nice %d\n", getcwd(dir, sizeof dir), mask, getpriority(PRIO_PROCESS, 0));
    printf("files %llu, core %llu, SIGPIPE ignored %d\n", (unsigned long long)files.rlim_cur,
           (unsigned long long)core.rlim_cur, pipe_action.sa_handler == SIG_IGN);
    print_file("/proc/self/oom_score_adj");
    print_file("/proc/self/cgroup");
    for (char** variable = environ; *variable; ++variable)
        if (strncmp(*variable, "DMEVENT_", 8) != 0) puts(*variable);
}

static int run(const char* how, int argc, char** argv) {
    const char* what = argv[argc - 1];
    if (!strcmp(argv[0], "vgs")) return 0;
    if (!strcmp(what, "facts")) {
        facts();
    } else if (!strcmp(what, "arguments")) {
        for (int i = 0; i < argc; ++i) printf("[%s]", argv[i]);
    } else if (!strcmp(what, "die")) {
        fflush(stdout);
        raise(SIGKILL);
    } else if (!strcmp(what, "leave")) {
        if (fork() == 0) {
            pause();
            _exit(0);
        }
    } else if (!strncmp(what, "exit=", 5)) {
        return atoi(what + 5);
    } else if (what[0] == '/') { // waits there for a byte
        char byte;
        FILE* gate = fopen(what, "r");
        if (!gate || fread(&byte, 1, 1, gate) != 1) return 99;
    } else {
        printf("%s %d\n", how, getpid());
    }
    return 0;
}

// Into ARGV itself, as lvm does.
static int split(char* text, char** argv) {
    int argc = 0;
    for (;;) {
        while (isspace((unsigned char)*text)) ++text;
        if (!*text || *text == '#') return argc;
        const char quote = *text == '\'' || *text == '"' ? *text++ : 0;
        argv[argc++] = text;
        while (*text && (quote ? *text != quote : !isspace((unsigned char)*text))) ++text;
        if (!*text) return argc;
        *text++ = 0;
    }
}

static void tell_of_line(const char* told) {
    FILE* file = told ? fopen(told, "a") : NULL;
    if (!file) return;
    fputc('.', file);
    fclose(file);
}

static int script(char** argv) {
    const char* wrong = getenv("FAKE_LVM") ? getenv("FAKE_LVM") : "";
    const char* told = getenv("FAKE_TOLD");
    FILE* file = fopen(argv[0], "r");
    char line[256];
    int status = 2;
    if (!strcmp(wrong, "hangs")) pause();
    for (int number = 0; file && fgets(line, sizeof line, file); ++number) {
        tell_of_line(told);
        if (number == 0 && strncmp(line, "#!", 2) != 0) return 2;
        if (number == 0 && !strcmp(wrong, "talks")) {
            puts("something");
            fflush(stdout);
        }
        if (number == 1 && !strcmp(wrong, "hangs later")) pause();
        if (number == 1 && !strcmp(wrong, "dies")) return 1;
        if (number == 2 && !strcmp(wrong, "dies late")) return 1;
        const int argc = split(line, argv);
        if (argc > 0 && (status = run("waited", argc, argv)) != 0) break;
    }
    return status;
}

int main(int argc, char** argv) {
    if (argc > 1 && argv[1][0] == '/') return script(argv + 1);
    return argc > 1 ? run("cold", argc - 1, argv + 1) : 2;
}
