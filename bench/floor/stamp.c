// SPDX-License-Identifier: Apache-2.0
// stamp FIFO: what is started when something happened, which writes there when that was: nanoseconds of the
// monotonic clock, in eight bytes.
#include <fcntl.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char** argv) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const int64_t began = now.tv_sec * 1000000000LL + now.tv_nsec;
    const int fifo = argc > 1 ? open(argv[1], O_WRONLY) : -1;
    return write(fifo, &began, sizeof began) == sizeof began ? 0 : 1;
}
