/* What this machine lets any program see: the floor under every figure of a client.
 *
 *   floor timer RATE SECONDS              sleep until each of RATE moments a second, and stamp
 *   floor usual-timer RATE SECONDS        the same with the slices that the system gives
 *   floor witness CORE                    sleep on that core until each millisecond, until killed, and print when
 *                                         one was due and when this process woke, in nanoseconds of the
 *                                         monotonic clock, where that was more than a millisecond later
 *   floor client PORT STREAMS SECONDS TOKENS
 *       keep STREAMS answers of TOKENS tokens coming from 127.0.0.1, and do nothing but read and stamp
 *
 * Each of the others prints one line of JSON, in milliseconds. A quantile is one of the values (ceil(q * n)).
 * As a worker does, all but the usual timer ask the scheduler for short slices, to be let through at once.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <math.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef int64_t ns_t;
typedef struct { double *values; size_t count, room; } series_t;
typedef struct { int fd, segments; ns_t sent, last; char end[5]; } stream_t;

static ns_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}
static void fail(const char *what) { perror(what); exit(1); }
static void push(series_t *s, ns_t value) {
    if (s->count == s->room) {
        s->room = s->room ? s->room * 2 : 1 << 16;
        s->values = realloc(s->values, s->room * sizeof *s->values);
        if (!s->values) fail("memory");
    }
    s->values[s->count++] = value / 1e6;
}
static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static double quantile(const series_t *s, double q) { /* of sorted values */
    return s->count ? s->values[(size_t)fmax(ceil(q * s->count) - 1, 0)] : 0;
}
static double mean(const series_t *s) {
    double sum = 0;
    for (size_t i = 0; i < s->count; i++) sum += s->values[i];
    return s->count ? sum / s->count : 0;
}

static void ask_for_short_slices(void) { /* as modelforge.wire.time_slice; the attributes of sched_setattr(2) */
    struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t runtime, deadline, period; }
        attributes;
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) || attributes.policy) return;
    attributes.runtime = 100000; /* niceness and all else stay what they were */
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

static void timer(double rate, double seconds) {
    series_t gaps = {0}, late = {0};
    ns_t start = now() + 1000000, before = 0;
    for (long i = 0; i < rate * seconds; i++) {
        ns_t due = start + (ns_t)(i * 1e9 / rate);
        struct timespec at = {due / 1000000000, due % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, 0);
        ns_t woken = now();
        push(&late, woken - due);
        if (before) push(&gaps, woken - before);
        before = woken;
    }
    if (!gaps.count) fprintf(stderr, "two moments at least make a gap\n"), exit(2);
    double m = mean(&gaps), squares = 0;
    for (size_t i = 0; i < gaps.count; i++) squares += (gaps.values[i] - m) * (gaps.values[i] - m);
    qsort(late.values, late.count, sizeof *late.values, compare);
    printf("{\"cv\": %.4f, \"lag_p99\": %.4f}\n", sqrt(squares / gaps.count) / m, quantile(&late, .99));
}

static void witness(int core) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(core, &only);
    if (sched_setaffinity(0, sizeof only, &only)) fail("core");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setlinebuf(stdout);
    const ns_t step = 1000000;
    for (ns_t due = now() + step;;) {
        struct timespec at = {due / 1000000000, due % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, 0);
        ns_t woken = now();
        if (woken - due > step) printf("%lld %lld\n", (long long)due, (long long)woken);
        due += ((woken - due) / step + 1) * step;
    }
}

static int is_over(stream_t *s, const char *data, ssize_t size) { /* its end may come in two pieces */
    ssize_t kept = size < 5 ? 5 - size : 0;
    memmove(s->end, s->end + 5 - kept, kept);
    memcpy(s->end + kept, data + size - (5 - kept), 5 - kept);
    return !memcmp(s->end, "0\r\n\r\n", 5);
}
static void refuse(const char *data, ssize_t size) {
    fprintf(stderr, "not a stream of tokens: '%.*s'\n", (int)(size < 80 ? size : 80), data);
    exit(1);
}

static char request[1024];
static int request_size;
static void ask(stream_t *s) {
    s->segments = 0;
    s->sent = now();
    if (write(s->fd, request, request_size) != request_size) fail("write");
}
static void client(int port, int count, double seconds, int tokens) {
    char body[512];
    int size = snprintf(body, sizeof body, "{\"model\":\"target\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":%d}", tokens);
    request_size = snprintf(request, sizeof request, "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", port, size, body);
    stream_t *streams = calloc(count, sizeof *streams);
    int poll = epoll_create1(0), one = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < count; i++) {
        stream_t *s = &streams[i];
        s->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (s->fd < 0 || connect(s->fd, (void *)&to, sizeof to)) fail("connect");
        setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = s};
        epoll_ctl(poll, EPOLL_CTL_ADD, s->fd, &e);
    }
    series_t first = {0}, gaps = {0};
    static char data[1 << 18];
    struct epoll_event ready[1024];
    ns_t end = now() + (ns_t)(seconds * 1e9);
    int open = count;
    for (int i = 0; i < count; i++) ask(&streams[i]);
    while (open) {
        int found = epoll_wait(poll, ready, 1024, -1);
        for (int i = 0; i < found; i++) {
            stream_t *s = ready[i].data.ptr;
            ssize_t got = read(s->fd, data, sizeof data);
            ns_t stamp = now();
            if (got < 0) fail("read");
            if (!got || (!s->segments && (got < 12 || memcmp(data, "HTTP/1.1 200", 12)))) refuse(data, got);
            if (s->segments++) push(&gaps, stamp - s->last); else push(&first, stamp - s->sent);
            s->last = stamp;
            if (!is_over(s, data, got)) continue;
            if (stamp < end) ask(s); else { close(s->fd); open--; }
        }
    }
    qsort(first.values, first.count, sizeof *first.values, compare);
    qsort(gaps.values, gaps.count, sizeof *gaps.values, compare);
    printf("{\"ttft_ms\": {\"p50\": %.4f, \"p99\": %.4f}, \"itl_ms\": {\"mean\": %.4f, \"p99\": %.4f}}\n",
           quantile(&first, .5), quantile(&first, .99), mean(&gaps), quantile(&gaps, .99));
}

int main(int argc, char **argv) {
    int usual = argc > 1 && !strcmp(argv[1], "usual-timer");
    if (!usual) ask_for_short_slices();
    if (argc == 4 && (usual || !strcmp(argv[1], "timer"))) timer(atof(argv[2]), atof(argv[3]));
    else if (argc == 6 && !strcmp(argv[1], "client")) client(atoi(argv[2]), atoi(argv[3]), atof(argv[4]), atoi(argv[5]));
    else if (argc == 3 && !strcmp(argv[1], "witness")) witness(atoi(argv[2]));
    else return fprintf(stderr, "usage: floor [usual-]timer RATE SECONDS | floor witness CORE | floor client PORT STREAMS SECONDS TOKENS\n"), 2;
    return 0;
}
