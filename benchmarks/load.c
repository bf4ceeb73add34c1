/*
 * load: the client of the benchmarks. One thread, epoll, no dependency.
 *
 *   load follow   streams of server-sent events; measures windows on command (stdin)
 *   load resume   streams with a start and a target each; measures the time until all are there
 *   load publish  pipelined POSTs at a commanded rate (the publisher for nchan)
 *   load post     closed-loop POSTs over kept-alive connections (appends over REST, leases)
 *   load get      GETs with tokens over kept-alive connections: closed-loop, or at a rate and then
 *                 timed from when each was due, sent or not (no coordinated omission)
 *   load source   a server of event streams, as a service behind the gateway would send them
 *   load selftest checks that the parser counts what is right and reports what is wrong
 *
 * It is strict on purpose: a malformed chunk size, a `data` payload that is not an array of events,
 * an `id` that is not the position of the last event, a hole or a repetition in the offsets is an
 * error that it counts and prints; a tolerant client once hid lost bytes in an earlier prototype.
 *
 * Two formats of stream. `plimsoll`: `event: data`, one `data:[…]` line whose events start with
 * {"offset":"<16 digits>_<12 hex>", then `id:`, and `control` events. `raw`: one payload per event,
 * as nchan sends it. In both, the payload's member "t" is the time of publication in microseconds
 * since 1970, and "s" its number, which counts up by one per topic (the offset in `raw`).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- time, histogram, CPU ---- */

static int64_t now_us(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* Log-linear: 32 steps per power of two, so within 3 %. */
#define BUCKETS (64 * 32)
struct histogram {
  uint64_t count[BUCKETS], total;
  int64_t max;
};

static void record(struct histogram *h, int64_t us) {
  if (us < 0) us = 0;
  int index;
  if (us < 32) {
    index = (int)us;
  } else {
    int shift = 63 - __builtin_clzll((uint64_t)us) - 5;
    index = (shift + 1) * 32 + (int)((us >> shift) & 31);
  }
  h->count[index]++;
  h->total++;
  if (us > h->max) h->max = us;
}

static double quantile_ms(const struct histogram *h, double q) {
  uint64_t rank = (uint64_t)(q * (double)h->total), seen = 0;
  for (int i = 0; i < BUCKETS; i++) {
    seen += h->count[i];
    if (seen > rank) {
      int64_t low = i < 32 ? i : (int64_t)(32 + i % 32) << (i / 32 - 1);
      return (double)low / 1000;
    }
  }
  return (double)h->max / 1000;
}

struct processes {
  int pid[64], count;
};
/* What is measured, and what belongs to the measurement on the other core. */
static struct processes watched, helpers;

/* Seconds of CPU of the processes. */
static double cpu_of(const struct processes *these) {
  double ticks = 0;
  for (int i = 0; i < these->count; i++) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", these->pid[i]);
    FILE *f = fopen(path, "r");
    if (!f) continue;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    char *after = strrchr(text, ')');
    unsigned long user, system;
    if (after && sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2)
      ticks += (double)(user + system);
  }
  return ticks / (double)sysconf(_SC_CLK_TCK);
}

static double server_cpu(void) { return cpu_of(&watched); }

/* The client's, and that of its helpers. */
static double own_cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6 + cpu_of(&helpers);
}

/* Busy and stolen seconds of the cores 0 and 1, each from some instant on. */
struct cores {
  double busy[2], stolen;
};

static struct cores read_cores(void) {
  struct cores c = {0};
  FILE *f = fopen("/proc/stat", "r");
  char row[512];
  double hz = (double)sysconf(_SC_CLK_TCK), now = (double)now_us(CLOCK_MONOTONIC) / 1e6;
  while (f && fgets(row, sizeof row, f)) {
    int cpu;
    double v[8];
    if (sscanf(row, "cpu%d %lf %lf %lf %lf %lf %lf %lf %lf", &cpu, v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7) != 9) continue;
    /* all but idle, iowait and stolen: those are timed, where the rest is what ticks happened to meet */
    if (cpu < 2) c.busy[cpu] = now - (v[3] + v[4] + v[7]) / hz;
    c.stolen += v[7] / hz;
  }
  if (f) fclose(f);
  return c;
}

/* ---- state ---- */

enum state { IDLE, CONNECTING, HEADERS, BODY, FINISHED };
enum chunk { SIZE, SIZE_LF, PAYLOAD, PAYLOAD_CR, PAYLOAD_LF, LAST_CR, LAST_LF, UNCHUNKED };
enum kind { MESSAGE, DATA, CONTROL, EPHEMERAL, SNAPSHOT, RESET, END, OTHER };

struct conn {
  int fd, topic;
  uint8_t state, chunk, kind, digits;
  bool wants_id, finished_cleanly;
  uint32_t event_length; /* of the last event: the next one is probably as long */
  uint64_t left;         /* of the chunk */
  int64_t last;          /* offset of the last event seen, -1 if none is known */
  int64_t target;        /* resume: the offset to reach */
  int64_t ended;         /* when `event: end` came, in microseconds since 1970 */
  char *carry;           /* an unfinished line or header */
  uint32_t carry_length, carry_size;
  const char *path, *header;
};

static struct conn *conns;
static int conn_count = 1, topic_count = 1, outstanding_limit = 256;
static bool raw;
static const char *host = "127.0.0.1";
static int port = 80;
static const char *header_line = "";
static const char *path_template = "/";
static int epoll_fd;
static int connecting, next_to_open, up, caught_up, closed_early;
static FILE *ends_log; /* a line for each stream that ended: number, time of `end`, time of the close */

static struct token {
  const char *text;
  size_t length;
} *tokens;
static size_t token_count, next_token;
static uint64_t token_rounds; /* how often all of them were used */

/* Counters of the current window. */
static struct histogram latency;
static uint64_t delivered, reads, bytes, controls, heartbeats;
static bool quiet;
/* Errors are never reset. */
static uint64_t gaps, duplicates, malformed, bad_status, resets, ends;

static void complain(const char *format, ...) {
  static int said;
  malformed++;
  if (quiet || said++ >= 20) return;
  va_list a;
  va_start(a, format);
  fputs("load: ", stderr);
  vfprintf(stderr, format, a);
  fputc('\n', stderr);
  va_end(a);
}

/* ---- parsing events ---- */

static bool digits(const char *p, int n, int64_t *value) {
  int64_t v = 0;
  for (int i = 0; i < n; i++) {
    unsigned d = (unsigned)(p[i] - '0');
    if (d > 9) return false;
    v = v * 10 + d;
  }
  *value = v;
  return true;
}

static bool position(const char *p, const char *end, int64_t *offset) {
  if (end - p < 29 || !digits(p, 16, offset) || p[16] != '_') return false;
  for (int i = 17; i < 29; i++)
    if (!isdigit((unsigned char)p[i]) && (p[i] < 'a' || p[i] > 'f')) return false;
  return true;
}

static int64_t number_after(const char *p, const char *end, const char *name, size_t length) {
  const char *at = memmem(p, (size_t)(end - p), name, length);
  if (!at) return -1;
  int64_t v = 0;
  for (at += length; at < end && *at >= '0' && *at <= '9'; at++) v = v * 10 + (*at - '0');
  return v;
}

