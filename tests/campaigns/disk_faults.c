/* LD_PRELOAD shim that turns a folder into an unreliable disk, for any program that uses libc.
 *
 *   cc -O2 -shared -fPIC -o disk_faults.so disk_faults.c -ldl -lpthread
 *
 * FAULT_DIR      only files below this folder are touched
 * FAULT_SHADOW   here is kept what a power cut would leave, the worst that POSIX allows: of each
 *                file what was last synced (ino/ID), and the names as of the last sync of their
 *                folder (names/NAME, a link to ID). A file is known by inode and time of birth.
 * FAULT_CONTROL  a file that says what fails now; read anew when it changes, counting anew then:
 *                  sync_error_at=K sync_error_for=N   the K-th sync fails with EIO, N of them (0: all)
 *                  write_error_at=K                   the K-th write and all later ones: ENOSPC
 *                  slow_sync_us=T                     every sync takes T longer
 *                  read_only=1                        everything that changes something: EROFS
 *                  only=TEXT                          names that do not hold TEXT are spared
 * FAULT_REPORT   a line is appended for each fault that strikes
 *
 * A failed sync leaves the data in the page cache, as ext4 does: whoever reads sees them.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct {
  long sync_error_at, sync_error_for, write_error_at, slow_sync_us, read_only;
  char only[64];
} now;
static struct timespec control_seen;
static long control_size = -1, syncs, writes;
static pthread_mutex_t control_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

static void read_control(void) {
  const char *path = variable("FAULT_CONTROL");
  struct stat st;
  if (!path) return;
  pthread_mutex_lock(&control_lock);
  if (stat(path, &st)) memset(&now, 0, sizeof now), control_size = -1;
  else if (st.st_size != control_size || memcmp(&st.st_mtim, &control_seen, sizeof control_seen)) {
    control_size = st.st_size, control_seen = st.st_mtim;
    char text[512] = "";
    int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    text[length > 0 ? length : 0] = 0;
    memset(&now, 0, sizeof now), syncs = writes = 0;
    for (char *rest = NULL, *word = strtok_r(text, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
      sscanf(word, "sync_error_at=%ld", &now.sync_error_at);
      sscanf(word, "sync_error_for=%ld", &now.sync_error_for);
      sscanf(word, "write_error_at=%ld", &now.write_error_at);
      sscanf(word, "slow_sync_us=%ld", &now.slow_sync_us);
      sscanf(word, "read_only=%ld", &now.read_only);
      sscanf(word, "only=%63s", now.only);
    }
  }
  pthread_mutex_unlock(&control_lock);
}

static int is_ours(const char *path) {
  const char *folder = variable("FAULT_DIR");
  size_t length = folder ? strlen(folder) : 0;
  return folder && !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

static int path_of(int fd, char *out) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, out, PATH_MAX - 1);
  if (length <= 0) return 0;
  out[length] = 0;
  return is_ours(out);
}

static int named(const char *path) { return !*now.only || strstr(path, now.only); }

static int strikes(int error, const char *what, const char *path) {
  const char *report = variable("FAULT_REPORT");
  int fd = report ? syscall(SYS_openat, AT_FDCWD, report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  if (fd >= 0) {
    char line[PATH_MAX + 32];
    int length = snprintf(line, sizeof line, "%s %s\n", what, path);
    (void)!syscall(SYS_write, fd, line, length);
    close(fd);
  }
  errno = error;
  return -1;
}

/* ---- what a power cut would leave ---- */

static int identify(const char *path, char *out) {
  struct statx st;
  if (syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &st)) return 0;
  sprintf(out, "%llu-%lld.%u", (unsigned long long)st.stx_ino, (long long)st.stx_btime.tv_sec, st.stx_btime.tv_nsec);
  return S_ISREG(st.stx_mode);
}

static void flat(const char *path, char *out) {
  const char *rest = path + strlen(variable("FAULT_DIR")) + 1;
  for (; *rest; rest++) *out++ = *rest == '/' ? '%' : *rest;
  *out = 0;
}

static void keep_content(const char *path) {
  char id[96], kept[PATH_MAX + 200], fresh[PATH_MAX + 240], buffer[65536];
  if (!identify(path, id)) return;
  snprintf(kept, sizeof kept, "%s/ino/%s", variable("FAULT_SHADOW"), id);
  snprintf(fresh, sizeof fresh, "%s.%ld", kept, (long)syscall(SYS_gettid));
  int in = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  int out = syscall(SYS_openat, AT_FDCWD, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ssize_t length;
  while (in >= 0 && out >= 0 && (length = read(in, buffer, sizeof buffer)) > 0)
    if (syscall(SYS_write, out, buffer, length) != length) break;
  if (in >= 0) close(in);
  if (out >= 0) close(out);
  syscall(SYS_renameat2, AT_FDCWD, fresh, AT_FDCWD, kept, 0);
}

static void keep_name(const char *path) {
  char id[96], name[PATH_MAX], link[2 * PATH_MAX], fresh[2 * PATH_MAX + 32];
  if (!identify(path, id)) return;
  flat(path, name);
  snprintf(link, sizeof link, "%s/names/%s", variable("FAULT_SHADOW"), name);
  snprintf(fresh, sizeof fresh, "%s/fresh.%ld", variable("FAULT_SHADOW"), (long)syscall(SYS_gettid));
  syscall(SYS_unlinkat, AT_FDCWD, fresh, 0);
  if (!symlink(id, fresh)) syscall(SYS_renameat2, AT_FDCWD, fresh, AT_FDCWD, link, 0);
}

static void keep_folder(const char *folder) {
  char names[PATH_MAX], path[2 * PATH_MAX], prefix[PATH_MAX] = "";
  struct dirent *entry;
  DIR *live = opendir(folder);
  while (live && (entry = readdir(live))) {
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    keep_name(path);
  }
  if (live) closedir(live);
  if (strlen(folder) > strlen(variable("FAULT_DIR"))) flat(folder, prefix), strcat(prefix, "%");
  snprintf(names, sizeof names, "%s/names", variable("FAULT_SHADOW"));
  DIR *kept = opendir(names);
  while (kept && (entry = readdir(kept))) {
    const char *name = entry->d_name + strlen(prefix);
    struct stat st;
    if (*entry->d_name == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) || strchr(name, '%')) continue;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (stat(path, &st)) {
      snprintf(path, sizeof path, "%s/%s", names, entry->d_name);
      syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    }
  }
  if (kept) closedir(kept);
}

