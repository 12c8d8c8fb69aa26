#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>

int holdfast_start_writeback(int descriptor, int64_t offset, int64_t count) {
    return sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

int holdfast_reserve(int descriptor, int64_t length) {
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, length);
}

int holdfast_rename_new(const char *path, const char *target) {
    return renameat2(AT_FDCWD, path, AT_FDCWD, target, RENAME_NOREPLACE);
}

int holdfast_set_modified(int descriptor, int64_t nanoseconds) {
    struct timespec times[2] = {
        {.tv_sec = 0, .tv_nsec = UTIME_OMIT},
        {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000},
    };
    return futimens(descriptor, times);
}

int holdfast_open_unnamed(const char *directory) {
    return open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

void holdfast_trim_memory(void) {
    malloc_trim(0);
}

// Source: timerfd_create(2), TFD_TIMER_CANCEL_ON_SET. The expiry is a century away: it isn't meant to be reached.
void holdfast_watch_clock_again(int descriptor) {
    struct itimerspec never = {0};
    clock_gettime(CLOCK_REALTIME, &never.it_value);
    never.it_value.tv_sec += 3155760000;
    timerfd_settime(descriptor, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

int holdfast_watch_clock(void) {
    int descriptor = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (descriptor >= 0) holdfast_watch_clock_again(descriptor);
    return descriptor;
}