static int64_t arrival; /* of what is being parsed, CLOCK_REALTIME */

static void event_at(struct conn *c, int64_t offset, const char *p, const char *end) {
  if (c->last >= 0) {
    if (offset <= c->last) {
      duplicates++;
      return;
    }
    if (offset != c->last + 1) gaps++;
  }
  c->last = offset;
  delivered++;
  int64_t t = number_after(p, end < p + 256 ? end : p + 256, "\"t\":", 4);
  if (t > 0) record(&latency, arrival - t);
  if (c->target > 0 && offset == c->target) caught_up++;
}

/* The end of the JSON object that starts at p, or NULL. */
static const char *object_end(const char *p, const char *end) {
  int depth = 0;
  bool string = false;
  for (; p < end; p++) {
    if (string) {
      if (*p == '\\') p++;
      else if (*p == '"') string = false;
    } else if (*p == '"') {
      string = true;
    } else if (*p == '{' || *p == '[') {
      depth++;
    } else if (*p == '}' || *p == ']') {
      if (--depth == 0) return p + 1;
    }
  }
  return NULL;
}

static const char START[] = "{\"offset\":\"";
#define START_LENGTH (sizeof START - 1)

static bool starts(const char *p, const char *end, const char *text, size_t n) {
  return (size_t)(end - p) >= n && memcmp(p, text, n) == 0;
}

/* A payload `[{"offset":"…",…},…]`. Events of equal length are found by that length, after a look
   at the brackets on both sides of the seam; others by matching brackets. */
static void array(struct conn *c, const char *p, const char *end) {
  if (end - p < 2 || *p != '[' || end[-1] != ']') {
    complain("data is not an array: %.*s", (int)(end - p < 60 ? end - p : 60), p);
    return;
  }
  end--;
  for (p++;;) {
    int64_t offset;
    if (!starts(p, end, START, START_LENGTH) || !position(p + START_LENGTH, end, &offset)) {
      complain("not an event: %.*s", (int)(end - p < 60 ? end - p : 60), p);
      return;
    }
    const char *guess = p + c->event_length;
    bool known = c->event_length > 40 && guess <= end && guess[-1] == '}' && guess[-2] == '}' &&
                 (guess == end || starts(guess, end, ",{\"offset\":\"", START_LENGTH + 1));
    const char *finish = known ? guess : object_end(p, end);
    if (!finish) {
      complain("event without an end");
      return;
    }
    c->event_length = (uint32_t)(finish - p);
    event_at(c, offset, p + START_LENGTH + 29, finish);
    if (finish == end) return;
    if (*finish != ',') {
      complain("no comma between events");
      return;
    }
    p = finish + 1;
  }
}

static enum kind kind_of(const char *p, size_t n) {
  static const struct { const char *name; enum kind kind; } KINDS[] = {
      {"data", DATA}, {"control", CONTROL}, {"ephemeral", EPHEMERAL},
      {"snapshot", SNAPSHOT}, {"reset", RESET}, {"end", END}};
  for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
    if (strlen(KINDS[i].name) == n && memcmp(KINDS[i].name, p, n) == 0) return KINDS[i].kind;
  return OTHER;
}

static void control(struct conn *c, const char *p, const char *end) {
  static const char NEXT[] = "\"streamNextOffset\":\"";
  controls++;
  const char *at = memmem(p, (size_t)(end - p), NEXT, sizeof NEXT - 1);
  int64_t offset;
  if (!at || !position(at + sizeof NEXT - 1, end, &offset)) {
    complain("control without a position: %.*s", (int)(end - p < 80 ? end - p : 80), p);
  } else if (c->last < 0) {
    c->last = offset; /* offset=now: this is where the stream starts */
  } else if (offset != c->last) {
    complain("control at %ld after event %ld", (long)offset, (long)c->last);
  }
}

/* One line of the event stream, without its end. */
static void line(struct conn *c, const char *p, size_t n) {
  if (n && p[n - 1] == '\r') n--;
  const char *end = p + n;
  if (n == 0) {
    if (c->kind == DATA && c->wants_id) complain("data event without id");
    c->kind = MESSAGE;
    c->wants_id = false;
  } else if (p[0] == ':') {
    heartbeats++;
  } else if (starts(p, end, "event:", 6)) {
    p += 6;
    if (p < end && *p == ' ') p++;
    c->kind = kind_of(p, (size_t)(end - p));
    if (c->kind == RESET) resets++;
    if (c->kind == END) {
      ends++;
      c->ended = arrival;
    }
  } else if (starts(p, end, "data:", 5)) {
    p += 5;
    if (raw) {
      if (p < end && *p == ' ') p++;
      int64_t s = number_after(p, end, "\"s\":", 4);
      if (s < 0) complain("payload without a number: %.*s", (int)(end - p < 60 ? end - p : 60), p);
      else event_at(c, s, p, end);
    } else if (c->kind == DATA) {
      if (c->wants_id) complain("two data lines in one event");
      c->wants_id = true;
      array(c, p, end);
    } else if (c->kind == CONTROL) {
      control(c, p, end);
    } else if (c->kind == SNAPSHOT) {
      static const char POSITION[] = "{\"position\":\"";
      int64_t offset;
      if (starts(p, end, POSITION, sizeof POSITION - 1) && position(p + sizeof POSITION - 1, end, &offset)) c->last = offset;
      else complain("snapshot without a position");
    }
  } else if (starts(p, end, "id:", 3)) {
    p += 3;
    if (p < end && *p == ' ') p++;
    int64_t offset;
    if (!raw && (c->kind == DATA || c->kind == CONTROL)) {
      if (!position(p, end, &offset)) complain("id is not a position");
      else if (c->last >= 0 && offset != c->last) complain("id %ld after event %ld", (long)offset, (long)c->last);
      c->wants_id = false;
    }
  } else if (!starts(p, end, "retry:", 6)) {
    complain("not a field: %.*s", (int)(n < 60 ? n : 60), p);
  }
}

static void keep(struct conn *c, const char *p, size_t n) {
  if (c->carry_length + n > c->carry_size) {
    c->carry_size = (uint32_t)((c->carry_length + n) * 5 / 4 + 64);
    c->carry = realloc(c->carry, c->carry_size);
    if (!c->carry) abort();
  }
  memcpy(c->carry + c->carry_length, p, n);
  c->carry_length += (uint32_t)n;
}

static void drop_carry(struct conn *c) {
  c->carry_length = 0;
  if (c->carry_size > 16384) {
    free(c->carry);
    c->carry = NULL;
    c->carry_size = 0;
  }
}

static void body(struct conn *c, const char *p, size_t n) {
  const char *end = p + n;
  while (p < end) {
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    if (!newline) {
      keep(c, p, (size_t)(end - p));
      return;
    }
    if (c->carry_length) {
      keep(c, p, (size_t)(newline - p));
      line(c, c->carry, c->carry_length);
      drop_carry(c);
    } else {
      line(c, p, (size_t)(newline - p));
    }
    p = newline + 1;
  }
}

/* ---- chunks, RFC 9112 7.1, without extensions and trailers ---- */