static void keep_all(const char *folder) {
  char path[2 * PATH_MAX];
  struct dirent *entry;
  DIR *live = opendir(folder);
  while (live && (entry = readdir(live))) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (entry->d_type == DT_DIR) keep_all(path);
    else keep_content(path), keep_name(path);
  }
  if (live) closedir(live);
}

__attribute__((constructor)) static void begin(void) {
  const char *shadow = variable("FAULT_SHADOW");
  char mark[PATH_MAX + 16];
  if (!shadow || !variable("FAULT_DIR")) return;
  snprintf(mark, sizeof mark, "%s/begun", shadow);
  int fd = syscall(SYS_openat, AT_FDCWD, mark, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return; /* a child of the program: the shadow is its parent's */
  close(fd);
  keep_all(variable("FAULT_DIR"));
}

/* ---- the calls ---- */

static int sync_fd(int fd, long call) {
  char path[PATH_MAX];
  struct stat st;
  if (!path_of(fd, path)) return syscall(call, fd);
  read_control();
  if (now.slow_sync_us && named(path)) {
    struct timespec pause = {now.slow_sync_us / 1000000, now.slow_sync_us % 1000000 * 1000};
    nanosleep(&pause, NULL);
  }
  if (now.sync_error_at && named(path)) {
    long turn = __sync_add_and_fetch(&syncs, 1) - now.sync_error_at;
    if (turn >= 0 && (!now.sync_error_for || turn < now.sync_error_for)) return strikes(EIO, "sync", path);
  }
  int result = syscall(call, fd);
  if (!result && variable("FAULT_SHADOW") && !fstat(fd, &st)) {
    if (S_ISDIR(st.st_mode)) keep_folder(path);
    else keep_content(path);
  }
  return result;
}
int fsync(int fd) { return sync_fd(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_fd(fd, SYS_fdatasync); }

static int write_refused(int fd) {
  char path[PATH_MAX];
  if (!variable("FAULT_CONTROL") || fd < 3 || !path_of(fd, path)) return 0;
  read_control();
  if (now.read_only && named(path)) return strikes(EROFS, "write", path);
  if (now.write_error_at && named(path) && __sync_add_and_fetch(&writes, 1) >= now.write_error_at)
    return strikes(ENOSPC, "write", path);
  return 0;
}
ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
  return write_refused(fd) ? -1 : syscall(SYS_pwrite64, fd, from, size, at);
}
ssize_t pwrite64(int fd, const void *from, size_t size, off_t at) { return pwrite(fd, from, size, at); }
ssize_t write(int fd, const void *from, size_t size) {
  return write_refused(fd) ? -1 : syscall(SYS_write, fd, from, size);
}

static int change_refused(const char *path) {
  char whole[PATH_MAX];
  if (!variable("FAULT_CONTROL")) return 0;
  if (*path != '/') {
    if (!getcwd(whole, sizeof whole) || strlen(whole) + strlen(path) + 2 > sizeof whole) return 0;
    strcat(strcat(whole, "/"), path), path = whole;
  }
  if (!is_ours(path)) return 0;
  read_control();
  return now.read_only && named(path) ? strikes(EROFS, "change", path) : 0;
}
int ftruncate(int fd, off_t size) {
  char path[PATH_MAX];
  if (variable("FAULT_CONTROL") && path_of(fd, path) && change_refused(path)) return -1;
  return syscall(SYS_ftruncate, fd, size);
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }
int unlink(const char *path) { return change_refused(path) ? -1 : syscall(SYS_unlinkat, AT_FDCWD, path, 0); }
int rename(const char *from, const char *to) {
  return change_refused(to) ? -1 : syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
static int open_any(const char *path, int flags, mode_t mode) {
  if ((flags & (O_ACCMODE | O_CREAT)) != O_RDONLY && change_refused(path)) return -1;
  return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
#define MODE_OF(flags)                                 \
  mode_t mode = 0;                                     \
  if ((flags) & (O_CREAT | __O_TMPFILE)) {             \
    va_list rest;                                      \
    va_start(rest, flags);                             \
    mode = va_arg(rest, mode_t);                       \
    va_end(rest);                                      \
  }
int open(const char *path, int flags, ...) { MODE_OF(flags) return open_any(path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return open_any(path, flags, mode); }
