// Linux calls that Swift's Glibc module doesn't show, because they need _GNU_SOURCE.
#ifndef HOLDFAST_CLINUX_H
#define HOLDFAST_CLINUX_H

#include <stddef.h>
#include <stdint.h>

/// sync_file_range(2) with SYNC_FILE_RANGE_WRITE.
int holdfast_start_writeback(int descriptor, int64_t offset, int64_t count);
/// fallocate(2) with FALLOC_FL_KEEP_SIZE.
int holdfast_reserve(int descriptor, int64_t length);
/// renameat2(2) with RENAME_NOREPLACE, for paths.
int holdfast_rename_new(const char *path, const char *target);
/// futimens(3): nanoseconds since 1970 for the modification time; the access time stays.
int holdfast_set_modified(int descriptor, int64_t nanoseconds);
/// open(2) with O_TMPFILE for reading and writing, mode 0600.
int holdfast_open_unnamed(const char *directory);
/// One datagram to the Unix socket `path`; bytes that are too many for one go as a sealed memfd beside an empty one.
/// Returns 0, or -1 with errno.
int holdfast_send_datagram(int socket, const char *path, const void *bytes, size_t count);
/// openat2(2) with O_PATH, below `folder` only and over no symbolic link (RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS).
int holdfast_locate_beneath(int folder, const char *path);
/// fchownat(2) of an open file itself, also one that was opened by O_PATH.
int holdfast_give(int descriptor, uint32_t user, uint32_t group);
/// fgetxattr(2) and fsetxattr(2).
int64_t holdfast_attribute(int descriptor, const char *name, void *bytes, size_t count);
int holdfast_set_attribute(int descriptor, const char *name, const void *bytes, size_t count);
/// SO_PEERCRED of a Unix socket: who connected or made the pair. Returns 0, or -1 with errno.
int holdfast_peer(int socket, int32_t *process, uint32_t *user, uint32_t *group);
/// setpriority(2) and ioprio_set(2) for the calling thread: a nice value not below `nice`, the lowest best-effort level.
void holdfast_give_way(int nice);
/// malloc_trim(3) with no room left; pages of code that was run for the work, or the start, count no more either.
void holdfast_trim_memory(void);
/// timerfd_create(2) that is never due, but can be read once the wall clock was set or the machine resumed; -1: none.
int holdfast_watch_clock(void);
/// Has it tell the next step, too.
void holdfast_watch_clock_again(int descriptor);
/// adjtimex(2), changing nothing: 1 when something keeps the clock in step, 0 when nothing does, -1 when it can't be told.
int holdfast_clock_is_synchronised(void);

#endif