static bool unchunk(struct conn *c, const char *p, size_t n) {
  const char *end = p + n;
  while (p < end) {
    switch ((enum chunk)c->chunk) {
      case SIZE: {
        int ch = *p++;
        if (isxdigit(ch) && c->digits < 8) {
          c->left = c->left * 16 + (uint64_t)(isdigit(ch) ? ch - '0' : tolower(ch) - 'a' + 10);
          c->digits++;
        } else if (ch == '\r' && c->digits) {
          c->chunk = SIZE_LF;
        } else {
          complain("chunk size: byte 0x%02x", ch & 255);
          return false;
        }
        break;
      }
      case SIZE_LF:
      case PAYLOAD_LF:
      case LAST_LF:
        if (*p++ != '\n') {
          complain("chunk: no line feed");
          return false;
        }
        if (c->chunk == SIZE_LF) {
          c->chunk = c->left ? PAYLOAD : LAST_CR;
        } else if (c->chunk == PAYLOAD_LF) {
          c->chunk = SIZE;
        } else {
          c->finished_cleanly = true;
          return false;
        }
        c->digits = 0;
        break;
      case PAYLOAD: {
        size_t take = (size_t)(end - p) < c->left ? (size_t)(end - p) : (size_t)c->left;
        body(c, p, take);
        p += take;
        c->left -= take;
        if (!c->left) c->chunk = PAYLOAD_CR;
        break;
      }
      case PAYLOAD_CR:
      case LAST_CR:
        if (*p++ != '\r') {
          complain("chunk: no carriage return");
          return false;
        }
        c->chunk = c->chunk == PAYLOAD_CR ? PAYLOAD_LF : LAST_LF;
        break;
      case UNCHUNKED:
        body(c, p, (size_t)(end - p));
        return true;
    }
  }
  return true;
}

/* ---- connections ---- */

/* Maps a file of tokens, one to a line. */
static void read_tokens(const char *name) {
  int fd = open(name, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) < 0 || !status.st_size) {
    perror(name);
    exit(2);
  }
  const char *p = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0), *end = p + status.st_size;
  close(fd);
  if (p == MAP_FAILED) {
    perror(name);
    exit(2);
  }
  size_t capacity = 0;
  for (const char *newline; p < end && (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1) {
    if (token_count == capacity) tokens = realloc(tokens, (capacity = capacity * 2 + 1024) * sizeof *tokens);
    tokens[token_count++] = (struct token){p, (size_t)(newline - p)};
  }
}

/* `{t}` is the topic, `{i}` the connection's number, `{k}` its token. */
static void expand(char *out, size_t size, const char *template, int i) {
  size_t n = 0;
  for (const char *p = template; *p && n + 24 < size; p++) {
    if (strncmp(p, "{k}", 3) == 0 && token_count) {
      const struct token *k = &tokens[(size_t)i % token_count];
      if (n + k->length + 24 > size) break;
      memcpy(out + n, k->text, k->length);
      n += k->length;
      p += 2;
    } else if (strncmp(p, "{t}", 3) == 0) n += (size_t)snprintf(out + n, size - n, "%d", i % topic_count), p += 2;
    else if (strncmp(p, "{i}", 3) == 0) n += (size_t)snprintf(out + n, size - n, "%d", i), p += 2;
    else out[n++] = *p;
  }
  out[n] = 0;
}

static int dial(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    perror("load: socket");
    exit(2);
  }
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, host, &to.sin_addr);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
    perror("load: connect");
    exit(2);
  }
  return fd;
}

static void watch(int fd, uint32_t events, void *what, int op) {
  struct epoll_event e = {.events = events, .data.ptr = what};
  epoll_ctl(epoll_fd, op, fd, &e);
}

static void open_stream(struct conn *c) {
  c->fd = dial();
  c->state = CONNECTING;
  c->chunk = UNCHUNKED;
  connecting++;
  watch(c->fd, EPOLLOUT, c, EPOLL_CTL_ADD);
}

static void open_some(void) {
  while (connecting < outstanding_limit && next_to_open < conn_count) open_stream(&conns[next_to_open++]);
}

static void request(struct conn *c) {
  char path[1024], header[4096], text[6144];
  int i = (int)(c - conns);
  expand(path, sizeof path, c->path ? c->path : path_template, i);
  expand(header, sizeof header, c->header ? c->header : header_line, i);
  int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nAccept: text/event-stream\r\n%s%s\r\n", path, host, port,
                   header, *header ? "\r\n" : "");
  if (write(c->fd, text, (size_t)n) != n) complain("request not written");
  c->state = HEADERS;
  watch(c->fd, EPOLLIN, c, EPOLL_CTL_MOD);
}

static void hang_up(struct conn *c) {
  if (c->state == CONNECTING || c->state == HEADERS) connecting--;
  if (c->state == BODY) up--;
  if (c->state != FINISHED && !(c->target > 0 && c->last >= c->target)) closed_early++;
  if (ends_log) {
    fprintf(ends_log, "%d %ld %ld\n", (int)(c - conns), (long)c->ended, (long)now_us(CLOCK_REALTIME));
    fflush(ends_log);
  }
  c->state = FINISHED;
  close(c->fd);
  c->fd = -1;
  open_some();
}

/* Takes the response's head; answers false if the connection is to be closed. */
static bool head(struct conn *c, const char *p, size_t n) {
  keep(c, p, n);
  char *finish = memmem(c->carry, c->carry_length, "\r\n\r\n", 4);
  if (!finish) return true;
  *finish = 0;
  if (strncmp(c->carry, "HTTP/1.1 200", 12) != 0) {
    if (bad_status++ < 5) fprintf(stderr, "load: %.300s\n", c->carry);
    return false;
  }
  if (strcasestr(c->carry, "\r\ntransfer-encoding: chunked")) c->chunk = SIZE;
  if (!strcasestr(c->carry, "\r\ncontent-type: text/event-stream")) complain("not an event stream");
  c->state = BODY;
  connecting--;
  up++;
  size_t used = (size_t)(finish + 4 - c->carry), rest = c->carry_length - used;
  char *copy = malloc(rest + 1);
  memcpy(copy, c->carry + used, rest);
  c->carry_length = 0;
  bool more = unchunk(c, copy, rest);
  free(copy);
  open_some();
  return more;
}

static char buffer[256 * 1024];

static void readable(struct conn *c) {
  ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    hang_up(c);
    return;
  }
  reads++;
  bytes += (uint64_t)n;
  arrival = now_us(CLOCK_REALTIME);
  bool more = c->state == HEADERS ? head(c, buffer, (size_t)n) : unchunk(c, buffer, (size_t)n);
  if (!more) hang_up(c);
}

static void pump(int timeout_ms) {
  struct epoll_event events[512];
  int n = epoll_wait(epoll_fd, events, 512, timeout_ms);
  for (int i = 0; i < n; i++) {
    struct conn *c = events[i].data.ptr;
    if (c->state == CONNECTING) {
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error) {
        complain("connect: %s", strerror(error));
        hang_up(c);
      } else {
        request(c);
      }
    } else if (c->state != FINISHED) {
      readable(c);
    }
  }
}

static void errors_json(void) {
  printf("\"gaps\":%lu,\"duplicates\":%lu,\"malformed\":%lu,\"bad_status\":%lu,\"closed\":%d,\"resets\":%lu,\"ends\":%lu", gaps,
         duplicates, malformed, bad_status, closed_early, resets, ends);
}

/* How far, in events, the last stream of a topic is behind the first. */
static int64_t worst_lag(void) {
  int64_t worst = 0, *low = calloc((size_t)topic_count, 8), *high = calloc((size_t)topic_count, 8);
  for (int i = 0; i < conn_count; i++) {
    int t = conns[i].topic;
    if (conns[i].last < 0) continue;
    if (!low[t] || conns[i].last < low[t]) low[t] = conns[i].last;
    if (conns[i].last > high[t]) high[t] = conns[i].last;
  }
  for (int t = 0; t < topic_count; t++)
    if (high[t] - low[t] > worst) worst = high[t] - low[t];
  free(low);
  free(high);
  return worst;
}

static void window(double seconds) {
  memset(&latency, 0, sizeof latency);
  delivered = reads = bytes = controls = heartbeats = 0;
  double server = server_cpu(), own = own_cpu();
  struct cores before = read_cores();
  int64_t start = now_us(CLOCK_MONOTONIC), end = start + (int64_t)(seconds * 1e6), t;
  while ((t = now_us(CLOCK_MONOTONIC)) < end) pump((int)((end - t) / 1000) + 1);
  double took = (double)(t - start) / 1e6;
  server = server_cpu() - server;
  own = own_cpu() - own;
  struct cores after = read_cores();
  printf("{\"seconds\":%.3f,\"up\":%d,\"delivered\":%lu,\"rate\":%.0f,\"p50\":%.2f,\"p99\":%.2f,\"max\":%.2f,\"server_cpu\":%.3f,"
         "\"us_per_delivery\":%.3f,\"client_cpu\":%.3f,\"reads\":%.0f,\"megabytes\":%.0f,\"controls\":%lu,\"comments\":%lu,"
         "\"lag\":%ld,\"others0\":%.2f,\"others1\":%.2f,\"steal\":%.3f,",
         took, up, delivered, (double)delivered / took, quantile_ms(&latency, 0.5), quantile_ms(&latency, 0.99),
         (double)latency.max / 1000, server / took, delivered ? server * 1e6 / (double)delivered : 0, own / took,
         (double)reads / took, (double)bytes / took / 1e6, controls, heartbeats, (long)worst_lag(),
         (after.busy[0] - before.busy[0] - server) / took, (after.busy[1] - before.busy[1] - own) / took,
         (after.stolen - before.stolen) / took);
  errors_json();
  printf("}\n");
  fflush(stdout);
}

/* Opens all streams, then obeys stdin: `w <seconds>` measures a window, `q` ends. */
static void follow(double patience) {
  int64_t start = now_us(CLOCK_MONOTONIC);
  open_some();
  while ((next_to_open < conn_count || connecting) && now_us(CLOCK_MONOTONIC) - start < (int64_t)(patience * 1e6)) pump(100);
  printf("{\"up\":%d,\"seconds\":%.2f,", up, (double)(now_us(CLOCK_MONOTONIC) - start) / 1e6);
  errors_json();
  printf("}\n");
  fflush(stdout);
  fcntl(0, F_SETFL, O_NONBLOCK);
  char command[64];
  int length = 0;
  for (;;) {
    ssize_t n = read(0, command + length, sizeof command - 1 - (size_t)length);
    if (n == 0) return;
    if (n > 0) length += (int)n;
    command[length] = 0;
    char *newline = strchr(command, '\n');
    if (!newline) {
      pump(20);
      continue;
    }
    *newline = 0;
    if (*command == 'q') return;
    double seconds = atof(command + 1);
    length -= (int)(newline + 1 - command);
    memmove(command, newline + 1, (size_t)length);
    window(seconds > 0 ? seconds : 1);
  }
}

/* Each line of the file: path, offset of the start, offset of the target, optionally a tab and a
   header. Everybody comes at once; the clock runs until the last has its last event. */
static void resume(const char *file, double patience) {
  FILE *f = fopen(file, "r");
  if (!f) {
    perror(file);
    exit(2);
  }
  char *row = NULL;
  size_t size = 0;
  int n = 0, capacity = 0;
  free(conns);
  conns = NULL;
  uint64_t expected = 0;
  while (getline(&row, &size, f) > 0) {
    if (n == capacity) {
      capacity = capacity * 2 + 1024;
      conns = realloc(conns, (size_t)capacity * sizeof *conns);
    }
    struct conn *c = &conns[n];
    memset(c, 0, sizeof *c);
    char path[1024];
    long from, to;
    if (sscanf(row, "%1023s %ld %ld", path, &from, &to) != 3) continue;
    char *tab = strchr(row, '\t');
    if (tab) {
      tab[strcspn(tab, "\r\n")] = 0;
      c->header = strdup(tab + 1);
    }
    c->path = strdup(path);
    c->last = from;
    c->target = to;
    expected += (uint64_t)(to - from);
    n++;
  }
  fclose(f);
  free(row);
  conn_count = n;
  double server = server_cpu(), own = own_cpu();
  struct cores before = read_cores();
  int64_t start = now_us(CLOCK_MONOTONIC);
  double half = 0;
  open_some();
  while (caught_up < conn_count && now_us(CLOCK_MONOTONIC) - start < (int64_t)(patience * 1e6) &&
         (up || connecting || next_to_open < conn_count)) {
    pump(100);
    if (!half && caught_up >= conn_count / 2) half = (double)(now_us(CLOCK_MONOTONIC) - start) / 1e6;
  }
  double took = (double)(now_us(CLOCK_MONOTONIC) - start) / 1e6;
  struct cores after = read_cores();
  server = server_cpu() - server;
  own = own_cpu() - own;
  printf("{\"seconds\":%.3f,\"half\":%.3f,\"clients\":%d,\"caught_up\":%d,\"delivered\":%lu,\"expected\":%lu,\"server_cpu\":%.3f,"
         "\"client_cpu\":%.3f,\"reads\":%lu,\"megabytes\":%.0f,\"others0\":%.2f,\"others1\":%.2f,\"steal\":%.3f,",
         took, half, conn_count, caught_up, delivered, expected, server / took, own / took, reads, (double)bytes / 1e6,
         (after.busy[0] - before.busy[0] - server) / took, (after.busy[1] - before.busy[1] - own) / took,
         (after.stolen - before.stolen) / took);
  errors_json();
  printf("}\n");
}

/* ---- POSTs ---- */

struct poster {
  int fd, topic;
  int64_t sent_at;
  char *out;
  size_t out_length, out_sent, out_size;
  char in[131072];
  size_t in_length;
  int waiting;
  uint64_t calls; /* numbers the bodies of this connection */
};

static uint64_t grants; /* of lease calls: answered demands that got something */

/* A payload of exactly `size` bytes: {"t":…,"s":…,"p":"xxx"}. */
static int payload(char *out, int size, int64_t s) {
  int n = sprintf(out, "{\"t\":%ld,\"s\":%ld,\"p\":\"", (long)now_us(CLOCK_REALTIME), (long)s);
  while (n < size - 2) out[n++] = 'x';
  out[n++] = '"';
  out[n++] = '}';
  out[n] = 0;
  return n;
}

/* Counts whole responses in the buffer; a status outside 2xx is an error. */
static int responses(struct poster *s) {
  int count = 0;
  for (;;) {
    s->in[s->in_length] = 0;
    char *finish = memmem(s->in, s->in_length, "\r\n\r\n", 4);
    if (!finish) return count;
    *finish = 0;
    char *field = strcasestr(s->in, "\r\ncontent-length:");
    bool chunked = strcasestr(s->in, "\r\ntransfer-encoding: chunked") != NULL;
    size_t size = (size_t)(finish + 4 - s->in) + (field ? strtoul(field + 17, NULL, 10) : 0);
    if (s->in[9] != '2' && bad_status++ < 5) fprintf(stderr, "load: %.200s %.300s\n", s->in, finish + 4);
    *finish = '\r';
    if (chunked) {
      char *last = memmem(finish + 4, s->in_length - (size_t)(finish + 4 - s->in), "0\r\n\r\n", 5);
      if (!last) return count;
      size = (size_t)(last + 5 - s->in);
    }
    if (size > s->in_length) return count;
    for (char *p = s->in; (p = memmem(p, (size_t)(s->in + size - p), "\"units\":", 8)); p += 8) grants++;
    memmove(s->in, s->in + size, s->in_length - size);
    s->in_length -= size;
    count++;
  }
}

static void queue_post(struct poster *s, const char *path, const char *header, const char *text, int n) {
  if (s->out_size - s->out_length < 8192 + (size_t)n) s->out = realloc(s->out, s->out_size = s->out_size * 2 + 65536 + (size_t)n);
  s->out_length += (size_t)sprintf(s->out + s->out_length,
                                   "POST %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: application/json\r\n%s%sContent-Length: %d\r\n\r\n%.*s",
                                   path, host, port, header, *header ? "\r\n" : "", n, n, text);
  s->waiting++;
}

static bool flush_posts(struct poster *s) {
  while (s->out_sent < s->out_length) {
    ssize_t n = send(s->fd, s->out + s->out_sent, s->out_length - s->out_sent, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN;
    s->out_sent += (size_t)n;
  }
  s->out_length = s->out_sent = 0;
  return true;
}

static bool take_responses(struct poster *s, int *count) {
  ssize_t n = recv(s->fd, s->in + s->in_length, sizeof s->in - 1 - s->in_length, 0);
  *count = 0;
  if (n < 0) return errno == EAGAIN;
  if (n == 0) return false;
  s->in_length += (size_t)n;
  *count = responses(s);
  s->waiting -= *count;
  return true;
}

static struct poster *connect_posters(int n) {
  struct poster *posters = calloc((size_t)n, sizeof *posters);
  for (int i = 0; i < n; i++) {
    posters[i].fd = dial();
    posters[i].topic = i;
  }
  usleep(200000);
  for (int i = 0; i < n; i++) watch(posters[i].fd, EPOLLIN, &posters[i], EPOLL_CTL_ADD);
  return posters;
}

/* Sends `rate` payloads a second in turn to the topics, as evenly as the timer allows (1 ms), for
   `seconds`. Numbers of a topic start at 1 and count up by one. */
static void publish(double rate, double seconds, int size) {
  int64_t *numbers = calloc((size_t)topic_count, 8);
  struct poster *p = connect_posters(conn_count);
  int64_t start = now_us(CLOCK_MONOTONIC), sent = 0, answered = 0, t;
  int topic = 0;
  while ((t = now_us(CLOCK_MONOTONIC) - start) < (int64_t)(seconds * 1e6)) {
    int64_t due = (int64_t)((double)t / 1e6 * rate) - sent;
    for (; due > 0; due--, sent++) {
      char text[1024], path[1024];
      struct poster *via = &p[topic % conn_count]; /* one topic, one connection: order */
      if (via->waiting > 512) break; /* the peer cannot follow; the rate reached is printed */
      expand(path, sizeof path, path_template, topic);
      queue_post(via, path, header_line, text, payload(text, size, ++numbers[topic]));
      topic = (topic + 1) % topic_count;
    }
    for (int i = 0; i < conn_count; i++) flush_posts(&p[i]);
    struct epoll_event events[64];
    int n = epoll_wait(epoll_fd, events, 64, 1), count;
    for (int i = 0; i < n; i++) {
      if (!take_responses(events[i].data.ptr, &count)) exit(3);
      answered += count;
    }
  }
  printf("{\"sent\":%ld,\"answered\":%ld,\"rate\":%.0f,\"bad_status\":%lu}\n", (long)sent, (long)answered, (double)answered / seconds,
         bad_status);
}

/* A lease call, from a template: `{c}` is the connection's number, for a gateway of its own, `{n}`
   counts its calls and `{p}` is the one before. */
static void lease_call(struct poster *s, const char *template) {
  static char *text;
  static size_t size;
  if (!text) text = malloc(size = strlen(template) * 2 + 4096);
  size_t n = 0;
  s->calls = s->calls ? s->calls + 1 : 2;
  for (const char *p = template; *p && n + 64 < size; p++) {
    if (p[0] == '{' && p[2] == '}' && strchr("cnp", p[1])) {
      long value = p[1] == 'c' ? s->topic : (long)s->calls - (p[1] == 'p');
      n += (size_t)sprintf(text + n, "%ld", value);
      p += 2;
    } else {
      text[n++] = *p;
    }
  }
  s->sent_at = now_us(CLOCK_MONOTONIC);
  queue_post(s, path_template, header_line, text, (int)n);
  if (!flush_posts(s)) exit(3);
}

static bool lease_calls;

static void post_next(struct poster *s, const char *body_template) {
  static int64_t unique;
  static uint64_t seed;
  if (lease_calls) {
    lease_call(s, body_template);
    return;
  }
  if (!unique) seed = (uint64_t)(unique = now_us(CLOCK_REALTIME));
  seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
  char path[1024], text[2048];
  expand(path, sizeof path, path_template, (int)((seed >> 33) % (unsigned)topic_count));
  const char *mark = strstr(body_template, "{n}");
  int n = mark ? snprintf(text, sizeof text, "%.*s%ld%s", (int)(mark - body_template), body_template, (long)unique++, mark + 3)
               : snprintf(text, sizeof text, "%s", body_template);
  s->sent_at = now_us(CLOCK_MONOTONIC);
  queue_post(s, path, header_line, text, n);
  if (!flush_posts(s)) exit(3);
}

/* Closed loop: every connection posts to a random topic, waits for the answer, posts again; `{n}`
   in the body is a number used once. The first window warms up and is not printed. */
static void post(const char *body_template, double warmup, double seconds, int windows) {
  struct poster *p = connect_posters(conn_count);
  for (int i = 0; i < conn_count; i++) post_next(&p[i], body_template);
  for (int w = 0; w <= windows; w++) {
    memset(&latency, 0, sizeof latency);
    grants = 0;
    double server = server_cpu(), own = own_cpu();
    struct cores before = read_cores();
    int64_t start = now_us(CLOCK_MONOTONIC), end = start + (int64_t)((w ? seconds : warmup) * 1e6), t;
    while ((t = now_us(CLOCK_MONOTONIC)) < end) {
      struct epoll_event events[64];
      int n = epoll_wait(epoll_fd, events, 64, 10), count;
      for (int i = 0; i < n; i++) {
        struct poster *s = events[i].data.ptr;
        if (s->out_length && !flush_posts(s)) exit(3); /* a body larger than the socket takes at once */
        if (!take_responses(s, &count)) exit(3);
        if (!count) continue;
        record(&latency, now_us(CLOCK_MONOTONIC) - s->sent_at);
        post_next(s, body_template);
      }
    }
    double took = (double)(t - start) / 1e6;
    struct cores after = read_cores();
    server = server_cpu() - server;
    own = own_cpu() - own;
    if (!w) continue;
    printf("{\"seconds\":%.3f,\"done\":%lu,\"rate\":%.0f,\"p50\":%.2f,\"p99\":%.2f,\"max\":%.2f,\"server_cpu\":%.3f,\"client_cpu\":%.3f,"
           "\"others0\":%.2f,\"others1\":%.2f,\"steal\":%.3f,\"grants\":%.0f,\"bad_status\":%lu}\n",
           took, latency.total, (double)latency.total / took, quantile_ms(&latency, 0.5), quantile_ms(&latency, 0.99),
           (double)latency.max / 1000, server / took, own / took, (after.busy[0] - before.busy[0] - server) / took,
           (after.busy[1] - before.busy[1] - own) / took, (after.stolen - before.stolen) / took,
           (double)grants / took, bad_status);
    fflush(stdout);
  }
}

/* ---- GETs with tokens ---- */

static uint64_t reconnects;

static void dial_getter(struct poster *s) {
  s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int one = 1;
  setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, host, &to.sin_addr);
  if (connect(s->fd, (struct sockaddr *)&to, sizeof to) < 0) {
    perror("load: connect");
    exit(3);
  }
  fcntl(s->fd, F_SETFL, O_NONBLOCK);
  s->in_length = 0;
  s->waiting = 0;
  watch(s->fd, EPOLLIN, s, EPOLL_CTL_ADD);
}

/* Sends the next GET. It is timed from `due`. */
static void get_next(struct poster *s, int64_t due) {
  static char text[24576];
  static size_t head_length;
  if (!head_length) head_length = (size_t)snprintf(text, 4096, "GET %s HTTP/1.1\r\nHost: %s:%d\r\n", path_template, host, port);
  size_t n = head_length;
  if (token_count) {
    const struct token *k = &tokens[next_token];
    n += (size_t)sprintf(text + n, "Authorization: Bearer %.*s\r\n", (int)k->length, k->text);
    if (++next_token == token_count) next_token = 0, token_rounds++;
  }
  n += (size_t)sprintf(text + n, "%s%s\r\n", header_line, *header_line ? "\r\n" : "");
  s->sent_at = due;
  s->waiting = 1;
  if (send(s->fd, text, n, MSG_NOSIGNAL) != (ssize_t)n) {
    /* closed by the server while it was idle: the reading side will see it and repeat */
  }
}

/* With a rate, requests are due evenly; one that finds no free connection waits, and its wait counts. */
static void get(double rate, double warmup, double seconds, int windows) {
  struct poster *s = calloc((size_t)conn_count, sizeof *s), **idle = calloc((size_t)conn_count, sizeof *idle);
  int idle_count = 0;
  for (int i = 0; i < conn_count; i++) dial_getter(&s[i]);
  int64_t begin = now_us(CLOCK_MONOTONIC);
  for (int i = conn_count - 1; i >= 0; i--) {
    if (rate > 0) idle[idle_count++] = &s[i];
    else get_next(&s[i], now_us(CLOCK_MONOTONIC));
  }
  int64_t issued = 0;
  for (int w = warmup > 0 ? 0 : 1; w <= windows; w++) {
    memset(&latency, 0, sizeof latency);
    double server = server_cpu(), own = own_cpu();
    struct cores before = read_cores();
    uint64_t bad = bad_status;
    int64_t start = now_us(CLOCK_MONOTONIC), end = start + (int64_t)((w ? seconds : warmup) * 1e6), t;
    while ((t = now_us(CLOCK_MONOTONIC)) < end) {
      int64_t wait = end - t;
      if (rate > 0) {
        int64_t due;
        while ((due = begin + (int64_t)((double)issued * 1e6 / rate)) <= t && idle_count) {
          get_next(idle[--idle_count], due);
          issued++;
        }
        if (idle_count && due - t < wait) wait = due > t ? due - t : 0;
      }
      struct timespec patience = {.tv_sec = wait / 1000000, .tv_nsec = wait % 1000000 * 1000};
      struct epoll_event events[128];
      int n = epoll_pwait2(epoll_fd, events, 128, &patience, NULL), count;
      for (int i = 0; i < n; i++) {
        struct poster *g = events[i].data.ptr;
        if (!take_responses(g, &count)) {
          bool again = g->waiting > 0;
          close(g->fd);
          reconnects++;
          dial_getter(g);
          if (again) get_next(g, g->sent_at);
          continue;
        }
        if (!count) continue;
        int64_t now = now_us(CLOCK_MONOTONIC);
        record(&latency, now - g->sent_at);
        if (rate > 0) idle[idle_count++] = g;
        else get_next(g, now);
      }
    }
    double took = (double)(t - start) / 1e6;
    struct cores after = read_cores();
    server = server_cpu() - server;
    own = own_cpu() - own;
    if (!w) continue;
    int64_t behind = rate > 0 ? (int64_t)((double)(t - begin) * rate / 1e6) - issued : 0;
    printf("{\"seconds\":%.3f,\"done\":%lu,\"rate\":%.0f,\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.2f,\"server_cpu\":%.3f,"
           "\"us_each\":%.2f,\"client_cpu\":%.3f,\"others0\":%.2f,\"others1\":%.2f,\"steal\":%.3f,\"behind\":%ld,\"rounds\":%lu,"
           "\"reconnects\":%lu,\"bad_status\":%lu}\n",
           took, latency.total, (double)latency.total / took, quantile_ms(&latency, 0.5), quantile_ms(&latency, 0.99),
           quantile_ms(&latency, 0.999), (double)latency.max / 1000, server / took, latency.total ? server * 1e6 / (double)latency.total : 0,
           own / took, (after.busy[0] - before.busy[0] - server) / took, (after.busy[1] - before.busy[1] - own) / took,
           (after.stolen - before.stolen) / took, (long)behind, token_rounds, reconnects, bad_status - bad);
    fflush(stdout);
  }
}

/* ---- a source of streams ---- */

struct reader {
  int fd, topic, at; /* at: its place in the topic's list, -1 before its request came */
  char in[4096];
  int in_length;
};

struct readers {
  struct reader **all;
  int count, size;
  int64_t number;
};

static struct readers *feeds;
static int reader_count;
static uint64_t cut_off;

static void leave(struct reader *r) {
  if (r->at >= 0) {
    struct readers *f = &feeds[r->topic];
    f->all[r->at] = f->all[--f->count];
    f->all[r->at]->at = r->at;
    reader_count--;
  }
  close(r->fd);
  free(r);
}

static int chunked(char *out, const char *text, int n) { return sprintf(out, "%x\r\n%.*s\r\n", n, n, text); }

static bool deliver(struct reader *r, const char *text, int n) {
  if (send(r->fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) == n) return true;
  cut_off++;
  return false;
}

static void enter(struct reader *r) {
  const char *line_end = strchr(r->in, '\r'), *slash = NULL;
  for (const char *p = r->in; p < line_end && *p != '?'; p++)
    if (*p == '/' && isdigit((unsigned char)p[1]) && memcmp(p - 4, "HTTP", 4) != 0) slash = p;
  struct readers *f = &feeds[r->topic = slash ? atoi(slash + 1) % topic_count : 0];
  if (f->count == f->size) f->all = realloc(f->all, (size_t)(f->size = f->size * 2 + 64) * sizeof *f->all);
  f->all[r->at = f->count++] = r;
  reader_count++;
  char event[512], text[1024];
  int n = sprintf(event, "event: control\ndata:{\"streamNextOffset\":\"%016ld_0123456789ab\",\"upToDate\":true}\nid:%016ld_0123456789ab\n\n",
                  (long)f->number, (long)f->number);
  int k = sprintf(text, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n");
  k += chunked(text + k, event, n);
  deliver(r, text, k);
}

static void to_all(struct readers *f, const char *text, int n) {
  for (int i = f->count - 1; i >= 0; i--)
    if (!deliver(f->all[i], text, n)) shutdown(f->all[i]->fd, SHUT_RDWR); /* its reading side cleans up */
}

/* Listens; a stream's topic is the number at the end of its path. Obeys stdin: `r <events a second>`, to one topic
   after the other, each to all of the topic's streams. A comment goes to everybody every 15 s. */
static void source(int size) {
  feeds = calloc((size_t)topic_count, sizeof *feeds);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, host, &at.sin_addr);
  if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 4096) < 0) {
    perror("load: listen");
    exit(2);
  }
  watch(listener, EPOLLIN, NULL, EPOLL_CTL_ADD);
  fcntl(0, F_SETFL, O_NONBLOCK);
  double rate = 0;
  int64_t begin = now_us(CLOCK_MONOTONIC), sent = 0, beat = begin, t;
  char command[64], event[4096], text[4400];
  for (;;) {
    ssize_t got = read(0, command, sizeof command - 1);
    if (got == 0) return;
    if (got > 0) {
      command[got] = 0;
      rate = atof(command + 1);
      begin = now_us(CLOCK_MONOTONIC);
      sent = 0;
    }
    t = now_us(CLOCK_MONOTONIC);
    for (int64_t due = (int64_t)((double)(t - begin) * rate / 1e6); sent < due; sent++) {
      struct readers *f = &feeds[sent % topic_count];
      char json[2048];
      payload(json, size, ++f->number);
      int n = sprintf(event, "event: data\ndata:[{\"offset\":\"%016ld_0123456789ab\",\"type\":\"bench\",\"time\":\"2026-01-01T00:00:00Z\",\"data\":%s}]\nid:%016ld_0123456789ab\n\n",
                      (long)f->number, json, (long)f->number);
      to_all(f, text, chunked(text, event, n));
    }
    if (t - beat > 15000000) {
      beat = t;
      for (int i = 0; i < topic_count; i++) to_all(&feeds[i], text, chunked(text, ":\n\n", 3));
    }
    struct timespec patience = {.tv_nsec = rate > 0 ? 500000 : 20000000};
    struct epoll_event events[256];
    int n = epoll_pwait2(epoll_fd, events, 256, &patience, NULL);
    for (int i = 0; i < n; i++) {
      struct reader *r = events[i].data.ptr;
      if (!r) {
        int fd;
        while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
          setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          r = calloc(1, sizeof *r);
          r->fd = fd;
          r->at = -1;
          watch(fd, EPOLLIN, r, EPOLL_CTL_ADD);
        }
        continue;
      }
      ssize_t k = recv(r->fd, r->in + r->in_length, sizeof r->in - 1 - (size_t)r->in_length, 0);
      if (k < 0 && errno == EAGAIN) continue;
      if (k <= 0) {
        leave(r);
        continue;
      }
      r->in_length += (int)k;
      if (r->at < 0 && memmem(r->in, (size_t)r->in_length, "\r\n\r\n", 4)) enter(r);
      if (r->at >= 0) r->in_length = 0;
    }
  }
}

/* ---- self-test ---- */

static int failures;

static void expect(const char *what, uint64_t actual, uint64_t expected) {
  if (actual == expected) return;
  failures++;
  fprintf(stderr, "selftest: %s: %lu (expected: %lu)\n", what, actual, expected);
}

/* Feeds the text, chunked, in pieces of every given size, so that each seam is tried. */
static void feed(const char *name, const char *text, bool as_raw, uint64_t events, uint64_t holes, uint64_t repeated, bool wrong) {
  static char wire[65536];
  int half = (int)strlen(text) / 2;
  int n = sprintf(wire, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%.*s\r\n%X\r\n%s\r\n0\r\n\r\n",
                  half, half, text, (int)strlen(text) - half, text + half);
  for (int piece = 1; piece <= n; piece = piece < 64 ? piece + 1 : piece * 2) {
    delivered = gaps = duplicates = malformed = bad_status = 0;
    struct conn c = {.state = HEADERS, .chunk = UNCHUNKED, .last = -1};
    raw = as_raw;
    bool more = true;
    for (int at = 0; at < n && more; at += piece) {
      size_t k = (size_t)(n - at < piece ? n - at : piece);
      more = c.state == HEADERS ? head(&c, wire + at, k) : unchunk(&c, wire + at, k);
    }
    char what[128];
    snprintf(what, sizeof what, "%s, pieces of %d: ", name, piece);
    char *tail = what + strlen(what);
    strcpy(tail, "events"), expect(what, delivered, events);
    strcpy(tail, "holes"), expect(what, gaps, holes);
    strcpy(tail, "repetitions"), expect(what, duplicates, repeated);
    strcpy(tail, "flagged"), expect(what, malformed > 0, wrong);
    strcpy(tail, "clean end"), expect(what, c.finished_cleanly, true);
    free(c.carry);
  }
}

#define EVENT(n) "{\"offset\":\"000000000000000" #n "_0123456789ab\",\"type\":\"bench\",\"time\":\"2026-01-01T00:00:00Z\",\"data\":{\"t\":1,\"p\":\"x\"}}"
#define ODD_EVENT(n) "{\"offset\":\"000000000000000" #n "_0123456789ab\",\"type\":\"b\",\"time\":\"2026-01-01T00:00:00Z\",\"data\":[\"}]\\\"\"]}"
#define ID(n) "id:000000000000000" #n "_0123456789ab\n\n"
#define CONTROL_AT(n) "event: control\ndata:{\"streamNextOffset\":\"000000000000000" #n "_0123456789ab\",\"upToDate\":true}\n" ID(n)
#define EVENTS(list, n) "event: data\ndata:[" list "]\n" ID(n)

static void self_test(void) {
  next_to_open = conn_count; /* so that nothing is dialled */
  feed("in order", ": hello\nretry: 1000\n\n" CONTROL_AT(3) EVENTS(EVENT(4), 4) CONTROL_AT(4) EVENTS(EVENT(5) "," EVENT(6) "," ODD_EVENT(7), 7) CONTROL_AT(7), false, 4, 0, 0, false);
  feed("hole", CONTROL_AT(3) EVENTS(EVENT(4), 4) EVENTS(EVENT(6), 6) CONTROL_AT(6), false, 2, 1, 0, false);
  feed("hole within", CONTROL_AT(3) EVENTS(EVENT(4) "," EVENT(5) "," EVENT(7), 7), false, 3, 1, 0, false);
  feed("hole at the start", CONTROL_AT(3) EVENTS(EVENT(5), 5), false, 1, 1, 0, false);
  feed("repeated", CONTROL_AT(3) EVENTS(EVENT(4), 4) EVENTS(EVENT(4) "," EVENT(5), 5), false, 2, 0, 1, false);
  feed("swapped", CONTROL_AT(3) EVENTS(EVENT(5) "," EVENT(4), 5), false, 1, 1, 1, false);
  feed("wrong id", CONTROL_AT(3) EVENTS(EVENT(4), 5), false, 1, 0, 0, true);
  feed("no id", CONTROL_AT(3) "event: data\ndata:[" EVENT(4) "]\n\n", false, 1, 0, 0, true);
  feed("control ahead", CONTROL_AT(3) CONTROL_AT(4), false, 0, 0, 0, true);
  feed("no array", CONTROL_AT(3) "event: data\ndata:" EVENT(4) "\n" ID(4), false, 0, 0, 0, true);
  feed("cut event", CONTROL_AT(3) EVENTS("{\"offset\":\"0000000000000004_0123456789ab\",\"data\":", 4), false, 0, 0, 0, true);
  feed("space after the colon", CONTROL_AT(3) "event: data\ndata: [" EVENT(4) "]\n" ID(4), false, 0, 0, 0, true);
  feed("stray bytes", CONTROL_AT(3) "garbage\n", false, 0, 0, 0, true);
  feed("snapshot first", "event: snapshot\ndata:{\"position\":\"0000000000000003_0123456789ab\",\"data\":{}}\n" ID(3) EVENTS(EVENT(4), 4), false, 1, 0, 0, false);
  feed("raw", ": hi\n\nid: 1:0\ndata: {\"t\":1,\"s\":7}\n\nid: 2:0\ndata: {\"t\":1,\"s\":8}\n\n", true, 2, 0, 0, false);
  feed("raw hole", "data: {\"t\":1,\"s\":7}\n\ndata: {\"t\":1,\"s\":9}\n\n", true, 2, 1, 0, false);
  feed("raw repeated", "data: {\"t\":1,\"s\":7}\n\ndata: {\"t\":1,\"s\":7}\n\n", true, 1, 0, 1, false);
  static const char *const BAD_CHUNKS[] = {"5\r\n:abc\n6\r\n", "g\r\n", "\r\n", "3;x\r\n:a\n\r\n", "3\n:a\n\r\n"};
  for (size_t i = 0; i < sizeof BAD_CHUNKS / sizeof *BAD_CHUNKS; i++) {
    malformed = 0;
    struct conn c = {.state = BODY, .chunk = SIZE, .last = -1};
    expect("bad chunk goes on", unchunk(&c, BAD_CHUNKS[i], strlen(BAD_CHUNKS[i])), false);
    expect("bad chunk flagged", malformed, 1);
    free(c.carry);
  }
  struct histogram h = {0};
  for (int i = 1; i <= 1000; i++) record(&h, i * 100);
  expect("median is 50 ms within 3 %", quantile_ms(&h, 0.5) > 48 && quantile_ms(&h, 0.5) < 52, 1);
  char text[256];
  expect("payload size", (uint64_t)payload(text, 150, 12345), 150);
  expect("payload length", strlen(text), 150);
  printf(failures ? "selftest: %d failures\n" : "selftest: passed\n", failures);
  exit(failures ? 1 : 0);
}

static void usage(void) {
  fputs("load follow|resume|publish|post|get|source|selftest [-c connections] [-t topics] [-o outstanding connects] [-p pid,...] [-H header]\n"
        "     [-r] (raw payloads) [-R rate] [-s seconds] [-w windows] [-W warm-up seconds] [-b body] [-z payload bytes] [-f file] [-k tokens]\n"
        "     [-q pid,... of helpers] [-l log of ends] host:port/path\n",
        stderr);
  exit(2);
}

int main(int argc, char **argv) {
  if (argc < 2) usage();
  const char *mode = argv[1], *file = NULL, *text = "{}";
  double rate = 100, seconds = 60, warmup = 2;
  int windows = 3, size = 150, option;
  optind = 2;
  bool paced = false;
  while ((option = getopt(argc, argv, "c:t:o:p:q:H:rR:s:w:W:b:z:f:k:l:")) != -1) {
    struct processes *group = option == 'p' ? &watched : &helpers;
    switch (option) {
      case 'c': conn_count = atoi(optarg); break;
      case 't': topic_count = atoi(optarg); break;
      case 'o': outstanding_limit = atoi(optarg); break;
      case 'p':
      case 'q':
        for (char *p = strtok(optarg, ","); p && group->count < 64; p = strtok(NULL, ",")) group->pid[group->count++] = atoi(p);
        break;
      case 'H': header_line = optarg; break;
      case 'r': raw = true; break;
      case 'R': rate = atof(optarg), paced = true; break;
      case 's': seconds = atof(optarg); break;
      case 'w': windows = atoi(optarg); break;
      case 'W': warmup = atof(optarg); break;
      case 'b': text = optarg; break;
      case 'z': size = atoi(optarg); break;
      case 'f': file = optarg; break;
      case 'k': read_tokens(optarg); break;
      case 'l': ends_log = fopen(optarg, "w"); break;
      default: usage();
    }
  }
  signal(SIGPIPE, SIG_IGN);
  if (strcmp(mode, "selftest") == 0) {
    quiet = true;
    self_test();
  }
  if (optind >= argc) usage();
  char *target = strdup(argv[optind]), *slash = strchr(target, '/'), *colon = strchr(target, ':');
  if (!slash || !colon || colon > slash) usage();
  path_template = strdup(slash);
  *slash = *colon = 0;
  host = target;
  port = atoi(colon + 1);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  conns = calloc((size_t)conn_count, sizeof *conns);
  for (int i = 0; i < conn_count; i++) conns[i].last = -1, conns[i].topic = i % topic_count;
  if (strcmp(mode, "follow") == 0) follow(seconds);
  else if (strcmp(mode, "resume") == 0 && file) resume(file, seconds);
  else if (strcmp(mode, "publish") == 0) publish(rate, seconds, size);
  else if (strcmp(mode, "get") == 0) get(paced ? rate : 0, warmup, seconds, windows);
  else if (strcmp(mode, "source") == 0) source(size);
  else if (strcmp(mode, "post") == 0) {
    if (file) {
      static char body[1 << 20];
      FILE *f = fopen(file, "r");
      if (!f) {
        perror(file);
        return 2;
      }
      body[fread(body, 1, sizeof body - 1, f)] = 0;
      fclose(f);
      text = body;
      lease_calls = true;
    }
    post(text, warmup, seconds, windows);
  } else usage();
  return 0;
}
